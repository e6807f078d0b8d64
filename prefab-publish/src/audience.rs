//! The part of every message that depends on the API key.

use bytes::Bytes;
use prefab_core::{Config, ConfigType, Context, ContextSet};
use prefab_proto::wire;
use prost::Message as _;

/// Returns whether front ends may read a config: flags and log levels always, others if they are marked.
pub fn is_for_front_ends(config: &Config) -> bool {
    match config.config_type {
        ConfigType::FeatureFlag | ConfigType::LogLevel => true,
        ConfigType::Segment | ConfigType::Deleted | ConfigType::Schema => false,
        ConfigType::NotSet | ConfigType::Config | ConfigType::LimitDefinition | ConfigType::LogLevelV2 => {
            config.send_to_client_sdk
        }
    }
}

/// The fields that clients of one API key receive in every message.
///
/// Most keys have no user. They share one audience, and so one encoded payload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Audience {
    pub(crate) repeated: Bytes,
}

impl Audience {
    /// Returns the audience of an API key. The id of its user lets the personal overrides of that user match.
    pub fn of(key_id: i64, user_id: Option<&str>) -> Self {
        let Some(user_id) = user_id else { return Self::default() };
        let context = Context::new("prefab-api-key").with("user-id", user_id);
        let configs = wire::Configs {
            apikey_metadata: Some(wire::ApiKeyMetadata {
                key_id: Some(key_id.to_string()),
                user_id: Some(user_id.to_owned()),
            }),
            default_context: Some((&ContextSet::from(context)).into()),
            ..wire::Configs::default()
        };
        Self { repeated: configs.encode_to_vec().into() }
    }
}
