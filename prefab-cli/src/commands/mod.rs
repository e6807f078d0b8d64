//! One file for each verb.

pub(crate) mod create;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod draft;
pub(crate) mod environments;
pub(crate) mod eval;
pub(crate) mod explain;
pub(crate) mod generate;
pub(crate) mod get;
pub(crate) mod history;
pub(crate) mod info;
pub(crate) mod init;
pub(crate) mod keys;
pub(crate) mod list;
pub(crate) mod log_level;
pub(crate) mod login;
pub(crate) mod overrides;
pub(crate) mod person;
pub(crate) mod recover;
pub(crate) mod rollout;
pub(crate) mod secret;
pub(crate) mod segment;
pub(crate) mod serve;
pub(crate) mod set;
pub(crate) mod tail;
pub(crate) mod token;
pub(crate) mod transfer;
pub(crate) mod watch;

/// Says a moment, given in milliseconds since 1970, to the second.
fn moment(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis)
        .map_or_else(|_| millis.to_string(), |at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
}
