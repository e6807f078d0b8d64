//! Contexts on the command line and in requests.

use prefab_client::ContextSet;

/// Parses contexts from JSON.
pub(crate) fn parse(text: &str) -> Result<ContextSet, String> {
    let json: serde_json::Value = serde_json::from_str(text)
        .map_err(|error| format!("not JSON: {error}; an example is {{\"user\": {{\"key\": \"1\"}}}}"))?;
    ContextSet::from_json(&json).map_err(|error| error.to_string())
}
