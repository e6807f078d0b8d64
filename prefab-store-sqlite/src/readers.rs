//! Reads, on connections of their own: in WAL mode they neither wait for writes nor delay them.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::oneshot;

use crate::{BUSY_TIMEOUT, failed};
use prefab_store::{StoreError, StoreFuture};

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// Threads that read, each with a connection that cannot write.
pub(super) struct Readers {
    jobs: mpsc::Sender<Job>,
}

impl Readers {
    /// Opens connections to a database that is set up already.
    pub(super) fn open(path: &Path, name: &str, threads: usize) -> Result<Self, StoreError> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..threads {
            let connection = connect(path).map_err(failed("opening the file to read"))?;
            let queue = Arc::clone(&queue);
            thread::Builder::new()
                .name(name.to_owned())
                .spawn(move || work(connection, &queue))
                .map_err(|error| StoreError::unavailable("starting a reader", error))?;
        }
        Ok(Self { jobs })
    }

    /// Reads within one transaction, thus at one moment of the database, and after all writes that have been
    /// acknowledged.
    pub(super) fn run<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> StoreFuture<'_, T> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // Where a request was given up, nothing is read.
            if !answer.is_closed() {
                let transaction = connection.transaction().map_err(failed("beginning to read"));
                let _ = answer.send(transaction.and_then(|transaction| read(&transaction)));
            }
        });
        let sent = self.jobs.send(job);
        Box::pin(async move {
            let stopped = || StoreError::unavailable("asking a reader", "it has stopped");
            sent.map_err(|_| stopped())?;
            answered.await.map_err(|_| stopped())?
        })
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn work(mut connection: Connection, queue: &Mutex<mpsc::Receiver<Job>>) {
    loop {
        // The lock is released before the job begins.
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(&mut connection),
            Err(mpsc::RecvError) => return,
        }
    }
}
