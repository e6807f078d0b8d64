//! Readiness of the database, checked at most once a second.

use std::time::Duration;

use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

/// The lifetime of a result.
const RESULT_LIFETIME: Duration = Duration::from_secs(1);

/// The time that a database server has to answer. Probes usually give up after 1 s.
const REMOTE_TIMEOUT: Duration = Duration::from_millis(700);

/// The last result. Concurrent callers share one check.
#[derive(Default)]
pub(crate) struct Readiness {
    /// Whether the database is on a server of its own. Then this server is ready while it is down.
    pub(crate) is_remote: bool,
    /// When the database was checked, and since when it does not answer, in milliseconds since 1970.
    last: Mutex<Option<(Instant, Option<i64>)>>,
}

impl Readiness {
    pub(crate) fn new(is_remote: bool) -> Self {
        Self { is_remote, ..Self::default() }
    }

    /// Returns since when the database does not answer, from the result of the last second or a new check. Returns `None` if
    /// it answers.
    pub(crate) async fn down_since(&self, now_millis: i64, ask: impl Future<Output = bool>) -> Option<i64> {
        let mut last = self.last.lock().await;
        if let Some((at, since)) = *last
            && at.elapsed() < RESULT_LIFETIME
        {
            return since;
        }
        let before = last.and_then(|(_, since)| since);
        // A prober that gives up after a second must receive an answer before.
        let answers =
            if self.is_remote { timeout(REMOTE_TIMEOUT, ask).await.unwrap_or(false) } else { ask.await };
        let since = (!answers).then(|| before.unwrap_or(now_millis));
        *last = Some((Instant::now(), since));
        since
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn callers_share_one_check_a_second() {
        let (readiness, asked) = (Readiness::default(), AtomicUsize::new(0));
        let ask = || async {
            tokio::task::yield_now().await;
            asked.fetch_add(1, Ordering::Relaxed) == 0
        };
        let all = futures_util::future::join_all((0..16).map(|_| readiness.down_since(5, ask()))).await;
        assert_eq!(all, [None; 16]);
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        tokio::time::advance(RESULT_LIFETIME).await;
        assert_eq!(readiness.down_since(7, ask()).await, Some(7));
        assert_eq!(asked.load(Ordering::Relaxed), 2);
        tokio::time::advance(RESULT_LIFETIME).await;
        assert_eq!(readiness.down_since(9, ask()).await, Some(7), "since the first failure");
    }
}
