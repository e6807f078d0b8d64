//! Labels of API keys and management tokens in the audit log and in the history.

/// Returns the label of an API key: `key 7 (ci)`.
pub fn api_key_label(key_id: i64, name: &str) -> String {
    if name.is_empty() { format!("key {key_id}") } else { format!("key {key_id} ({name})") }
}

/// Returns the label of a management token: `token 3 (deploy)`.
pub fn token_label(id: i64, name: &str) -> String {
    format!("token {id} ({name})")
}
