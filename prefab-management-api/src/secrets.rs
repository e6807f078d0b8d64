//! Encrypted values.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Selects encrypted values.
#[derive(Clone, Debug, Default, Deserialize, Serialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SecretsQuery {
    /// Only values that are encrypted with the key that this item names.
    pub decrypt_with: Option<String>,
}

/// The encrypted values of an item.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemSecrets {
    /// The config key.
    pub key: String,
    /// The current version, as a string. In a request, the version that the change replaces.
    pub id: String,
    /// The encrypted values.
    pub values: Vec<EncryptedValue>,
}

/// An encrypted value.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EncryptedValue {
    /// The number of the environment, as a string. A request may contain its name. Null for the default rules.
    pub environment: Option<String>,
    /// The index of the rule that contains the value, from 0.
    pub rule: usize,
    /// The encrypted value.
    pub cipher_text: String,
    /// The item that names the encryption key.
    pub decrypt_with: String,
}

/// Replaces encrypted values, all or none.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateSecretsRequest {
    /// The new values.
    pub secrets: Vec<ItemSecrets>,
    /// The reason for the change, for the audit log. Some environments require one.
    #[serde(default)]
    pub comment: String,
}

/// The values that were replaced.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct RotateSecretsResponse {
    /// The config keys.
    pub keys: Vec<String>,
    /// The number of values.
    pub values: usize,
}
