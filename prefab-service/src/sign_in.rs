//! People: what each may do, how they prove who they are, and how often they may try.
//!
//! Start with [`Role`]. A person is known by an e-mail; a password is one way to prove it, kept in a table of its
//! own, so that others can stand beside it.

mod password;
mod secret;
mod throttle;

use std::time::Duration;

use crate::limits::Limits;

pub use password::{PasswordError, Passwords};
pub use secret::{Secret, csrf};
pub use throttle::{Later, Throttle, network};

/// Within which time attempts are counted.
const WINDOW: Duration = Duration::from_secs(5 * 60);
const MOST_PER_EMAIL: u32 = 10;
/// Many people may share an address.
const MOST_PER_ADDRESS: u32 = 100;

/// What the endpoints that let people in share.
pub struct Entrance {
    pub by_email: Throttle,
    pub by_address: Throttle,
    pub passwords: Passwords,
}

impl Entrance {
    pub fn new(limits: &Limits) -> Self {
        Self {
            by_email: Throttle::new(MOST_PER_EMAIL, WINDOW),
            by_address: Throttle::new(MOST_PER_ADDRESS, WINDOW),
            passwords: Passwords::new(limits.queued_jobs),
        }
    }
}
