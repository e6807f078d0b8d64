//! Options that are used by more than the builder.

/// Where a client reads configs from; see [`ClientBuilder::datasources`](crate::ClientBuilder::datasources).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Datasources {
    /// From files and from a server. Requires an API key.
    #[default]
    All,
    /// From files only. Disables all network access.
    LocalOnly,
}

/// What [`Client::get_optional`](crate::Client::get_optional) returns if there is no value.
///
/// # Examples
///
/// ```
/// use prefab_client::{Client, OnNoDefault};
///
/// let client = Client::in_memory().on_no_default(OnNoDefault::ReturnNone).build()?;
/// assert_eq!(client.get_optional::<i64>("no-such-key")?, None);
/// # Ok::<(), prefab_client::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnNoDefault {
    /// An error.
    #[default]
    Raise,
    /// `None`.
    ReturnNone,
}
