//! Connections for reading. In WAL mode, reads neither wait for writes nor delay them.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::oneshot;

use crate::{BUSY_TIMEOUT, STATEMENTS, failed};
use prefab_store::{StoreError, StoreFuture};

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// Reader threads, each with a read-only connection.
pub(super) struct Readers {
    jobs: mpsc::Sender<Job>,
}

impl Readers {
    /// Opens connections to a database that has been migrated.
    pub(super) fn open(
        path: &Path,
        name: &str,
        threads: usize,
        connect: fn(&Path) -> rusqlite::Result<Connection>,
    ) -> Result<Self, StoreError> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..threads {
            let connection = connect(path).map_err(failed("opening the file for reading"))?;
            let queue = Arc::clone(&queue);
            thread::Builder::new()
                .name(name.to_owned())
                .spawn(move || work(connection, &queue))
                .map_err(|error| StoreError::unavailable("starting a reader", error))?;
        }
        Ok(Self { jobs })
    }

    /// Runs a read in one transaction: it sees a consistent state that contains all acknowledged writes.
    pub(super) fn run<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> StoreFuture<'_, T> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // A cancelled request is skipped.
            if !answer.is_closed() {
                let transaction = connection.transaction().map_err(failed("beginning a read"));
                let _ = answer.send(transaction.and_then(|transaction| read(&transaction)));
            }
        });
        let sent = self.jobs.send(job);
        Box::pin(async move {
            let stopped = || StoreError::unavailable("waiting for a reader", "it has stopped");
            sent.map_err(|_| stopped())?;
            answered.await.map_err(|_| stopped())?
        })
    }
}

pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
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
