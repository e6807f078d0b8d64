//! One config as a member of the document.
//!
//! The form is the one that the Quonfig SDKs share: types in lower case, rules per environment, and values as plain JSON. A
//! config with a part that they cannot read is omitted as a whole, because rules without that part would give other values.

use std::fmt::Write as _;

use bytes::Bytes;
use prefab_core::{
    ConditionalValue, Config, ConfigRow, ConfigType, ConfigValue, Criterion, LogLevel, Provided,
    ProvidedSource, Value, ValueType, WeightedValue, WeightedValues,
    duration::{format_duration, parse_duration},
};

use super::json_text;

/// Integers up to this one are exact in every language. Larger ones are sent as text, which all SDKs accept.
const MAX_EXACT: u64 = (1 << 53) - 1;

/// The longest duration that SDKs accept, in seconds: 36,500 days.
const MAX_DURATION: u64 = 36_500 * 86_400;

/// The reason why the SDKs cannot read a config.
type Unsupported = &'static str;

/// Encodes a config.
///
/// # Errors
///
/// The reason why the SDKs cannot read it.
pub(super) fn encode(config: &Config) -> Result<Bytes, Unsupported> {
    let Config {
        id,
        project_id: _,
        key,
        changed_by: _,
        rows,
        allowable_values: _,
        config_type,
        draft_id: _,
        value_type,
        send_to_client_sdk,
        schema_key: _,
        tags: _,
    } = config;
    let mut out = Writer::default();
    out.raw("{\"id\":\"").display(id).raw("\",\"key\":").text(key);
    out.raw(",\"type\":\"").raw(type_name(*config_type)?);
    out.raw("\",\"valueType\":\"").raw(value_type_name(*value_type, rows));
    out.raw("\",\"sendToClientSdk\":").display(send_to_client_sdk);
    out.raw(",\"default\":{\"rules\":");
    rules(&mut out, rows.iter().find(|row| row.project_env_id.is_none()))?;
    out.raw("}");
    if let Some((environment, row)) = rows.iter().find_map(|row| Some((row.project_env_id?, row))) {
        out.raw(",\"environment\":{\"id\":\"").display(environment).raw("\",\"rules\":");
        rules(&mut out, Some(row))?;
        out.raw("}");
    }
    out.raw("}");
    Ok(out.0.into_bytes().into())
}

fn type_name(config_type: ConfigType) -> Result<&'static str, Unsupported> {
    match config_type {
        ConfigType::NotSet | ConfigType::Config => Ok("config"),
        ConfigType::FeatureFlag => Ok("feature_flag"),
        ConfigType::LogLevel | ConfigType::LogLevelV2 => Ok("log_level"),
        ConfigType::Segment => Ok("segment"),
        ConfigType::LimitDefinition => Err("it defines a limit"),
        ConfigType::Deleted | ConfigType::Schema => Err("it is not a config"),
    }
}

/// Returns the declared type, or the type of the first value if none is declared.
fn value_type_name(declared: ValueType, rows: &[ConfigRow]) -> &'static str {
    match declared {
        ValueType::Int => "int",
        ValueType::String => "string",
        ValueType::Double => "double",
        ValueType::Bool => "bool",
        ValueType::LogLevel => "log_level",
        ValueType::StringList => "string_list",
        ValueType::Duration => "duration",
        ValueType::Json => "json",
        // The others have no name. A value of such a type omits the config.
        ValueType::NotSet | ValueType::Bytes | ValueType::LimitDefinition | ValueType::IntRange => {
            let mut values = rows.iter().flat_map(|row| &row.values).filter_map(|rule| rule.value.as_ref());
            values.next().map_or("string", |value| kind_name(&value.value))
        }
    }
}

fn kind_name(value: &Value) -> &'static str {
    match value {
        Value::Int(_) => "int",
        Value::Double(_) => "double",
        Value::Bool(_) => "bool",
        Value::LogLevel(_) => "log_level",
        Value::StringList(_) => "string_list",
        Value::Duration(_) => "duration",
        Value::Json(_) => "json",
        Value::Weighted(weighted) => {
            weighted.values.first().map_or("string", |choice| kind_name(&choice.value.value))
        }
        _ => "string",
    }
}

fn rules(out: &mut Writer, row: Option<&ConfigRow>) -> Result<(), Unsupported> {
    out.list(row.map_or(&[][..], |row| &row.values), |out, rule| {
        let ConditionalValue { criteria, value } = rule;
        out.raw("{\"criteria\":");
        if criteria.is_empty() {
            out.raw("[{\"operator\":\"ALWAYS_TRUE\"}]");
        } else {
            out.list(criteria, criterion)?;
        }
        out.raw(",\"value\":");
        self::value(out, value.as_ref().ok_or("it has a rule without a value")?)?;
        out.raw("}");
        Ok(())
    })
}

