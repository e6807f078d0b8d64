//! Sign-in of people: passwords, secrets that are shown once, and limits on attempts.
//!
//! Start with [`SignIn`]. An e-mail address identifies a person. Passwords are stored in a separate table, so that other
//! ways to sign in can be added. Attempts are counted in the store, for all servers together.

mod password;
mod secret;
mod throttle;

use std::{
    iter,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use prefab_store::{AttemptSubject, Store, StoreError, clock::Clock, key::KeyHash};
use tokio::sync::watch;
use tracing::warn;

use crate::{lease::Lease, limits::Limits};

pub use password::{PasswordError, Passwords};
pub use secret::{Secret, csrf};
pub use throttle::{RetryAfter, Throttle, network};

/// The time window in which attempts are counted: 5 minutes.
const WINDOW: Duration = Duration::from_secs(5 * 60);
/// Maximum number of attempts per e-mail address from one network address, or from one known browser, and window.
const MAX_PER_SOURCE: u32 = 10;
/// Maximum number of attempts per e-mail address from all network addresses, and window. Known browsers do not count.
const MAX_PER_EMAIL: u32 = 100;
/// Maximum number of attempts per network address and window. Many people may share an address.
const MAX_PER_ADDRESS: u32 = 100;
/// How often ended counts are deleted from the store.
const CLEANUP_INTERVAL: Duration = Duration::from_secs(3_600);
/// How often it is checked whether counts are deleted.
const CLEANUP_POLL_INTERVAL: Duration = Duration::from_secs(60);
/// The number of attempts on this server after which ended counts are deleted earlier.
const CLEANUP_ATTEMPTS: u32 = 10_000;
/// Maximum number of counts in the store after a deletion.
const MAX_STORED_COUNTS: u32 = 100_000;

/// The state that all sign-in endpoints share.
pub struct SignIn {
    /// Attempts per e-mail address and network address, or per known browser.
    by_source: Throttle,
    /// Attempts per e-mail address.
    by_email: Throttle,
    /// Attempts per network address.
    by_address: Throttle,
    /// Attempts that the store has counted since the last deletion of ended counts.
    counted: AtomicU32,
    /// The thread that hashes passwords.
    pub passwords: Passwords,
}

impl SignIn {
    /// Creates the throttles and starts the thread that hashes passwords.
    pub fn new(limits: &Limits) -> Self {
        Self {
            by_source: Throttle::new("source", MAX_PER_SOURCE, WINDOW),
            by_email: Throttle::new("email", MAX_PER_EMAIL, WINDOW),
            by_address: Throttle::new("address", MAX_PER_ADDRESS, WINDOW),
            counted: AtomicU32::new(0),
            passwords: Passwords::new(limits.queued_jobs),
        }
    }

    /// Counts an attempt to sign in as a person, on all servers together. Returns [`RetryAfter`] beyond the limit.
    ///
    /// A known browser has a count of its own, so that the attempts of strangers cannot lock the person out.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store cannot count the attempt.
    pub async fn attempt(
        &self,
        store: &dyn Store,
        email: &str,
        network: &str,
        known_browser: Option<&KeyHash>,
    ) -> Result<Result<(), RetryAfter>, StoreError> {
        let subjects = match known_browser {
            Some(browser) => vec![(&self.by_source, self.by_source.subject(&browser_name(email, browser)))],
            None => vec![
                (&self.by_address, self.by_address.subject(network)),
                (&self.by_source, self.by_source.subject(&source_name(email, network))),
                (&self.by_email, self.by_email.subject(email)),
            ],
        };
        self.count(store, &subjects, Instant::now()).await
    }

    /// Counts an attempt to use a link, on all servers together. Returns [`RetryAfter`] beyond the limit.
    ///
    /// # Errors
    ///
    /// As [`attempt`](Self::attempt).
    pub async fn attempt_from(
        &self,
        store: &dyn Store,
        network: &str,
    ) -> Result<Result<(), RetryAfter>, StoreError> {
        self.count(store, &[(&self.by_address, self.by_address.subject(network))], Instant::now()).await
    }

    async fn count(
        &self,
        store: &dyn Store,
        subjects: &[(&Throttle, AttemptSubject)],
        now: Instant,
    ) -> Result<Result<(), RetryAfter>, StoreError> {
        for (throttle, subject) in subjects {
            if let Err(later) = throttle.check(subject, now) {
                return Ok(Err(later));
            }
        }
        self.counted.fetch_add(1, Ordering::Relaxed);
        let counts = store.count_attempts(subjects.iter().map(|(_, subject)| *subject).collect()).await?;
        for ((throttle, subject), counted) in iter::zip(subjects, counts) {
            if let Err(later) = throttle.counted(subject, counted, now) {
                return Ok(Err(later));
            }
        }
        Ok(Ok(()))
    }

    /// Resets the counts of a person after a successful attempt.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store cannot be written.
    pub async fn succeeded(
        &self,
        store: &dyn Store,
        email: &str,
        network: &str,
        known_browser: Option<&KeyHash>,
    ) -> Result<(), StoreError> {
        let mut subjects = vec![
            (&self.by_source, self.by_source.subject(&source_name(email, network))),
            (&self.by_email, self.by_email.subject(email)),
        ];
        subjects.extend(known_browser.map(|browser| {
            let subject = self.by_source.subject(&browser_name(email, browser));
            (&self.by_source, subject)
        }));
        for (throttle, subject) in &subjects {
            throttle.forget(subject);
        }
        store.reset_attempts(subjects.into_iter().map(|(_, subject)| subject.hash).collect()).await
    }

    /// Deletes ended counts once an hour, and earlier after many attempts, until `stop` becomes true.
    pub async fn delete_ended_counts(
        self: Arc<Self>,
        store: Arc<dyn Store>,
        clock: Clock,
        lease: Lease,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut deleted_at = clock.now_millis();
        loop {
            tokio::select! {
                () = clock.sleep(CLEANUP_POLL_INTERVAL) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
            let since = u64::try_from(clock.now_millis() - deleted_at).unwrap_or_default();
            let is_due = Duration::from_millis(since) >= CLEANUP_INTERVAL;
            if !is_due && self.counted.load(Ordering::Relaxed) < CLEANUP_ATTEMPTS {
                continue;
            }
            let delete = async {
                if let Err(error) = store.delete_ended_attempts(MAX_STORED_COUNTS).await {
                    warn!(%error, "deleting old log-in attempts failed, retrying in an hour");
                }
                Duration::ZERO
            };
            // Another server deletes them at the moment, or the store is down.
            let _ = lease.run(delete).await;
            deleted_at = clock.now_millis();
            self.counted.store(0, Ordering::Relaxed);
        }
    }
}

fn source_name(email: &str, network: &str) -> String {
    format!("{email} {network}")
}

fn browser_name(email: &str, browser: &KeyHash) -> String {
    format!("{email} {:?}", browser.0)
}

#[cfg(test)]
mod tests {
    use prefab_store::clock::Clock;
    use prefab_store_sqlite::SqliteStore;

    use super::*;

    const ANN: &str = "ann@example.com";

    struct Servers {
        _dir: tempfile::TempDir,
        clock: Clock,
        store: SqliteStore,
        first: SignIn,
        second: SignIn,
    }

    impl Servers {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let clock = Clock::stepped(1_767_225_600_000);
            let store = SqliteStore::open_with_clock(&dir.path().join("prefab.db"), clock.clone()).unwrap();
            let sign_in = || SignIn::new(&Limits::default());
            Self { _dir: dir, clock, store, first: sign_in(), second: sign_in() }
        }
    }

    #[tokio::test]
    async fn strangers_cannot_lock_a_person_out() {
        let Servers { _dir, store, first, .. } = Servers::new();
        let attempt = async |network: &str| first.attempt(&store, ANN, network, None).await.unwrap();
        for _ in 0..MAX_PER_SOURCE {
            assert_eq!(attempt("192.0.2.1").await, Ok(()));
        }
        assert!(attempt("192.0.2.1").await.is_err(), "one address has ten attempts");
        assert_eq!(attempt("192.0.2.2").await, Ok(()), "another address has its own");
        for host in 0..MAX_PER_EMAIL {
            let _ = attempt(&format!("198.51.100.{host}")).await;
        }
        assert!(attempt("192.0.2.3").await.is_err(), "all addresses together have a hundred");
        let browser = KeyHash::of("browser");
        let known = async || first.attempt(&store, ANN, "192.0.2.3", Some(&browser)).await.unwrap();
        for _ in 0..MAX_PER_SOURCE {
            assert_eq!(known().await, Ok(()), "a known browser is not affected");
        }
        assert!(known().await.is_err(), "a stolen browser secret does not allow guessing");
        first.succeeded(&store, ANN, "192.0.2.3", Some(&browser)).await.unwrap();
        assert_eq!((known().await, attempt("192.0.2.3").await), (Ok(()), Ok(())));
    }

    #[tokio::test]
    async fn two_servers_allow_no_more_attempts_than_one() {
        let Servers { _dir, clock, store, first, second } = Servers::new();
        let attempt = async |server: &SignIn| server.attempt(&store, ANN, "192.0.2.1", None).await.unwrap();
        let mut allowed = 0;
        let mut first_refusals = 0;
        for _ in 0..MAX_PER_SOURCE {
            for server in [&first, &second] {
                match attempt(server).await {
                    Ok(()) => allowed += 1,
                    Err(later) => first_refusals += u32::from(later.is_first),
                }
            }
        }
        assert_eq!((allowed, first_refusals), (MAX_PER_SOURCE, 1));
        clock.step(WINDOW);
        let third = SignIn::new(&Limits::default());
        assert_eq!(attempt(&third).await, Ok(()), "after the time window");
    }
}
