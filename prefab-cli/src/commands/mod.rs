//! One file for each verb.

pub(crate) mod demo;
pub(crate) mod eval;
pub(crate) mod explain;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod serve;
pub(crate) mod watch;
