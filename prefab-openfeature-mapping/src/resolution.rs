//! Reasons, variants and metadata.

use std::fmt::Write as _;

use prefab_core::{duration::format_duration, ids::ProjectId};
use prefab_eval::{EvaluatedValue, Evaluation, Reason};

/// The maximum length of a variant, in bytes. Variants are labels of metrics.
pub const MAX_VARIANT_BYTES: usize = 128;

/// The maximum length of a value that is its own variant, in bytes.
const MAX_VALUE_BYTES: usize = 64;

/// The largest integer up to which clients that read numbers as doubles lose nothing.
const MAX_EXACT: u64 = 1 << 53;

/// The project and environment of a ruleset. Its text is the `flagSetId` of OpenFeature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlagSet {
    /// The project.
    pub project: ProjectId,
    /// The id of the environment.
    pub environment: i64,
}

impl std::fmt::Display for FlagSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.project.0, self.environment)
    }
}

/// A value of the metadata of a flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetadataValue {
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A text.
    Text(String),
}

impl From<&str> for MetadataValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// The reason, variant and metadata of an evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolution {
    /// The reason. Unlike the reason of the engine, it is [`Reason::Default`] if a rule without criteria matched in a config
    /// that has criteria.
    pub reason: Reason,
    /// The name of the variant; the value, if it is short and not confidential; otherwise the place of the rule, such as
    /// `r0.v1`.
    pub variant: String,
    /// The metadata, in a fixed order.
    pub metadata: Vec<(&'static str, MetadataValue)>,
}

impl Resolution {
    /// Describes an evaluation. The flag set and the targeting key are added to the metadata, if they are known.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::{Contexts, Ruleset, SystemHost};
    /// use prefab_openfeature_mapping::Resolution;
    ///
    /// let ruleset = Ruleset::from_datafile(r#"{"configs": [
    ///     {"id": "7", "key": "max-jobs", "rows": [{"values": [{"value": {"int": "30"}}]}]}
    /// ]}"#)?;
    /// let evaluation = ruleset.evaluate("max-jobs", &Contexts::default(), &SystemHost)?;
    /// let resolution = Resolution::new(&evaluation, None, None);
    /// assert_eq!((resolution.reason.name(), &*resolution.variant), ("STATIC", "30"));
    /// assert_eq!(resolution.metadata[0], ("version", "7".into()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(evaluation: &Evaluation<'_>, flag_set: Option<FlagSet>, targeting_key: Option<&str>) -> Self {
        Self {
            reason: reason(evaluation),
            variant: variant(evaluation),
            metadata: metadata(evaluation, flag_set, targeting_key),
        }
    }
}

fn reason(evaluation: &Evaluation<'_>) -> Reason {
    match evaluation.reason {
        Reason::TargetingMatch if !evaluation.rule_has_criteria() => Reason::Default,
        reason => reason,
    }
}

fn variant(evaluation: &Evaluation<'_>) -> String {
    let mut variant = match evaluation.variant_name() {
        Some(name) if !name.is_empty() => name,
        _ if evaluation.is_confidential() => place(evaluation),
        _ => short_text(evaluation).unwrap_or_else(|| place(evaluation)),
    };
    if variant.len() > MAX_VARIANT_BYTES {
        // `floor_char_boundary` requires Rust 1.91.
        let end = (0..=MAX_VARIANT_BYTES).rev().find(|end| variant.is_char_boundary(*end));
        variant.truncate(end.unwrap_or_default());
    }
    variant
}

/// Returns the text of a short value.
fn short_text(evaluation: &Evaluation<'_>) -> Option<String> {
    match &evaluation.value {
        // The text of a long value is not worth its allocation.
        EvaluatedValue::String(text) if text.len() > MAX_VALUE_BYTES => return None,
        EvaluatedValue::Bytes(_) | EvaluatedValue::Schema(_) => return None,
        EvaluatedValue::Duration(duration) => return Some(format_duration(*duration)),
        _ => {}
    }
    let text = evaluation.display_value();
    (1..=MAX_VALUE_BYTES).contains(&text.len()).then_some(text)
}

/// Returns the place of the rule, such as `r0.v1`, or `r0.v1.w2` after a percentage rollout.
fn place(evaluation: &Evaluation<'_>) -> String {
    let mut place = format!("r{}.v{}", evaluation.config_row_index, evaluation.conditional_value_index);
    if let Some(choice) = evaluation.weighted_value_index {
        // Writing to a string cannot fail.
        let _ = write!(place, ".w{choice}");
    }
    place
}

