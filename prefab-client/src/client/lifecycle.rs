//! The start and the end of a client.

use std::sync::PoisonError;

use super::Client;
use crate::{Error, worker::Worker};

impl Client {
    /// Waits for the first response from the server, without blocking a thread.
    ///
    /// If no server is configured, this returns immediately.
    ///
    /// # Errors
    ///
    /// - [`Error::InitializationTimeout`] if the server has not responded within
    ///   [`init_timeout`](crate::ClientBuilder::init_timeout), 10 s by default
    /// - [`Error::Unauthorized`] if the server rejects the API key
    ///
    /// With [`OnInitFailure::Return`](crate::OnInitFailure::Return), this returns `Ok` in both cases.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), prefab_client::Error> {
    /// use prefab_client::Client;
    ///
    /// let client = Client::in_memory().value("max-jobs", 30).build()?;
    /// client.ready().await?;
    /// # Ok(()) }
    /// ```
    pub async fn ready(&self) -> Result<(), Error> {
        self.inner.engine.gate.wait_ready_async().await
    }

    /// Stops updates and waits until the client's thread has ended. Values remain readable.
    ///
    /// Before the thread ends, it sends the last telemetry report, which takes at most 2 s. In async code, use
    /// [`close_async`](Self::close_async) instead.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let client = Client::in_memory().value("max-jobs", 30).build()?;
    /// client.close();
    /// assert_eq!(client.get_or("max-jobs", 0), 30);
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn close(&self) {
        if let Some(worker) = self.take_worker() {
            worker.stop();
        }
        self.inner.engine.state.close();
    }

    /// Does the same as [`close`](Self::close), without blocking a thread.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), prefab_client::Error> {
    /// use prefab_client::Client;
    ///
    /// let client = Client::in_memory().build()?;
    /// client.close_async().await;
    /// # Ok(()) }
    /// ```
    pub async fn close_async(&self) {
        if let Some(worker) = self.take_worker() {
            worker.stop_async().await;
        }
        self.inner.engine.state.close();
    }

    fn take_worker(&self) -> Option<Worker> {
        self.inner.worker.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
