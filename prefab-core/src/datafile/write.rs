//! Writes datafiles.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Map, Value as Json, json};

use super::names::{LIMIT_POLICIES, SAFETY_LEVELS};
use crate::{
    ChangedBy, ConditionalValue, Config, ConfigRow, ConfigSet, ConfigType, ConfigValue, ContextSet,
    ContextValue, Criterion, IntRange, LimitDefinition, Operator, Pointer, Provided, ProvidedSource, Schema,
    SchemaType, Value, ValueType, WeightedValue, WeightedValues,
};

/// A JSON object without the fields that have their default value.
#[derive(Default)]
struct Fields(Map<String, Json>);

impl Fields {
    fn put(&mut self, field: &str, json: impl Into<Json>) -> &mut Self {
        self.0.insert(field.to_owned(), json.into());
        self
    }

    fn put_if(&mut self, present: bool, field: &str, json: impl FnOnce() -> Json) -> &mut Self {
        if present {
            self.put(field, json());
        }
        self
    }

    fn int(&mut self, field: &str, int: i64) -> &mut Self {
        self.put_if(int != 0, field, || int.to_string().into())
    }

    fn text(&mut self, field: &str, text: &str) -> &mut Self {
        self.put_if(!text.is_empty(), field, || text.into())
    }

    fn list<T>(&mut self, field: &str, items: &[T], write: impl Fn(&T) -> Json) -> &mut Self {
        self.put_if(!items.is_empty(), field, || items.iter().map(write).collect())
    }

    fn done(&mut self) -> Json {
        Json::Object(std::mem::take(&mut self.0))
    }
}

pub(super) fn config_set(set: &ConfigSet) -> Json {
    let ConfigSet { configs, pointer, default_context, keep_alive } = set;
    let mut fields = Fields::default();
    fields.put("configs", configs.iter().map(config).collect::<Json>());
    if let Some(Pointer { project_id, start_at_id, project_env_id }) = pointer {
        let mut pointer = Fields::default();
        pointer.int("projectId", *project_id).int("startAtId", *start_at_id);
        pointer.int("projectEnvId", *project_env_id);
        fields.put("configServicePointer", pointer.done());
    }
    fields
        .put_if(!default_context.is_empty(), "defaultContext", || contexts(default_context))
        .put_if(*keep_alive, "keepAlive", || true.into())
        .done()
}

pub(super) fn contexts(set: &ContextSet) -> Json {
    let contexts: Vec<Json> = set
        .iter()
        .map(|context| {
            let values: Map<String, Json> = context
                .properties()
                .map(|(name, value)| (name.to_owned(), self::value(&plain(value))))
                .collect();
            json!({"type": context.name(), "values": values})
        })
        .collect();
    json!({ "contexts": contexts })
}

fn plain(value: &ContextValue) -> ConfigValue {
    match value {
        ContextValue::Null => Value::NotSet,
        ContextValue::String(text) => Value::String(text.clone()),
        ContextValue::Int(int) => Value::Int(*int),
        ContextValue::Double(double) => Value::Double(*double),
        ContextValue::Bool(bool) => Value::Bool(*bool),
        ContextValue::StringList(list) => Value::StringList(list.clone()),
    }
    .into()
}

pub(super) fn config(config: &Config) -> Json {
    let Config {
        id,
        project_id,
        key,
        changed_by,
        rows,
        allowable_values,
        config_type,
        draft_id,
        value_type,
        send_to_client_sdk,
        schema_key,
        tags,
    } = config;
    let mut fields = Fields::default();
    fields.int("id", *id).int("projectId", *project_id).text("key", key);
    if let Some(changed_by) = changed_by {
        fields.put("changedBy", self::changed_by(changed_by));
    }
    fields
        .list("rows", rows, row)
        .list("allowableValues", allowable_values, value)
        .put_if(*config_type != ConfigType::NotSet, "configType", || config_type.name().into())
        .put_if(draft_id.is_some(), "draftId", || draft_id.unwrap_or_default().to_string().into())
        .put_if(*value_type != ValueType::NotSet, "valueType", || value_type.name().into())
        .put_if(*send_to_client_sdk, "sendToClientSdk", || true.into())
        .put_if(schema_key.is_some(), "schemaKey", || schema_key.clone().into())
        .list("tags", tags, |tag| tag.as_str().into())
        .done()
}

fn changed_by(changed_by: &ChangedBy) -> Json {
    let ChangedBy { user_id, email, api_key_id, user_identity } = changed_by;
    Fields::default()
        .int("userId", *user_id)
        .text("email", email)
        .text("apiKeyId", api_key_id)
        .text("userIdentity", user_identity)
        .done()
}

fn row(row: &ConfigRow) -> Json {
    let ConfigRow { project_env_id, values, properties } = row;
    Fields::default()
        .put_if(project_env_id.is_some(), "projectEnvId", || {
            project_env_id.unwrap_or_default().to_string().into()
        })
        .list("values", values, conditional_value)
        .put_if(!properties.is_empty(), "properties", || {
            let properties: Map<_, _> =
                properties.iter().map(|(name, property)| (name.clone(), value(property))).collect();
            properties.into()
        })
        .done()
}

