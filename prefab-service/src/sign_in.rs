//! Sign-in of people: passwords, secrets that are shown once, and limits on attempts.
//!
//! Start with [`SignIn`]. An e-mail address identifies a person. Passwords are stored in a separate table, so that other
//! ways to sign in can be added.

mod password;
mod secret;
mod throttle;

use std::time::Duration;

use crate::limits::Limits;

pub use password::{PasswordError, Passwords};
pub use secret::{Secret, csrf};
pub use throttle::{RetryAfter, Throttle, network};

/// The time window in which attempts are counted: 5 minutes.
const WINDOW: Duration = Duration::from_secs(5 * 60);
/// Maximum number of attempts per e-mail address and window.
const MAX_PER_EMAIL: u32 = 10;
/// Maximum number of attempts per network address and window. Many people may share an address.
const MAX_PER_ADDRESS: u32 = 100;

/// The state that all sign-in endpoints share.
pub struct SignIn {
    /// Attempts per e-mail.
    pub by_email: Throttle,
    /// Attempts per network address.
    pub by_address: Throttle,
    /// The thread that hashes passwords.
    pub passwords: Passwords,
}

impl SignIn {
    /// Creates the throttles and starts the thread that hashes passwords.
    pub fn new(limits: &Limits) -> Self {
        Self {
            by_email: Throttle::new(MAX_PER_EMAIL, WINDOW),
            by_address: Throttle::new(MAX_PER_ADDRESS, WINDOW),
            passwords: Passwords::new(limits.queued_jobs),
        }
    }
}
