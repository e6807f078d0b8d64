//! One file for each verb.

mod confidential;
pub(crate) mod create;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod draft;
pub(crate) mod environments;
pub(crate) mod eval;
pub(crate) mod explain;
pub(crate) mod generate;
pub(crate) mod get;
pub(crate) mod healthcheck;
pub(crate) mod history;
pub(crate) mod info;
pub(crate) mod init;
pub(crate) mod keys;
pub(crate) mod list;
pub(crate) mod log_level;
pub(crate) mod login;
pub(crate) mod man;
pub(crate) mod migrate;
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
pub(crate) mod verify;
pub(crate) mod watch;

/// Formats a time in milliseconds since 1970, to the second.
fn moment(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis)
        .map_or_else(|_| millis.to_string(), |at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
}

/// Describes whether an API key or a token has been used, expires or was revoked.
fn credential_state(revoked_at: Option<i64>, expires_at: Option<i64>, last_used_at: Option<i64>) -> String {
    match (revoked_at, expires_at, last_used_at) {
        (Some(at), ..) => format!("revoked {}", moment(at)),
        (_, Some(at), _) => format!("expires {}", moment(at)),
        (_, _, Some(at)) => format!("last used {}", moment(at)),
        _ => "never used".to_owned(),
    }
}

/// Parses a value that the management API names, such as a role.
fn named_value<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    use serde::de::{IntoDeserializer as _, value::Error};
    T::deserialize(text.to_lowercase().into_deserializer()).map_err(|error: Error| error.to_string())
}
