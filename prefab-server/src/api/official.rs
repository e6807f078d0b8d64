//! The management API of the hosted service, which its command-line tool uses.

pub(crate) mod configs;
pub(crate) mod download;
pub(crate) mod history;
pub(crate) mod variant;
