//! Leases: work that one of several servers does at a time.

use std::time::Duration;

use crate::StoreFuture;

/// Stores which server may do which work.
pub trait Leases: Send + Sync + 'static {
    /// Acquires a lease, or renews the lease of the same owner. Returns whether the owner has the lease for this time span.
    ///
    /// A lease that is not renewed ends, so that another server can do the work.
    fn acquire_lease(&self, name: String, owner: String, span: Duration) -> StoreFuture<'_, bool>;

    /// Gives a lease up after its work is done. No server can acquire it for the time span `pause`. Does nothing if the owner
    /// does not have the lease.
    fn release_lease(&self, name: String, owner: String, pause: Duration) -> StoreFuture<'_, ()>;
}
