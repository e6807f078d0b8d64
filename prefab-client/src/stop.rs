//! How the tasks of a client's thread learn that they are to end.

use tokio::sync::watch;

/// True when the thread is to end; gone when no client is left.
pub(crate) type Stop = watch::Receiver<bool>;

pub(crate) async fn stopped(mut stop: Stop) {
    // Whether it is said or nobody is left to say it.
    let _ = stop.wait_for(|stop| *stop).await;
}
