//! What a writer expects to replace.

/// What a writer believes to be there, so that two cannot silently overwrite one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Whatever is there.
    Anything,
    /// Nothing: the key is new, or deleted.
    Absent,
    /// The version with this id.
    Version(i64),
}