fn criterion(out: &mut Writer, criterion: &Criterion) -> Result<(), Unsupported> {
    let Criterion { property_name, operator, value_to_match } = criterion;
    out.raw("{\"operator\":\"").raw(operator.name()).raw("\"");
    if !property_name.is_empty() {
        out.raw(",\"propertyName\":").text(property_name);
    }
    if let Some(value) = value_to_match {
        out.raw(",\"valueToMatch\":");
        self::value(out, value)?;
    }
    out.raw("}");
    Ok(())
}

fn value(out: &mut Writer, value: &ConfigValue) -> Result<(), Unsupported> {
    let ConfigValue { value: content, confidential: _, decrypt_with: _, name: _, description: _ } = value;
    match content {
        Value::Weighted(weighted) => rollout(out, weighted)?,
        plain => self::plain(out, plain)?,
    }
    // The SDKs decrypt a value only if it is confidential too.
    if value.is_secret() {
        out.raw(",\"confidential\":true");
    }
    if let Some(key) = value.encrypted_with() {
        out.raw(",\"decryptWith\":").text(key);
    }
    out.raw("}");
    Ok(())
}

/// Writes a value up to its closing brace.
fn plain(out: &mut Writer, value: &Value) -> Result<(), Unsupported> {
    match value {
        Value::Int(int) if int.unsigned_abs() <= MAX_EXACT => out.kind("int").display(int),
        Value::Int(int) => out.kind("int").raw("\"").display(int).raw("\""),
        Value::Double(double) if double.is_finite() => {
            out.kind("double").display(serde_json::Value::from(*double))
        }
        Value::Double(double) => out.kind("double").text(match double {
            double if double.is_nan() => "NaN",
            double if *double > 0.0 => "Infinity",
            _ => "-Infinity",
        }),
        Value::Bool(bool) => out.kind("bool").display(bool),
        Value::String(text) => out.kind("string").text(text),
        Value::LogLevel(LogLevel::NotSet) => return Err("it has a log level without a name"),
        Value::LogLevel(level) => out.kind("log_level").text(level.name()),
        Value::StringList(list) => {
            out.kind("string_list").list(list, |out, text| {
                out.text(text);
                Ok(())
            })?;
            out
        }
        Value::Json(text) => out.kind("json").raw(&json_text::compact(text)?),
        Value::Duration(text) => out.kind("duration").text(&duration(text)?),
        Value::Provided(Provided { source: ProvidedSource::EnvVar, lookup }) => {
            out.kind("provided").raw("{\"source\":\"ENV_VAR\",\"lookup\":").text(lookup).raw("}")
        }
        Value::Provided(Provided { source: ProvidedSource::NotSet, lookup: _ }) => {
            return Err("it has a provided value without a source");
        }
        Value::Weighted(_) => return Err("it has a rollout within a rollout"),
        Value::NotSet => return Err("it has a rule without a value"),
        Value::Bytes(_) => return Err("it has a value of bytes"),
        Value::IntRange(_) => return Err("it has a range of integers"),
        Value::Schema(_) => return Err("it has a schema"),
        Value::LimitDefinition(_) => return Err("it defines a limit"),
    };
    Ok(())
}

fn rollout(out: &mut Writer, weighted: &WeightedValues) -> Result<(), Unsupported> {
    let WeightedValues { values, hash_by_property_name } = weighted;
    out.kind("weighted_values").raw("{\"weightedValues\":").list(values, |out, choice| {
        let WeightedValue { weight, value: chosen } = choice;
        if matches!(chosen.value, Value::Weighted(_)) {
            return Err("it has a rollout within a rollout");
        }
        out.raw("{\"weight\":").display(weight).raw(",\"value\":");
        value(out, chosen)?;
        out.raw("}");
        Ok(())
    })?;
    if let Some(property) = hash_by_property_name.as_deref().filter(|property| !property.is_empty()) {
        out.raw(",\"hashByPropertyName\":").text(property);
    }
    out.raw("}");
    Ok(())
}

/// Returns a duration in the form that the SDKs accept: without weeks, and with fractions of seconds only.
fn duration(text: &str) -> Result<String, Unsupported> {
    let duration = parse_duration(text).map_err(|_| "it has a duration that is not ISO 8601")?;
    if duration.as_secs() >= MAX_DURATION {
        return Err("it has a duration of 36,500 days or more");
    }
    Ok(format_duration(duration))
}

/// Writes JSON.
#[derive(Default)]
struct Writer(String);

impl Writer {
    fn raw(&mut self, text: &str) -> &mut Self {
        self.0.push_str(text);
        self
    }

    fn display(&mut self, value: impl std::fmt::Display) -> &mut Self {
        // Writing to a string cannot fail.
        let _ = write!(self.0, "{value}");
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.display(serde_json::Value::from(text))
    }

    /// Opens a value of a type.
    fn kind(&mut self, kind: &str) -> &mut Self {
        self.raw("{\"type\":\"").raw(kind).raw("\",\"value\":")
    }

    fn list<T>(
        &mut self,
        items: &[T],
        write: impl Fn(&mut Self, &T) -> Result<(), Unsupported>,
    ) -> Result<(), Unsupported> {
        self.raw("[");
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.raw(",");
            }
            write(self, item)?;
        }
        self.raw("]");
        Ok(())
    }
}
