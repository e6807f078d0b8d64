//! The entries of responses, written as text.

use std::fmt::Write as _;

use prefab_eval::Reason;
use prefab_openfeature_mapping::{ErrorCode, FlagSet, MetadataValue, Resolution};
use serde_json::Value as Json;

/// The variant if no rule matches. Some clients require a variant.
pub(super) const NO_VARIANT: &str = "none";

/// Appends a JSON string.
pub(super) fn push_text(out: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{}", Json::from(text));
}

/// Appends an entry with a value.
pub(super) fn push_value(out: &mut String, key: &str, value: &str, resolution: &Resolution) {
    out.push_str("{\"key\":");
    push_text(out, key);
    out.push_str(",\"value\":");
    out.push_str(value);
    push_reason(out, resolution.reason, &resolution.variant);
    out.push_str(",\"metadata\":");
    push_metadata(out, &resolution.metadata);
    out.push('}');
}

/// Appends an entry without a value: the client uses the default in its code.
pub(super) fn push_without_value(
    out: &mut String,
    key: &str,
    reason: Reason,
    variant: &str,
    metadata: &[(&'static str, MetadataValue)],
) {
    out.push_str("{\"key\":");
    push_text(out, key);
    push_reason(out, reason, variant);
    out.push_str(",\"metadata\":");
    push_metadata(out, metadata);
    out.push('}');
}

/// Appends an entry with an error.
pub(super) fn push_failure(out: &mut String, key: &str, code: ErrorCode, message: &str, flag_set: FlagSet) {
    out.push_str("{\"key\":");
    push_text(out, key);
    let _ = write!(out, ",\"errorCode\":\"{}\",\"errorDetails\":", code.name());
    push_text(out, message);
    out.push_str(",\"metadata\":");
    push_metadata(out, &[("flagSetId", MetadataValue::Text(flag_set.to_string()))]);
    out.push('}');
}

fn push_reason(out: &mut String, reason: Reason, variant: &str) {
    let _ = write!(out, ",\"reason\":\"{}\",\"variant\":", reason.name());
    push_text(out, variant);
}

fn push_metadata(out: &mut String, metadata: &[(&'static str, MetadataValue)]) {
    out.push('{');
    for (index, (name, value)) in metadata.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let _ = write!(out, "{comma}\"{name}\":");
        match value {
            MetadataValue::Bool(bool) => {
                let _ = write!(out, "{bool}");
            }
            MetadataValue::Int(int) => {
                let _ = write!(out, "{int}");
            }
            MetadataValue::Text(text) => push_text(out, text),
        }
    }
    out.push('}');
}