fn metadata(
    evaluation: &Evaluation<'_>,
    flag_set: Option<FlagSet>,
    targeting_key: Option<&str>,
) -> Vec<(&'static str, MetadataValue)> {
    // The entry, because `Evaluation::config` may decode the config.
    let stored = evaluation.entry().stored();
    let mut metadata = Vec::with_capacity(10);
    let mut add = |name, value| metadata.push((name, value));
    if let Some(flag_set) = flag_set {
        add("flagSetId", MetadataValue::Text(flag_set.to_string()));
    }
    add("version", MetadataValue::Text(stored.id().to_string()));
    add("kind", evaluation.value.kind().into());
    add("configType", stored.config_type().name().into());
    add("rowIndex", MetadataValue::Int(evaluation.config_row_index.into()));
    add("ruleIndex", MetadataValue::Int(evaluation.conditional_value_index.into()));
    if let Some(choice) = evaluation.weighted_value_index {
        add("weightIndex", MetadataValue::Int(choice.into()));
    }
    add("confidential", MetadataValue::Bool(evaluation.is_confidential()));
    match &evaluation.value {
        EvaluatedValue::Int(int) if int.unsigned_abs() > MAX_EXACT => {
            add("exact", MetadataValue::Text(int.to_string()));
        }
        EvaluatedValue::Duration(duration) => {
            if let Ok(millis) = i64::try_from(duration.as_millis()) {
                add("millis", MetadataValue::Int(millis));
            }
        }
        _ => {}
    }
    if let Some(key) = targeting_key {
        add("contextId", key.into());
    }
    metadata
}

#[cfg(test)]
mod tests {
    use prefab_core::{Context, ContextSet};
    use prefab_eval::{Contexts, FixedHost, Ruleset};

    use super::*;

    fn ruleset() -> Ruleset {
        let long = "x".repeat(65);
        Ruleset::from_datafile(&format!(
            r#"{{"configs": [
            {{"id": "1", "key": "targeted", "configType": "FEATURE_FLAG", "rows": [{{"values": [
                {{"criteria": [{{"propertyName": "user.key", "operator": "PROP_IS_ONE_OF",
                  "valueToMatch": {{"stringList": {{"values": ["u-1"]}}}}}}], "value": {{"bool": true}}}},
                {{"value": {{"bool": false}}}}]}}]}},
            {{"id": "2", "key": "split", "configType": "FEATURE_FLAG", "rows": [{{"values": [{{"value": {{"weightedValues":
                {{"weightedValues": [{{"weight": 1, "value": {{"string": "{long}"}}}}]}}}}}}]}}]}},
            {{"id": "3", "key": "named", "configType": "CONFIG", "rows": [{{"values": [
                {{"value": {{"string": "{long}", "name": "blue"}}}}]}}]}},
            {{"id": "4", "key": "secret", "configType": "CONFIG", "rows": [{{"values": [
                {{"value": {{"string": "s3cr3t", "confidential": true}}}}]}}]}},
            {{"id": "5", "key": "huge", "configType": "CONFIG", "rows": [{{"values": [
                {{"value": {{"int": "9007199254740993"}}}}]}}]}},
            {{"id": "6", "key": "timeout", "configType": "CONFIG", "rows": [{{"values": [
                {{"value": {{"duration": {{"definition": "PT1M30S"}}}}}}]}}]}}
        ]}}"#
        ))
        .unwrap()
    }

    #[track_caller]
    fn check(key: &str, reason: &str, variant: &str, metadata: &[(&str, MetadataValue)]) {
        let user = ContextSet::from(Context::new("user").with("key", "u-1"));
        let ruleset = ruleset();
        let (key, contexts) = match key.strip_suffix(" for others") {
            Some(key) => (key, Contexts::default()),
            None => (key, Contexts::of(&user)),
        };
        let evaluation = ruleset.evaluate(key, &contexts, &FixedHost::default()).unwrap();
        let resolution = Resolution::new(&evaluation, None, None);
        assert_eq!((resolution.reason.name(), &*resolution.variant), (reason, variant));
        for expected in metadata {
            assert!(resolution.metadata.contains(expected), "{expected:?}: {:?}", resolution.metadata);
        }
    }

    #[test]
    fn reasons_variants_and_metadata_are_as_documented() {
        let int = MetadataValue::Int;
        check(
            "targeted",
            "TARGETING_MATCH",
            "true",
            &[("ruleIndex", int(0)), ("configType", "FEATURE_FLAG".into())],
        );
        check("targeted for others", "DEFAULT", "false", &[("ruleIndex", int(1)), ("version", "1".into())]);
        check("split", "SPLIT", "r0.v0.w0", &[("weightIndex", int(0))]);
        check("named", "STATIC", "blue", &[("kind", "string".into())]);
        check("secret", "STATIC", "r0.v0", &[("confidential", MetadataValue::Bool(true))]);
        check("huge", "STATIC", "9007199254740993", &[("exact", "9007199254740993".into())]);
        check("timeout", "STATIC", "PT1M30S", &[("millis", int(90_000)), ("kind", "duration".into())]);
    }

    #[test]
    fn the_flag_set_and_the_targeting_key_are_metadata() {
        let ruleset = ruleset();
        let evaluation = ruleset.evaluate("named", &Contexts::default(), &FixedHost::default()).unwrap();
        let flag_set = FlagSet { project: ProjectId(3), environment: 143 };
        let metadata = Resolution::new(&evaluation, Some(flag_set), Some("u-1")).metadata;
        assert_eq!(metadata.first(), Some(&("flagSetId", "3/143".into())));
        assert_eq!(metadata.last(), Some(&("contextId", "u-1".into())));
    }
}
