//! Where do changes live? An append-only log of config versions, behind traits.
//!
//! The log is the truth and ids order it: within a project every change has a higher id than all before
//! it, and no id is used twice. [`Store::watch`] only hints that something may have changed. The receiver of a hint
//! calls [`ConfigLog::since`]. So several servers can share one database, and a lost hint costs time, not data.
//!
//! Each noun has a trait of its own, and [`Store`] is all of them.

pub mod accounts;
mod api_keys;
mod audit_log;
mod backup;
pub mod clock;
mod config_log;
mod drafts;
mod error;
mod expected;
pub mod key;
mod projects;
mod role;
mod scheduled_removals;
#[cfg(feature = "testing")]
pub mod testing;
mod usage_counts;

use tokio::sync::watch;

pub use accounts::Accounts;
pub use api_keys::{ApiKeys, KeyDetails, KeyRequest, NewKey, StoredKey};
pub use audit_log::{
    AuditEntry, AuditFilter, AuditLog, AuditNote, AuditRecord, REFUSALS_PER_HOUR, REFUSALS_PER_PROJECT,
    Refusal,
};
pub use backup::{Backup, BackupFormat};
pub use config_log::{AuditedChange, Change, ConfigLog, KeyRange, Version};
pub use drafts::{Draft, DraftMark, Drafts};
pub use error::{StoreError, StoreFuture, UnavailableReason};
pub use expected::Expected;
pub use projects::{Environment, Project, Projects, Protection, Registry};
pub use role::{Role, Roles};
pub use scheduled_removals::{RuleTarget, ScheduledRemoval, ScheduledRemovals, TimedRule};
pub use usage_counts::{
    EvaluationCount, EvaluationFilter, Example, HOUR_MILLIS, HourlyCount, LevelCounts, Logger, MAX_COUNT,
    Property, ReportedEvaluation, RowLimits, UsageBatch, UsageCounts, add_counts,
};

/// Everything that the service stores.
pub trait Store:
    ConfigLog + Projects + ApiKeys + Drafts + AuditLog + UsageCounts + ScheduledRemovals + Accounts
{
    /// Counts hints that something changed, here or in another process.
    fn watch(&self) -> watch::Receiver<u64>;

    /// Fails if the database cannot be read.
    fn ping(&self) -> StoreFuture<'_, ()>;

    /// Returns the size of everything, in bytes.
    fn size(&self) -> StoreFuture<'_, i64>;
}
