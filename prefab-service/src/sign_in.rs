//! Sign-in of people: passwords, secrets that are shown once, and limits on attempts.
//!
//! Start with [`SignIn`]. An e-mail address identifies a person. Passwords are stored in a separate table, so that other
//! ways to sign in can be added.

mod password;
mod secret;
mod throttle;

use std::time::{Duration, Instant};

use prefab_store::key::KeyHash;

use crate::limits::Limits;

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

/// The state that all sign-in endpoints share.
pub struct SignIn {
    /// Attempts per e-mail address and network address, or per known browser.
    by_source: Throttle,
    /// Attempts per e-mail address.
    by_email: Throttle,
    /// Attempts per network address.
    pub by_address: Throttle,
    /// The thread that hashes passwords.
    pub passwords: Passwords,
}

impl SignIn {
    /// Creates the throttles and starts the thread that hashes passwords.
    pub fn new(limits: &Limits) -> Self {
        Self {
            by_source: Throttle::new(MAX_PER_SOURCE, WINDOW),
            by_email: Throttle::new(MAX_PER_EMAIL, WINDOW),
            by_address: Throttle::new(MAX_PER_ADDRESS, WINDOW),
            passwords: Passwords::new(limits.queued_jobs),
        }
    }

    /// Counts an attempt to sign in as a person.
    ///
    /// A known browser has a count of its own, so that the attempts of strangers cannot lock the person out.
    ///
    /// # Errors
    ///
    /// [`RetryAfter`] beyond the limit.
    pub fn attempt(
        &self,
        email: &str,
        network: &str,
        known_browser: Option<&KeyHash>,
        now: Instant,
    ) -> Result<(), RetryAfter> {
        if let Some(browser) = known_browser {
            return self.by_source.attempt(&browser_name(email, browser), now);
        }
        self.by_address.attempt(network, now)?;
        self.by_source.attempt(&format!("{email} {network}"), now)?;
        self.by_email.attempt(email, now)
    }

    /// Resets the counts of a person after a successful attempt.
    pub fn succeeded(&self, email: &str, network: &str, known_browser: Option<&KeyHash>) {
        self.by_source.reset(&format!("{email} {network}"));
        self.by_email.reset(email);
        if let Some(browser) = known_browser {
            self.by_source.reset(&browser_name(email, browser));
        }
    }
}

fn browser_name(email: &str, browser: &KeyHash) -> String {
    format!("{email} {:?}", browser.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_cannot_lock_a_person_out() {
        let sign_in = SignIn::new(&Limits::default());
        let (ann, now) = ("ann@example.com", Instant::now());
        let attempt = |network: &str| sign_in.attempt(ann, network, None, now);
        for _ in 0..MAX_PER_SOURCE {
            assert_eq!(attempt("192.0.2.1"), Ok(()));
        }
        assert!(attempt("192.0.2.1").is_err(), "one address has ten attempts");
        assert_eq!(attempt("192.0.2.2"), Ok(()), "another address has its own");
        for host in 0..MAX_PER_EMAIL {
            let _ = attempt(&format!("198.51.100.{host}"));
        }
        assert!(attempt("192.0.2.3").is_err(), "all addresses together have a hundred");
        let browser = KeyHash::of("browser");
        let known = || sign_in.attempt(ann, "192.0.2.3", Some(&browser), now);
        for _ in 0..MAX_PER_SOURCE {
            assert_eq!(known(), Ok(()), "a known browser is not affected");
        }
        assert!(known().is_err(), "a stolen browser secret does not allow guessing");
        sign_in.succeeded(ann, "192.0.2.3", Some(&browser));
        assert_eq!((known(), attempt("192.0.2.3")), (Ok(()), Ok(())));
    }
}
