//! What people do with configs beyond storing them: overrides, words for changes, a form to write by hand.

pub(crate) mod diff;
pub(crate) mod flat;
pub(crate) mod guard;
pub(crate) mod levels;
pub(crate) mod overrides;
pub(crate) mod transfer;
pub(crate) mod uses;
pub(crate) mod words;
