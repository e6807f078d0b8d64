//! The result of an evaluation.

use std::{borrow::Cow, fmt, sync::Arc};

use prefab_core::{
    Config, ConfigValue, Entry, Match, Provenance, Value, ValueType, confidential::is_fingerprint,
};

use crate::{
    compiled::{CompiledConfig, OriginalConfig},
    compiled_value::{CompiledValue, ValueKind},
    evaluated_value::{EvaluatedValue, declared_kind},
    provided::coerce,
    rule::Rule,
};

/// The reason why a value was returned.
///
/// # Examples
///
/// ```
/// use prefab_eval::Reason;
/// assert_eq!(Reason::TargetingMatch.to_string(), "TARGETING_MATCH");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The value is the same for all contexts: no rule of the config has criteria.
    Static,
    /// The value may depend on the contexts: the config has rules with criteria.
    TargetingMatch,
    /// A percentage rollout chose the value.
    Split,
    /// The default that the caller passed was returned.
    Default,
    /// An error prevented the evaluation.
    Error,
}

impl Reason {
    /// Returns the name that `OpenFeature` uses for the reason.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(prefab_eval::Reason::Split.name(), "SPLIT");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::Static => "STATIC",
            Self::TargetingMatch => "TARGETING_MATCH",
            Self::Split => "SPLIT",
            Self::Default => "DEFAULT",
            Self::Error => "ERROR",
        }
    }

    /// Returns the number that telemetry messages use for the reason.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(prefab_eval::Reason::Split.number(), 3);
    /// ```
    pub fn number(self) -> i32 {
        match self {
            Self::Static => 1,
            Self::TargetingMatch => 2,
            Self::Split => 3,
            Self::Default => 4,
            Self::Error => 5,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A value, the reason why it was returned, and the rule that it comes from.
///
/// # Examples
///
/// ```
/// use prefab_eval::{Contexts, Reason, Ruleset, SystemHost};
///
/// let ruleset = Ruleset::from_datafile(r#"{"configs": [
///     {"id": "1", "key": "max-jobs", "rows": [{"values": [{"value": {"int": "30"}}]}]}
/// ]}"#)?;
/// let evaluation = ruleset.evaluate("max-jobs", &Contexts::default(), &SystemHost)?;
/// assert_eq!((evaluation.display_value(), evaluation.reason), ("30".to_owned(), Reason::Static));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Evaluation<'r> {
    /// The value.
    pub value: EvaluatedValue<'r>,
    /// The reason why this value was returned.
    pub reason: Reason,
    /// The index of the row, from 0. The rows of the environment come first, then the default rows.
    pub config_row_index: u32,
    /// The index of the rule in its row, from 0.
    pub conditional_value_index: u32,
    /// The index of the chosen value of a percentage rollout, from 0. `None` without a rollout.
    pub weighted_value_index: Option<u32>,
    pub(crate) config: &'r CompiledConfig,
    pub(crate) compiled: &'r CompiledValue,
    pub(crate) secret: bool,
    /// The text of the environment variable, if it is a secret or if the config declares no type. `None` if the value is
    /// the text itself.
    pub(crate) provided: Option<Box<str>>,
}

impl<'r> Evaluation<'r> {
    /// Returns the config. Each call may decode the config again, so do not call this on a hot path.
    ///
    /// # Examples
    ///
    /// ```
    /// # use prefab_eval::{Contexts, Ruleset, SystemHost};
    /// # let ruleset = Ruleset::from_datafile(r#"{"configs": [
    /// #     {"id": "1", "key": "max-jobs", "rows": [{"values": [{"value": {"int": "30"}}]}]}
    /// # ]}"#)?;
    /// let evaluation = ruleset.evaluate("max-jobs", &Contexts::default(), &SystemHost)?;
    /// assert_eq!(evaluation.config().id, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn config(&self) -> Cow<'r, Config> {
        self.config.entry.config()
    }

    /// Returns the id of the compiled value, which is unique within the process.
    #[inline]
    pub fn id(&self) -> u64 {
        self.compiled.id()
    }

    /// Returns whether the value was computed when the ruleset was compiled.
    ///
    /// Encrypted values and values from environment variables are not: each evaluation computes them, so they can
    /// change.
    #[inline]
    pub fn is_precomputed(&self) -> bool {
        self.compiled.kind.is_precomputed()
    }

    /// Returns the entry of the ruleset, which contains the config and its provenance.
    pub fn entry(&self) -> &'r Entry {
        &self.config.entry
    }

    /// Returns the layer and the source of the config.
    ///
    /// # Examples
    ///
    /// ```
    /// # use prefab_eval::{Contexts, Ruleset, SystemHost};
    /// # let ruleset = Ruleset::from_datafile(r#"{"configs": [
    /// #     {"id": "1", "key": "max-jobs", "rows": [{"values": [{"value": {"int": "30"}}]}]}
    /// # ]}"#)?;
    /// let evaluation = ruleset.evaluate("max-jobs", &Contexts::default(), &SystemHost)?;
    /// assert_eq!(&*evaluation.provenance().source, "datafile");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn provenance(&self) -> &'r Arc<Provenance> {
        self.config.entry.provenance()
    }

    /// Returns a label for the match: `default`, `env:<id>`, `nm:<namespace>`, or a key or variable in a file.
    ///
    /// # Examples
    ///
    /// ```
    /// # use prefab_eval::{Contexts, Ruleset, SystemHost};
    /// # let ruleset = Ruleset::from_datafile(r#"{"configs": [
    /// #     {"id": "1", "key": "max-jobs", "rows": [{"values": [{"value": {"int": "30"}}]}]}
    /// # ]}"#)?;
    /// let evaluation = ruleset.evaluate("max-jobs", &Contexts::default(), &SystemHost)?;
    /// assert_eq!(evaluation.match_label(), "default");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn match_label(&self) -> Cow<'r, str> {
        if let Match::Text(text) = &self.provenance().matched {
            return Cow::Borrowed(text);
        }
        if let Some(namespace) = self.namespace() {
            return Cow::Owned(format!("nm:{namespace}"));
        }
        let environment = self.config.environment_of(self.config_row_index);
        environment.map_or(Cow::Borrowed("default"), |id| Cow::Owned(format!("env:{id}")))
    }

    /// Returns the namespace of the rule that matched, if the client has a namespace and the rule is for one.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::{Contexts, Ruleset, SystemHost};
    ///
    /// let ruleset = Ruleset::from_datafile(r#"{"configs": []}"#)?.with_namespace("services.users");
    /// let evaluation = ruleset.evaluate("max-jobs", &Contexts::default(), &SystemHost);
    /// assert_eq!(evaluation.ok().and_then(|evaluation| evaluation.namespace()), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn namespace(&self) -> Option<&'r str> {
        self.rule()?.namespace()
    }

    /// Returns the name of the value's type, for example `int` or `string list`.
    ///
    /// This is the name of [`value`](Self::value)'s type, except for the fingerprint that a server exports instead of a
    /// confidential value: the fingerprint is a string, but this method returns the type that the config declares.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::{Contexts, Ruleset, SystemHost};
    ///
    /// let ruleset = Ruleset::from_datafile(r#"{"configs": [{"id": "1", "key": "pin", "valueType": "INT", "rows": [
    ///     {"values": [{"value": {"string": "*****81dc9", "confidential": true}}]}
    /// ]}]}"#)?;
    /// let evaluation = ruleset.evaluate("pin", &Contexts::default(), &SystemHost)?;
    /// assert_eq!((evaluation.kind(), evaluation.display_value()), ("int", "*****81dc9".to_owned()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn kind(&self) -> &'static str {
        let declared = self.fingerprint().and_then(|_| declared_kind(self.config().value_type));
        declared.unwrap_or_else(|| self.value.kind())
    }

    /// Returns whether the value is confidential or encrypted. Logs and displays must redact it.
    pub fn is_confidential(&self) -> bool {
        self.secret
    }

    /// Returns the text of the value, redacted if it is [confidential](Self::is_confidential).
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::{Contexts, Ruleset, SystemHost};
    ///
    /// let ruleset = Ruleset::from_datafile(r#"{"configs": [{"id": "1", "key": "password", "rows": [{"values": [
    ///     {"value": {"string": "hello.world", "confidential": true}}
    /// ]}]}]}"#)?;
    /// let evaluation = ruleset.evaluate("password", &Contexts::default(), &SystemHost)?;
    /// assert_eq!(evaluation.display_value(), "*****18aa7");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn display_value(&self) -> String {
        if self.secret {
            return self.redacted();
        }
        self.written_json().unwrap_or_else(|| self.value.to_string())
    }

    /// Returns the text of a JSON value exactly as it is in the config, including number formats and duplicate members.
    ///
    /// Returns `None` for other types, and for JSON from an environment variable. Each call may decode the config
    /// again, so do not call this on a hot path.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::{Contexts, Ruleset, SystemHost};
    ///
    /// let ruleset = Ruleset::from_datafile(r#"{"configs": [{"id": "1", "key": "price", "rows": [{"values": [
    ///     {"value": {"json": {"json": "{\"eur\": 1.10}"}}}
    /// ]}]}]}"#)?;
    /// let evaluation = ruleset.evaluate("price", &Contexts::default(), &SystemHost)?;
    /// assert_eq!(evaluation.written_json().as_deref(), Some(r#"{"eur": 1.10}"#));
    /// assert_eq!(evaluation.value.to_json(), Some(serde_json::json!({"eur": 1.1})));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn written_json(&self) -> Option<String> {
        if !matches!(self.compiled.kind, ValueKind::Json(_)) {
            return None;
        }
        let place = (self.config_row_index, self.conditional_value_index);
        let rule = self.config.rules.iter().find(|rule| (rule.row, rule.index) == place)?;
        let original = OriginalConfig::of(self.config);
        let value = original.value(place.0, place.1)?;
        match &original_of(self.compiled, &rule.compiled, value)?.value {
            Value::Json(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// Returns the text of an environment variable as `value_type`, if the config declares no type.
    ///
    /// Without a declared type, [`value`](Self::value) has an inferred type: `0123` becomes the int 123. Use this
    /// method to read the original text as another type, for example as the string `0123`.
    ///
    /// Returns `None` if the value does not come from an environment variable, if the config declares a type, or if the
    /// text is not a valid `value_type`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::{Contexts, EvaluatedValue, FixedHost, Ruleset, ValueType};
    ///
    /// let ruleset = Ruleset::from_datafile(r#"{"configs": [{"id": "1", "key": "password", "rows": [{"values": [
    ///     {"value": {"provided": {"source": "ENV_VAR", "lookup": "PASSWORD"}}}
    /// ]}]}]}"#)?;
    /// let host = FixedHost::default().with_env_var("PASSWORD", "0123");
    /// let evaluation = ruleset.evaluate("password", &Contexts::default(), &host)?;
    /// assert_eq!(evaluation.value, EvaluatedValue::Int(123));
    /// assert_eq!(evaluation.provided_as(ValueType::String), Some(EvaluatedValue::String("0123".into())));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn provided_as(&self, value_type: ValueType) -> Option<EvaluatedValue<'static>> {
        let ValueKind::Provided { expected: ValueType::NotSet, .. } = &self.compiled.kind else {
            return None;
        };
        match (&self.provided, &self.value) {
            (Some(text), _) => coerce(text.clone().into_string(), value_type),
            (None, EvaluatedValue::String(text)) => coerce(text.clone().into_owned(), value_type),
            (None, _) => None,
        }
    }

    /// Returns the name of the variant, or the [displayed value](Self::display_value) if the variant has no name.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::{Contexts, Ruleset, SystemHost};
    ///
    /// let ruleset = Ruleset::from_datafile(r##"{"configs": [{"id": "1", "key": "color", "rows": [{"values": [
    ///     {"value": {"string": "#0000ff", "name": "blue"}}
    /// ]}]}]}"##)?;
    /// let evaluation = ruleset.evaluate("color", &Contexts::default(), &SystemHost)?;
    /// assert_eq!(evaluation.variant(), "blue");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn variant(&self) -> String {
        self.variant_name().unwrap_or_else(|| self.display_value())
    }

    /// Returns the name of the variant, if it has one.
    pub fn variant_name(&self) -> Option<String> {
        let config = self.config();
        let values = config.rows.iter().flat_map(|row| &row.values).filter_map(|rule| rule.value.as_ref());
        let named = values
            .chain(&config.allowable_values)
            .find(|value| value.name.is_some() && self.compiled.is_same(value));
        named.and_then(|value| value.name.clone())
    }

    /// Returns whether the rule that matched has criteria.
    pub fn rule_has_criteria(&self) -> bool {
        self.rule().is_some_and(|rule| !rule.conditions().is_empty())
    }

    fn rule(&self) -> Option<&'r Rule> {
        let place = (self.config_row_index, self.conditional_value_index);
        self.config.rules.iter().find(|rule| (rule.row, rule.index) == place)
    }

    fn redacted(&self) -> String {
        match (&self.compiled.kind, &self.provided) {
            (ValueKind::Encrypted(encrypted), _) => prefab_core::redact(&encrypted.stored),
            (_, Some(text)) => prefab_core::redact(text),
            _ => match self.fingerprint() {
                Some(text) => text.to_owned(),
                None => prefab_core::redact(&self.value.to_string()),
            },
        }
    }

    /// Returns the value if it is a fingerprint that a server exported instead of a confidential value.
    fn fingerprint(&self) -> Option<&str> {
        match &self.value {
            EvaluatedValue::String(text) if self.secret && is_fingerprint(text) => Some(text),
            _ => None,
        }
    }
}

/// Returns the value that was compiled to `chosen`: `original`, or one of the values of its percentage rollout.
/// `compiled` is the compiled form of `original`.
fn original_of<'c>(
    chosen: &CompiledValue,
    compiled: &CompiledValue,
    original: &'c ConfigValue,
) -> Option<&'c ConfigValue> {
    if chosen.id() == compiled.id() {
        return Some(original);
    }
    match (&compiled.kind, &original.value) {
        (ValueKind::Weighted(compiled), Value::Weighted(original)) => {
            let mut pairs = compiled.values.iter().zip(&original.values);
            pairs.find_map(|(compiled, original)| original_of(chosen, compiled, &original.value))
        }
        _ => None,
    }
}
