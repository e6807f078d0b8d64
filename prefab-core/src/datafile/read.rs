//! JSON to model.

use base64::{Engine as _, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE};
use serde_json::{Map, Value as Json};

use super::{DatafileError, Finding, ParsedDatafile};
use crate::{
    ChangedBy, ConditionalValue, Config, ConfigRow, ConfigType, ConfigValue, Context, ContextSet,
    ContextValue, Criterion, IntRange, LimitDefinition, LogLevel, Operator, Pointer, Provided,
    ProvidedSource, Schema, SchemaType, Value, ValueType, WeightedValue, WeightedValues,
};

/// A place that holds something else than it should.
struct Wrong {
    path: String,
    expected: String,
}

type Read<T> = Result<T, Wrong>;

pub(super) fn config_set(json: &Json) -> Result<ParsedDatafile, DatafileError> {
    let shape = |Wrong { path, expected }: Wrong| DatafileError::Shape {
        path: if path.is_empty() { String::from("datafile") } else { path },
        expected,
    };
    let root = Object::new(json, "").map_err(shape)?;
    let mut parsed = ParsedDatafile::default();
    for (at, item) in root.list("configs").map_err(shape)?.iter().enumerate() {
        match config(item, "") {
            Ok(config) => parsed.set.configs.push(config),
            Err(wrong) => parsed.findings.push(finding(item, at, wrong)),
        }
    }
    if let Some(pointer) = root.get("configServicePointer") {
        parsed.set.pointer = Some(self::pointer(pointer).map_err(shape)?);
    }
    if let Some(contexts) = root.get("defaultContext") {
        parsed.set.default_context = context_set(contexts).map_err(shape)?;
    }
    parsed.set.keep_alive = root.bool("keepAlive").map_err(shape)?;
    Ok(parsed)
}

pub(super) fn one_config(json: &Json) -> Result<Config, Finding> {
    config(json, "").map_err(|wrong| finding(json, 0, wrong))
}

pub(super) fn one_value(json: &Json) -> Result<ConfigValue, Finding> {
    value(json, "value").map_err(|wrong| finding(json, 0, wrong))
}

fn finding(item: &Json, at: usize, wrong: Wrong) -> Finding {
    let key = item.get("key").and_then(Json::as_str).map_or_else(|| format!("#{at}"), ToOwned::to_owned);
    Finding { key, path: wrong.path, expected: wrong.expected }
}

fn pointer(json: &Json) -> Read<Pointer> {
    let object = Object::new(json, "configServicePointer")?;
    Ok(Pointer {
        project_id: object.int("projectId")?,
        start_at_id: object.int("startAtId")?,
        project_env_id: object.int("projectEnvId")?,
    })
}

fn context_set(json: &Json) -> Read<ContextSet> {
    let object = Object::new(json, "defaultContext")?;
    let mut set = ContextSet::new();
    for item in object.list("contexts")? {
        let object = Object::new(item, "defaultContext.contexts[]")?;
        let mut context = Context::new(object.text("type")?);
        if let Some(Json::Object(values)) = object.get("values") {
            for (property, json) in values {
                let path = format!("defaultContext.{property}");
                context.set(property.clone(), context_value(value(json, &path)?.value, &path)?);
            }
        }
        set.set(context);
    }
    Ok(set)
}

/// Contexts carry plain values only.
fn context_value(value: Value, path: &str) -> Read<ContextValue> {
    Ok(match value {
        Value::NotSet => ContextValue::Null,
        Value::Int(int) => ContextValue::Int(int),
        Value::String(text) | Value::Duration(text) | Value::Json(text) => ContextValue::String(text),
        Value::Double(double) => ContextValue::Double(double),
        Value::Bool(bool) => ContextValue::Bool(bool),
        Value::StringList(list) => ContextValue::StringList(list),
        Value::LogLevel(level) => ContextValue::String(level.name().to_owned()),
        other => return wrong(path, format!("a plain value, not {}", other.kind())),
    })
}

