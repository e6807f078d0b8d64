//! Where do changes live? An append-only log of config versions, behind traits.
//!
//! Start with [`Store`], which combines one trait per noun: [`ConfigLog`], [`Projects`], [`ApiKeys`], [`Drafts`],
//! [`AuditLog`], [`UsageCounts`], [`ScheduledRemovals`], [`Accounts`] and [`Recovery`]. [`LoginAttempts`], [`Presence`] and
//! [`Leases`] are the state that several servers share.
//!
//! The log is the source of truth, and ids order it: within a project every change has a higher id than all changes before
//! it, and no id is used twice. [`Store::watch`] only notifies of the part that changed; the receiver then reads it, for
//! example with [`ConfigLog::since`]. So several servers can share one database, and a lost notification causes a delay, not a
//! loss of data.

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
mod leases;
mod login_attempts;
pub mod names;
mod notification;
mod presence;
mod projects;
mod recovery;
mod role;
mod scheduled_removals;
mod status;
pub mod tables;
#[cfg(feature = "testing")]
pub mod testing;
mod usage_counts;

pub use accounts::Accounts;
pub use api_keys::{ApiKeys, KeyDetails, KeyRequest, NewKey, StoredKey};
pub use audit_log::{
    AuditEntry, AuditFilter, AuditLog, AuditNote, AuditRecord, REFUSALS_PER_HOUR, REFUSALS_PER_PROJECT,
    Refusal,
};
pub use backup::{Backup, BackupFormat};
pub use config_log::{Appended, AuditedChange, Change, ConfigLog, KeyRange, Version};
pub use drafts::{Draft, DraftMark, Drafts};
pub use error::{StoreError, StoreFuture, UnavailableReason, name_taken};
pub use expected::Expected;
pub use leases::Leases;
pub use login_attempts::{AttemptCount, AttemptSubject, LoginAttempts};
pub use notification::{Notifier, StoreChange, StoreChanges, StoreWatch};
pub use presence::{
    ConnectedClients, PRESENCE_MILLIS, Presence, PresentServer, SERVER_KIND, group_by_server,
};
pub use projects::{Environment, Project, Projects, Protection, Registry};
pub use recovery::{Heads, LogPosition, RECOVERY_ACTOR, Recovered, Recovery, Remembered, is_same_content};
pub use role::{Role, Roles};
pub use scheduled_removals::{RuleTarget, ScheduledRemoval, ScheduledRemovals, TimedRule};
pub use status::{PoolStatus, StoreFacts, StoreStatus};
pub use usage_counts::{
    EvaluationCount, EvaluationFilter, Example, HOUR_MILLIS, HourlyCount, LevelCounts, Logger, MAX_COUNT,
    Property, ReportedEvaluation, RowLimits, UsageBatch, UsageCounts, add_counts,
};

/// Everything that the service stores.
pub trait Store:
    ConfigLog
    + Projects
    + ApiKeys
    + Drafts
    + AuditLog
    + UsageCounts
    + ScheduledRemovals
    + Accounts
    + Recovery
    + LoginAttempts
    + Presence
    + Leases
{
    /// Returns a receiver of what changes from now on, in this process or another one.
    fn watch(&self) -> StoreWatch;

    /// Checks that the database can be read.
    fn ping(&self) -> StoreFuture<'_, ()>;

    /// Returns whether a newer version has upgraded the database so that this one must not write it.
    fn is_outdated(&self) -> bool {
        false
    }

    /// Returns the size of the database, in bytes.
    fn size(&self) -> StoreFuture<'_, i64>;

    /// Returns the state of the store in this process.
    fn status(&self) -> StoreStatus;

    /// Returns facts that the database reports.
    fn facts(&self) -> StoreFuture<'_, StoreFacts>;
}
