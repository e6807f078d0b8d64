//! Threads for CPU-heavy work, so that the async threads stay free.
//!
//! Each [`Kind`] of work has its own threads. Each project has its own queue and uses at most all threads but one. So
//! neither front-end evaluations nor expensive changes of one project delay the changes of other projects.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::Limits;
use prefab_core::ids::ProjectId;

/// How long a client should wait before it repeats a refused request.
pub const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A kind of work with threads of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Evaluations for clients.
    Evaluate,
    /// Requests of the management APIs: validation, imports, explanations.
    Manage,
    /// Compiling and encoding what clients receive.
    Publish,
    /// Decoding telemetry.
    Telemetry,
}

/// All threads are busy and the queue is full, or the work took too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server is busy; try again in {} s", RETRY_AFTER.as_secs())]
pub struct Busy;

/// Fails after the deadline, so that work ends whose caller no longer waits for it.
///
/// # Errors
///
/// [`Busy`] after the deadline.
pub fn check(deadline: Instant) -> Result<(), Busy> {
    if Instant::now() < deadline { Ok(()) } else { Err(Busy) }
}

/// Bounded threads for CPU-heavy work. Cloning shares them.
#[derive(Clone)]
pub struct Workers {
    evaluate: Arc<Pool>,
    manage: Arc<Pool>,
    publish: Arc<Pool>,
    telemetry: Arc<Pool>,
}

impl Workers {
    /// Creates one pool per [`Kind`], each within the limits.
    pub fn new(limits: &Limits) -> Self {
        let pool = || Arc::new(Pool::new(limits));
        Self { evaluate: pool(), manage: pool(), publish: pool(), telemetry: pool() }
    }

    /// Runs work on a worker thread and waits for its result.
    ///
    /// The work receives its deadline. Long loops should check it with [`check`].
    ///
    /// # Errors
    ///
    /// [`Busy`] if the queue is full, or if the work does not finish in time. Work that has started continues and keeps its
    /// thread until it ends.
    pub async fn run<T: Send + 'static>(
        &self,
        kind: Kind,
        project: Option<ProjectId>,
        work: impl FnOnce(Instant) -> T + Send + 'static,
    ) -> Result<T, Busy> {
        self.pool(kind).run(project, work).await
    }

    /// Runs work on a worker thread, without a deadline and without a limit on the queue.
    ///
    /// For work that must follow something that was already done, such as publishing a stored change.
    ///
    /// # Errors
    ///
    /// [`Busy`] only if the process is stopping.
    pub async fn run_always<T: Send + 'static>(
        &self,
        kind: Kind,
        project: Option<ProjectId>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let permits = self.pool(kind).wait(project).await?;
        spawn(permits, work).await
    }

    fn pool(&self, kind: Kind) -> &Pool {
        match kind {
            Kind::Evaluate => &self.evaluate,
            Kind::Manage => &self.manage,
            Kind::Publish => &self.publish,
            Kind::Telemetry => &self.telemetry,
        }
    }
}

/// Runs work on a thread, which is in use until the work ends.
async fn spawn<T: Send + 'static>(
    permits: Permits,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Busy> {
    let task = tokio::task::spawn_blocking(move || {
        let _permits = permits;
        work()
    });
    match task.await {
        Ok(result) => Ok(result),
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(Busy),
    }
}

struct Pool {
    threads: Arc<Semaphore>,
    per_project: usize,
    /// All jobs without a project share one queue.
    queues: Mutex<HashMap<Option<ProjectId>, Arc<Queue>>>,
    /// Maximum number of jobs that wait in one queue.
    most: usize,
    timeout: Duration,
}

/// The jobs of one project.
struct Queue {
    threads: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// Reserves a thread until the work ends, even if its caller no longer waits for it.
struct Permits {
    _thread: OwnedSemaphorePermit,
    _project: OwnedSemaphorePermit,
}

impl Pool {
    fn new(limits: &Limits) -> Self {
        let threads = match limits.worker_threads {
            0 => thread::available_parallelism().map_or(2, usize::from).max(2),
            threads => threads,
        };
        Self {
            threads: Arc::new(Semaphore::new(threads)),
            per_project: threads.saturating_sub(1).max(1),
            queues: Mutex::default(),
            most: limits.queued_jobs,
            timeout: limits.job_timeout,
        }
    }

    async fn run<T: Send + 'static>(
        &self,
        project: Option<ProjectId>,
        work: impl FnOnce(Instant) -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let deadline = Instant::now() + self.timeout;
        let worked = tokio::time::timeout_at(deadline.into(), async {
            let queue = self.queue(project);
            let place = Place::take(&queue, self.most)?;
            let permits = self.wait(project).await?;
            drop(place);
            spawn(permits, move || work(deadline)).await
        });
        worked.await.unwrap_or(Err(Busy))
    }

    async fn wait(&self, project: Option<ProjectId>) -> Result<Permits, Busy> {
        // First the permit of the project, so that the queue of one project does not block threads for others.
        let own = Arc::clone(&self.queue(project).threads);
        let project = own.acquire_owned().await.map_err(|_| Busy)?;
        let thread = Arc::clone(&self.threads).acquire_owned().await.map_err(|_| Busy)?;
        Ok(Permits { _thread: thread, _project: project })
    }