fn config(json: &Json, path: &str) -> Read<Config> {
    let object = Object::new(json, path)?;
    let key = object.text("key")?;
    if key.is_empty() {
        return wrong(&object.path("key"), "the config's key");
    }
    Ok(Config {
        id: object.int("id")?,
        project_id: object.int("projectId")?,
        key,
        changed_by: object
            .get("changedBy")
            .map(|json| changed_by(json, &object.path("changedBy")))
            .transpose()?,
        rows: object.each("rows", row)?,
        allowable_values: object.each("allowableValues", value)?,
        config_type: object.name("configType", ConfigType::from_name, ConfigType::from_number)?,
        draft_id: object.optional_int("draftId")?,
        value_type: object.name("valueType", ValueType::from_name, ValueType::from_number)?,
        send_to_client_sdk: object.bool("sendToClientSdk")?,
        schema_key: object.optional_text("schemaKey")?,
        tags: object.each("tags", text)?,
    })
}

fn changed_by(json: &Json, path: &str) -> Read<ChangedBy> {
    let object = Object::new(json, path)?;
    Ok(ChangedBy {
        user_id: object.int("userId")?,
        email: object.text("email")?,
        api_key_id: object.text("apiKeyId")?,
        user_identity: object.text("userIdentity")?,
    })
}

fn row(json: &Json, path: &str) -> Read<ConfigRow> {
    let object = Object::new(json, path)?;
    let mut row = ConfigRow {
        project_env_id: object.optional_int("projectEnvId")?,
        values: object.each("values", conditional_value)?,
        ..ConfigRow::default()
    };
    if let Some(Json::Object(properties)) = object.get("properties") {
        for (name, json) in properties {
            row.properties.insert(name.clone(), value(json, &object.path(&format!("properties.{name}")))?);
        }
    }
    Ok(row)
}

fn conditional_value(json: &Json, path: &str) -> Read<ConditionalValue> {
    let object = Object::new(json, path)?;
    Ok(ConditionalValue {
        criteria: object.each("criteria", criterion)?,
        value: object.get("value").map(|json| value(json, &object.path("value"))).transpose()?,
    })
}

fn criterion(json: &Json, path: &str) -> Read<Criterion> {
    let object = Object::new(json, path)?;
    Ok(Criterion {
        property_name: object.text("propertyName")?,
        operator: object
            .name("operator", Operator::from_name, |number| Some(Operator::from_number(number)))?,
        value_to_match: object
            .get("valueToMatch")
            .map(|json| value(json, &object.path("valueToMatch")))
            .transpose()?,
    })
}

fn value(json: &Json, path: &str) -> Read<ConfigValue> {
    let object = Object::new(json, path)?;
    Ok(ConfigValue {
        value: kind(&object)?,
        confidential: object.bool("confidential")?,
        decrypt_with: object.optional_text("decryptWith")?,
        name: object.optional_text("name")?,
        description: object.optional_text("description")?,
    })
}

fn kind(object: &Object<'_>) -> Read<Value> {
    const KINDS: [&str; 14] = [
        "int",
        "string",
        "bytes",
        "double",
        "bool",
        "weightedValues",
        "limitDefinition",
        "logLevel",
        "stringList",
        "intRange",
        "provided",
        "duration",
        "json",
        "schema",
    ];
    let Some((name, json)) = KINDS.iter().find_map(|name| Some((*name, object.get(name)?))) else {
        return Ok(Value::NotSet);
    };
    let path = object.path(name);
    Ok(match name {
        "int" => Value::Int(int(json, &path)?),
        "string" => Value::String(text(json, &path)?),
        "bytes" => Value::Bytes(bytes(json, &path)?),
        "double" => Value::Double(double(json, &path)?),
        "bool" => Value::Bool(object.bool(name)?),
        "logLevel" => Value::LogLevel(object.name(name, level_from_name, LogLevel::from_number)?),
        _ => return message(name, &Object::new(json, &path)?),
    })
}

