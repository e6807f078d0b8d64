//! How do people sign in? Passwords, secrets that are shown once, and limits on attempts.
//!
//! Start with [`SignIn`]. A person is identified by an e-mail. A password is one way to prove it and has a table of
//! its own, so that other ways can be added.

mod password;
mod secret;
mod throttle;

use std::time::Duration;

use crate::limits::Limits;

pub use password::{PasswordError, Passwords};
pub use secret::{Secret, csrf};
pub use throttle::{RetryAfter, Throttle, network};

/// Within which time attempts are counted.
const WINDOW: Duration = Duration::from_secs(5 * 60);
const MAX_PER_EMAIL: u32 = 10;
/// Many people may share an address.
const MAX_PER_ADDRESS: u32 = 100;

/// What the endpoints that let people in share.
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
