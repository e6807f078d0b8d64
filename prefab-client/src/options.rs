//! Settings that more than the builder reads.

/// Where a client takes configs from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Datasources {
    /// From files and from a server.
    #[default]
    All,
    /// From files alone; nothing goes over the network.
    LocalOnly,
}

/// What [`Client::get_optional`](crate::Client::get_optional) does where there is no value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnNoDefault {
    /// It returns an error.
    #[default]
    Raise,
    /// It returns nothing.
    ReturnNone,
}
