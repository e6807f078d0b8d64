//! The signal that stops the tasks of a client's thread.

use tokio::sync::watch;

/// Becomes `true` when the thread must end; the sender is dropped with the last client.
pub(crate) type Stop = watch::Receiver<bool>;

pub(crate) async fn stopped(mut stop: Stop) {
    // An error means that the sender is dropped, which is a stop, too.
    let _ = stop.wait_for(|stop| *stop).await;
}