fn conditional_value(rule: &ConditionalValue) -> Json {
    let ConditionalValue { criteria, value } = rule;
    let mut fields = Fields::default();
    fields.list("criteria", criteria, criterion);
    if let Some(value) = value {
        fields.put("value", self::value(value));
    }
    fields.done()
}

fn criterion(criterion: &Criterion) -> Json {
    let Criterion { property_name, operator, value_to_match } = criterion;
    let mut fields = Fields::default();
    fields.text("propertyName", property_name).put_if(*operator != Operator::NotSet, "operator", || {
        match operator {
            Operator::Other(number) => (*number).into(),
            named => named.name().into(),
        }
    });
    if let Some(value) = value_to_match {
        fields.put("valueToMatch", self::value(value));
    }
    fields.done()
}

pub(super) fn value(value: &ConfigValue) -> Json {
    let ConfigValue { value, confidential, decrypt_with, name, description } = value;
    let mut fields = Fields::default();
    if let Some((field, json)) = kind(value) {
        fields.put(field, json);
    }
    fields
        .put_if(*confidential, "confidential", || true.into())
        .put_if(decrypt_with.is_some(), "decryptWith", || decrypt_with.clone().into())
        .put_if(name.is_some(), "name", || name.clone().into())
        .put_if(description.is_some(), "description", || description.clone().into())
        .done()
}

fn kind(value: &Value) -> Option<(&'static str, Json)> {
    Some(match value {
        Value::NotSet => return None,
        Value::Int(int) => ("int", int.to_string().into()),
        Value::String(text) => ("string", text.as_str().into()),
        Value::Bytes(bytes) => ("bytes", BASE64_STANDARD.encode(bytes).into()),
        Value::Double(double) => ("double", self::double(*double)),
        Value::Bool(bool) => ("bool", (*bool).into()),
        Value::LogLevel(level) => ("logLevel", level.name().into()),
        Value::StringList(list) => ("stringList", json!({ "values": list })),
        Value::Duration(definition) => ("duration", json!({ "definition": definition })),
        Value::Json(text) => ("json", json!({ "json": text })),
        Value::Weighted(weighted) => ("weightedValues", self::weighted(weighted)),
        Value::LimitDefinition(limit) => ("limitDefinition", self::limit(limit)),
        Value::IntRange(IntRange { start, end }) => {
            let mut fields = Fields::default();
            for (field, bound) in [("start", start), ("end", end)] {
                fields.put_if(bound.is_some(), field, || bound.unwrap_or_default().to_string().into());
            }
            ("intRange", fields.done())
        }
        Value::Provided(Provided { source, lookup }) => {
            let mut fields = Fields::default();
            fields.put_if(*source == ProvidedSource::EnvVar, "source", || "ENV_VAR".into());
            ("provided", fields.text("lookup", lookup).done())
        }
        Value::Schema(Schema { schema, schema_type }) => {
            let schema_type = match schema_type {
                SchemaType::Unknown => "UNKNOWN",
                SchemaType::Zod => "ZOD",
                SchemaType::JsonSchema => "JSON_SCHEMA",
            };
            ("schema", json!({ "schema": schema, "schemaType": schema_type }))
        }
    })
}

fn double(double: f64) -> Json {
    if double.is_finite() {
        double.into()
    } else if double.is_nan() {
        "NaN".into()
    } else if double > 0.0 {
        "Infinity".into()
    } else {
        "-Infinity".into()
    }
}

fn weighted(weighted: &WeightedValues) -> Json {
    let WeightedValues { values, hash_by_property_name } = weighted;
    Fields::default()
        .list(
            "weightedValues",
            values,
            |WeightedValue { weight, value }| json!({ "weight": weight, "value": self::value(value) }),
        )
        .put_if(hash_by_property_name.is_some(), "hashByPropertyName", || {
            hash_by_property_name.clone().into()
        })
        .done()
}

fn limit(limit: &LimitDefinition) -> Json {
    let LimitDefinition { policy_name, limit, burst, account_id, last_modified, returnable, safety_level } =
        limit;
    let named = |names: &[(i32, &str)], number: i32| -> Json {
        names.iter().find(|(known, _)| *known == number).map_or(number.into(), |(_, name)| (*name).into())
    };
    Fields::default()
        .put_if(*policy_name != 0, "policyName", || named(LIMIT_POLICIES, *policy_name))
        .put_if(*limit != 0, "limit", || (*limit).into())
        .put_if(*burst != 0, "burst", || (*burst).into())
        .int("accountId", *account_id)
        .int("lastModified", *last_modified)
        .put_if(*returnable, "returnable", || true.into())
        .put_if(*safety_level != 0, "safetyLevel", || named(SAFETY_LEVELS, *safety_level))
        .done()
}
