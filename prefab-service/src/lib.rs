//! Who may change what, and what follows? The rules of the service, without HTTP.
//!
//! Start with [`Service`]: it owns the projects in memory and everything that acts on them. Every change goes through
//! [`Service::apply`]: it is validated, checked against the policy of its environments, appended to the store, published,
//! and only then acknowledged. [`Error`] is the reason for a refusal, with a code that callers can match on.

pub mod actor;
pub mod change;
pub mod confidential;
mod current_configs;
pub mod describe;
mod error;
pub mod evaluate;
pub mod item;
mod key_usage;
pub mod labels;
mod lazy_channel;
pub mod lease;
pub mod limits;
pub mod log_level_rules;
pub mod metrics;
mod name_index;
pub mod names;
pub mod namespaces;
mod new_names;
pub mod ofrep;
pub mod origin;
pub mod personal_overrides;
pub mod presence;
pub mod project;
pub mod project_cache;
pub mod references;
pub mod retention;
pub mod scheduled_removals;
pub mod server_id;
mod shared_keys;
pub mod sign_in;
pub mod subscription;
pub mod telemetry;
pub mod transfer;
pub mod validate;
pub mod workers;

use std::{sync::Arc, time::Instant};

use prefab_core::ids::ProjectId;
use prefab_store::clock::Clock;
use tokio::sync::watch;

pub use error::{Conflict, Error, ErrorCode, Problem, ProblemCode, UnknownCode};
pub use origin::Origin;

use crate::{
    lease::Lease,
    limits::Usage,
    metrics::Metrics,
    presence::Presence,
    project_cache::ProjectCache,
    telemetry::Telemetry,
    workers::{Busy, Kind, Workers},
};

/// The state of a running service, which all request handlers share.
pub struct Service {
    /// The projects and API keys in memory.
    pub project_cache: Arc<ProjectCache>,
    /// The limits, and the usage of each API key.
    pub limits: Usage,
    /// Threads for CPU-heavy work.
    pub workers: Workers,
    /// The counters for Prometheus.
    pub metrics: Metrics,
    /// The buffer of reported telemetry.
    pub telemetry: Arc<Telemetry>,
    /// The other servers of the store, and their clients.
    pub presence: Presence,
    /// The clock of everything in the service.
    pub clock: Clock,
    /// The time the process started, in milliseconds since 1970.
    pub started_millis: i64,
    /// Becomes true when the server shuts down.
    pub stop: watch::Receiver<bool>,
}

impl Service {
    /// Returns the lease of some work, for this server.
    pub fn lease(&self, name: &'static str) -> Lease {
        let store = self.project_cache.shared_store();
        Lease::new(store, self.clock.clone(), name, self.presence.server().clone())
    }

    /// Runs CPU-heavy work of a request on a worker thread.
    ///
    /// The work receives its deadline. Long loops should check it with [`workers::check`].
    ///
    /// # Errors
    ///
    /// [`Busy`] if no thread is free in time, or the error of the work itself.
    pub async fn work<T: Send + 'static, E: From<Busy> + Send + 'static>(
        &self,
        project: ProjectId,
        work: impl FnOnce(Instant) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        self.workers.run(Kind::Manage, Some(project), work).await?
    }
}