fn message(name: &str, object: &Object<'_>) -> Read<Value> {
    Ok(match name {
        "weightedValues" => Value::Weighted(WeightedValues {
            values: object.each("weightedValues", weighted_value)?,
            hash_by_property_name: object.optional_text("hashByPropertyName")?,
        }),
        "limitDefinition" => Value::LimitDefinition(LimitDefinition {
            policy_name: object.name("policyName", |name| name_in(LIMIT_POLICIES, name), Some)?,
            limit: object.int32("limit")?,
            burst: object.int32("burst")?,
            account_id: object.int("accountId")?,
            last_modified: object.int("lastModified")?,
            returnable: object.bool("returnable")?,
            safety_level: object.name("safetyLevel", |name| name_in(SAFETY_LEVELS, name), Some)?,
        }),
        "stringList" => Value::StringList(object.each("values", text)?),
        "intRange" => Value::IntRange(IntRange {
            start: object.optional_int("start")?,
            end: object.optional_int("end")?,
        }),
        "provided" => Value::Provided(Provided {
            source: object.name("source", source_from_name, |number| Some(source_from_number(number)))?,
            lookup: object.text("lookup")?,
        }),
        "duration" => Value::Duration(object.text("definition")?),
        "json" => Value::Json(object.text("json")?),
        _ => Value::Schema(Schema {
            schema: object.text("schema")?,
            schema_type: object.name("schemaType", schema_from_name, schema_from_number)?,
        }),
    })
}

fn weighted_value(json: &Json, path: &str) -> Read<WeightedValue> {
    let object = Object::new(json, path)?;
    Ok(WeightedValue {
        weight: object.int32("weight")?,
        value: match object.get("value") {
            Some(json) => value(json, &object.path("value"))?,
            None => ConfigValue::default(),
        },
    })
}

/// The rate limiter's policies by name.
pub(super) const LIMIT_POLICIES: &[(i32, &str)] = &[
    (0, "NOT_SET"),
    (1, "SECONDLY_ROLLING"),
    (3, "MINUTELY_ROLLING"),
    (5, "HOURLY_ROLLING"),
    (7, "DAILY_ROLLING"),
    (8, "MONTHLY_ROLLING"),
    (9, "INFINITE"),
    (10, "YEARLY_ROLLING"),
];

/// The rate limiter's safety levels by name.
pub(super) const SAFETY_LEVELS: &[(i32, &str)] =
    &[(0, "LIMIT_SAFETY_LEVEL_NOT_SET"), (4, "L4_BEST_EFFORT"), (5, "L5_BOMBPROOF")];

fn name_in(names: &[(i32, &str)], name: &str) -> Option<i32> {
    names.iter().find(|(_, known)| *known == name).map(|(number, _)| *number)
}

fn level_from_name(name: &str) -> Option<LogLevel> {
    LogLevel::ALL.into_iter().find(|level| level.name() == name)
}

fn source_from_name(name: &str) -> Option<ProvidedSource> {
    match name {
        "ENV_VAR" => Some(ProvidedSource::EnvVar),
        "PROVIDED_SOURCE_NOT_SET" => Some(ProvidedSource::NotSet),
        _ => None,
    }
}

fn source_from_number(number: i32) -> ProvidedSource {
    if number == 1 { ProvidedSource::EnvVar } else { ProvidedSource::NotSet }
}

fn schema_from_name(name: &str) -> Option<SchemaType> {
    match name {
        "UNKNOWN" => Some(SchemaType::Unknown),
        "ZOD" => Some(SchemaType::Zod),
        "JSON_SCHEMA" => Some(SchemaType::JsonSchema),
        _ => None,
    }
}

fn schema_from_number(number: i32) -> Option<SchemaType> {
    match number {
        0 => Some(SchemaType::Unknown),
        1 => Some(SchemaType::Zod),
        2 => Some(SchemaType::JsonSchema),
        _ => None,
    }
}

/// An object and the place it stands at.
struct Object<'a> {
    fields: &'a Map<String, Json>,
    path: &'a str,
}

impl<'a> Object<'a> {
    fn new(json: &'a Json, path: &'a str) -> Read<Self> {
        match json {
            Json::Object(fields) => Ok(Self { fields, path }),
            _ => wrong(path, "an object"),
        }
    }

    fn path(&self, field: &str) -> String {
        if self.path.is_empty() { field.to_owned() } else { format!("{}.{field}", self.path) }
    }