    fn queue(&self, project: Option<ProjectId>) -> Arc<Queue> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = queues.entry(project).or_insert_with(|| {
            let threads = Arc::new(Semaphore::new(self.per_project));
            Arc::new(Queue { threads, waiting: AtomicUsize::new(0) })
        });
        Arc::clone(queue)
    }
}

/// A place in the queue. Dropping it releases the place.
struct Place<'a>(&'a Queue);

impl<'a> Place<'a> {
    fn take(queue: &'a Queue, most: usize) -> Result<Self, Busy> {
        let before = queue.waiting.fetch_add(1, Ordering::Relaxed);
        // From here on, dropping releases the place.
        let place = Self(queue);
        if before < most { Ok(place) } else { Err(Busy) }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workers(worker_threads: usize, queued_jobs: usize, millis: u64) -> Workers {
        let job_timeout = Duration::from_millis(millis);
        Workers::new(&Limits { worker_threads, queued_jobs, job_timeout, ..Limits::default() })
    }

    #[tokio::test]
    async fn a_full_queue_refuses_immediately() {
        let workers = workers(1, 1, 60_000);
        let (release, held) = std::sync::mpsc::channel::<()>();
        let busy = workers.clone();
        let first = tokio::spawn(async move { busy.run(Kind::Manage, None, move |_| held.recv()).await });
        let queued = tokio::spawn({
            let workers = workers.clone();
            async move { workers.run(Kind::Manage, None, |_| 2).await }
        });
        while workers.manage.queue(None).waiting.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(workers.run(Kind::Manage, None, |_| 3).await, Err(Busy));
        assert_eq!(workers.run(Kind::Evaluate, None, |_| 4).await, Ok(4), "another kind has its own threads");
        drop(release);
        assert!(first.await.unwrap().is_ok());
        assert_eq!(queued.await.unwrap(), Ok(2));
    }

    #[tokio::test]
    async fn one_project_never_uses_the_last_thread() {
        let workers = workers(2, 8, 60_000);
        let (release, held) = std::sync::mpsc::channel::<()>();
        let busy = workers.clone();
        let one = Some(ProjectId(1));
        let first = tokio::spawn(async move { busy.run(Kind::Manage, one, move |_| held.recv()).await });
        let second = tokio::spawn({
            let workers = workers.clone();
            async move { workers.run(Kind::Manage, one, |_| 2).await }
        });
        assert_eq!(workers.run(Kind::Manage, Some(ProjectId(2)), |_| 3).await, Ok(3));
        drop(release);
        assert!(first.await.unwrap().is_ok());
        assert_eq!(second.await.unwrap(), Ok(2));
    }

    #[tokio::test]
    async fn a_full_queue_of_one_project_does_not_affect_other_projects() {
        let workers = workers(2, 1, 60_000);
        let (release, held) = std::sync::mpsc::channel::<()>();
        let one = Some(ProjectId(1));
        let busy = workers.clone();
        let first = tokio::spawn(async move { busy.run(Kind::Manage, one, move |_| held.recv()).await });
        let queued = tokio::spawn({
            let workers = workers.clone();
            async move { workers.run(Kind::Manage, one, |_| 2).await }
        });
        while workers.manage.queue(one).waiting.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(workers.run(Kind::Manage, one, |_| 3).await, Err(Busy));
        assert_eq!(workers.run(Kind::Manage, Some(ProjectId(2)), |_| 4).await, Ok(4));
        assert_eq!(workers.run(Kind::Manage, None, |_| 5).await, Ok(5));
        drop(release);
        assert!(first.await.unwrap().is_ok());
        assert_eq!(queued.await.unwrap(), Ok(2));
    }

    #[tokio::test]
    async fn publishing_has_no_deadline() {
        let workers = workers(1, 0, 1);
        let (release, held) = std::sync::mpsc::channel::<()>();
        let busy = workers.clone();
        let first =
            tokio::spawn(async move { busy.run_always(Kind::Publish, None, move || held.recv()).await });
        assert_eq!(workers.run(Kind::Publish, None, |_| 2).await, Err(Busy));
        let second = tokio::spawn({
            let workers = workers.clone();
            async move { workers.run_always(Kind::Publish, None, || 3).await }
        });
        drop(release);
        assert!(first.await.unwrap().is_ok());
        assert_eq!(second.await.unwrap(), Ok(3));
    }

    #[tokio::test]
    async fn work_beyond_the_deadline_is_refused() {
        let workers = workers(1, 8, 50);
        let (release, held) = std::sync::mpsc::channel::<()>();
        assert_eq!(workers.run(Kind::Manage, None, move |_| held.recv().is_ok()).await, Err(Busy));
        assert_eq!(workers.run(Kind::Manage, None, |_| ()).await, Err(Busy), "the thread is still in use");
        drop(release);
        assert_eq!(workers.run(Kind::Manage, None, |_| ()).await, Ok(()));
    }
}
