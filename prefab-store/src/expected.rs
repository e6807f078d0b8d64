//! Optimistic locking of configs.

/// The version that a writer expects to replace, so that two writers cannot silently overwrite one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Any version, or none.
    Anything,
    /// No version: the key is new or deleted.
    Absent,
    /// The version with this id.
    Version(i64),
}