    /// Finds a field by its name in camel case or in snake case; null is absent.
    fn get(&self, field: &str) -> Option<&'a Json> {
        let found = self.fields.get(field).or_else(|| {
            let upper = field.bytes().any(|byte| byte.is_ascii_uppercase());
            upper.then(|| self.fields.get(&snake(field))).flatten()
        });
        found.filter(|json| !json.is_null())
    }

    fn list(&self, field: &str) -> Read<&'a [Json]> {
        match self.get(field) {
            None => Ok(&[]),
            Some(Json::Array(items)) => Ok(items),
            Some(_) => wrong(&self.path(field), "a list"),
        }
    }

    fn each<T>(&self, field: &str, read: impl Fn(&Json, &str) -> Read<T>) -> Read<Vec<T>> {
        let items = self.list(field)?;
        let mut path = self.path(field);
        let base = path.len();
        let mut read_all = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            use std::fmt::Write as _;
            path.truncate(base);
            let _ = write!(path, "[{at}]");
            read_all.push(read(item, &path)?);
        }
        Ok(read_all)
    }

    fn int(&self, field: &str) -> Read<i64> {
        Ok(self.optional_int(field)?.unwrap_or_default())
    }

    fn int32(&self, field: &str) -> Read<i32> {
        i32::try_from(self.int(field)?)
            .map_err(|_| Wrong { path: self.path(field), expected: "a 32-bit integer".to_owned() })
    }

    fn optional_int(&self, field: &str) -> Read<Option<i64>> {
        self.get(field).map(|json| int(json, &self.path(field))).transpose()
    }

    fn text(&self, field: &str) -> Read<String> {
        Ok(self.optional_text(field)?.unwrap_or_default())
    }

    fn optional_text(&self, field: &str) -> Read<Option<String>> {
        self.get(field).map(|json| text(json, &self.path(field))).transpose()
    }

    fn bool(&self, field: &str) -> Read<bool> {
        match self.get(field) {
            None => Ok(false),
            Some(Json::Bool(bool)) => Ok(*bool),
            Some(_) => wrong(&self.path(field), "true or false"),
        }
    }

    /// An enum, by name or by number.
    fn name<T: Default>(
        &self,
        field: &str,
        from_name: impl Fn(&str) -> Option<T>,
        from_number: impl Fn(i32) -> Option<T>,
    ) -> Read<T> {
        let Some(json) = self.get(field) else { return Ok(T::default()) };
        let found = match json {
            Json::String(name) => from_name(name),
            Json::Number(number) => {
                number.as_i64().and_then(|number| i32::try_from(number).ok()).and_then(from_number)
            }
            _ => None,
        };
        found.map_or_else(|| wrong(&self.path(field), format!("a known name, not {json}")), Ok)
    }
}

fn wrong<T>(path: &str, expected: impl Into<String>) -> Read<T> {
    Err(Wrong { path: path.to_owned(), expected: expected.into() })
}

fn snake(camel: &str) -> String {
    let mut snake = String::with_capacity(camel.len() + 2);
    for letter in camel.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

fn int(json: &Json, path: &str) -> Read<i64> {
    let found = match json {
        Json::String(text) => text.parse().ok(),
        Json::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        _ => None,
    };
    found.map_or_else(|| wrong(path, "a 64-bit integer"), Ok)
}

/// Proto3 JSON lets a whole double stand for an integer.
fn whole(double: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    (double.fract() == 0.0 && (-LIMIT..LIMIT).contains(&double)).then_some(double as i64)
}

fn double(json: &Json, path: &str) -> Read<f64> {
    let found = match json {
        Json::Number(number) => number.as_f64(),
        Json::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            text => text.parse().ok(),
        },
        _ => None,
    };
    found.map_or_else(|| wrong(path, "a number"), Ok)
}

fn text(json: &Json, path: &str) -> Read<String> {
    json.as_str().map_or_else(|| wrong(path, "a text"), |text| Ok(text.to_owned()))
}

fn bytes(json: &Json, path: &str) -> Read<Vec<u8>> {
    let decoded = json
        .as_str()
        .and_then(|text| BASE64_STANDARD.decode(text).or_else(|_| BASE64_URL_SAFE.decode(text)).ok());
    decoded.map_or_else(|| wrong(path, "bytes in base64"), Ok)
}
