//! Readiness of the database, checked at most once a second.

use std::time::Duration;

use tokio::{sync::Mutex, time::Instant};

/// The lifetime of a result.
const RESULT_LIFETIME: Duration = Duration::from_secs(1);

/// The last result. Concurrent callers share one check.
#[derive(Default)]
pub(crate) struct Readiness {
    last: Mutex<Option<(Instant, bool)>>,
}

impl Readiness {
    /// Returns the result of the last second, or checks the database.
    pub(crate) async fn of(&self, ask: impl Future<Output = bool>) -> bool {
        let mut last = self.last.lock().await;
        if let Some((at, is_ready)) = *last
            && at.elapsed() < RESULT_LIFETIME
        {
            return is_ready;
        }
        let is_ready = ask.await;
        *last = Some((Instant::now(), is_ready));
        is_ready
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
        let all = futures_util::future::join_all((0..16).map(|_| readiness.of(ask()))).await;
        assert_eq!(all, [true; 16]);
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        tokio::time::advance(RESULT_LIFETIME).await;
        assert!(!readiness.of(ask()).await);
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }
}
