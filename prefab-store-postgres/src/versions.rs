//! Rows of the log as versions.

use prefab_core::{ChangedBy, Config};
use prefab_proto::wire;
use prefab_store::Version;
use prost::Message as _;
use tokio_postgres::Row;
use tracing::error;

/// The columns that [`version`] reads.
pub(crate) const COLUMNS: &str = "v.id, v.previous_id, v.key, v.body, v.user_id, v.email, v.api_key_id, v.user_identity, \
                                  v.changed_at_millis, v.tags";

/// Decodes a version. A damaged version is skipped and logged, so that the others are still served.
pub(crate) fn version(row: &Row) -> Option<Version> {
    let (id, key): (i64, String) = (row.get(0), row.get(2));
    let body: Option<Vec<u8>> = row.get(3);
    let tags: String = row.get(9);
    let config = match body.as_deref().map(|body| decode(body, &tags)).transpose() {
        Ok(config) => config,
        Err(cause) => {
            error!(key, id, cause, "stored config is damaged, skipping it");
            return None;
        }
    };
    Some(Version {
        id,
        previous_id: row.get(1),
        key,
        config,
        changed_by: ChangedBy {
            user_id: row.get(4),
            email: row.get(5),
            api_key_id: row.get(6),
            user_identity: row.get(7),
        },
        changed_at_millis: row.get(8),
    })
}

pub(crate) fn versions(rows: &[Row]) -> Vec<Version> {
    rows.iter().filter_map(version).collect()
}

/// Returns the stored form of the config of a version: the bytes and the tags.
pub(crate) fn encode(project: i64, version: &Version) -> (Option<Vec<u8>>, String) {
    let body = version.config.as_ref().map(|config| {
        let changed_by = Some(version.changed_by.clone());
        let config = Config { id: version.id, project_id: project, changed_by, ..config.clone() };
        wire::Config::from(&config).encode_to_vec()
    });
    (body, tags_text(version.config.as_ref()))
}

/// Decodes a config from its two columns. Tags have a column of their own, because the wire format has no tags.
pub(crate) fn decode(body: &[u8], tags: &str) -> Result<Config, String> {
    let config = wire::Config::decode(body).map_err(|error| error.to_string())?;
    let config: Config =
        config.try_into().map_err(|error: prefab_proto::convert::InvalidConfig| error.to_string())?;
    Ok(Config { tags: serde_json::from_str(tags).unwrap_or_default(), ..config })
}

pub(crate) fn tags_text(config: Option<&Config>) -> String {
    // A list of strings always serializes.
    serde_json::to_string(config.map(|config| &*config.tags).unwrap_or_default()).unwrap_or_default()
}
