//! Whether a value is confidential.

use prefab_management_api::{FlatValue, ValueKind};

/// Returns whether a value, or one of a percentage rollout, is confidential. A value that replaces it is, too.
pub(super) fn is_confidential(value: Option<&FlatValue>) -> bool {
    value.is_some_and(|value| {
        let mut choices = value.value.as_array().into_iter().flatten();
        value.confidential
            || (value.kind == ValueKind::WeightedValues
                && choices.any(|choice| choice["value"]["confidential"] == true))
    })
}
