//! How fast is evaluating a flag, with Prefab and with others?
//!
//! Start with [`Contestant`]: [`host`] checks and measures its implementations.

mod alone;
mod check;
mod clock;
mod contestant;
mod instructions;
mod items;
mod load;
mod order;
pub mod outcome;
mod ready;
#[cfg(feature = "runtime")]
mod runtime;
mod traffic;
mod user;
mod work;

pub mod prefab_form;

pub use alone::scratch_file;
pub use clock::{Spread, of_thread as cpu_time};
pub use contestant::{Contestant, Fit, Part, first_letter};
pub use instructions::counted_region;
pub use order::{Entry, host};
pub use outcome::{Figure, Load, Outcome, Own, Pace, Traffic};
pub use ready::block_on_ready;
#[cfg(feature = "runtime")]
pub use runtime::runtime;
pub use traffic::measure as traffic;
pub use user::User;
pub use work::{Edition, Flag, Item, Rule, Segment, Work};
