//! Round trips through the encoding.

use prefab_core::{
    ChangedBy, ConditionalValue, Config, ConfigRow, ConfigSet, ConfigType, ConfigValue, Context, ContextSet,
    Criterion, IntRange, LimitDefinition, LogLevel, Operator, Pointer, Provided, ProvidedSource, Schema,
    SchemaType, Value, ValueType, WeightedValue, WeightedValues,
};
use proptest::prelude::*;
use proptest::sample::select;

use super::{Cause, decode, encode};
use crate::wire::{self, config_value::Type};

fn text() -> impl Strategy<Value = String> {
    "[a-zé.]{0,6}"
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::NotSet),
        any::<i64>().prop_map(Value::Int),
        text().prop_map(Value::String),
        any::<Vec<u8>>().prop_map(Value::Bytes),
        (-1e9..1e9).prop_map(Value::Double),
        any::<bool>().prop_map(Value::Bool),
        select(&LogLevel::ALL[..]).prop_map(Value::LogLevel),
        prop::collection::vec(text(), 0..3).prop_map(Value::StringList),
        (any::<Option<i64>>(), any::<Option<i64>>())
            .prop_map(|(start, end)| Value::IntRange(IntRange { start, end })),
        (select(vec![ProvidedSource::NotSet, ProvidedSource::EnvVar]), text())
            .prop_map(|(source, lookup)| Value::Provided(Provided { source, lookup })),
        text().prop_map(Value::Duration),
        text().prop_map(Value::Json),
        (text(), select(vec![SchemaType::Unknown, SchemaType::Zod, SchemaType::JsonSchema]))
            .prop_map(|(schema, schema_type)| Value::Schema(Schema { schema, schema_type })),
        (any::<[i32; 4]>(), any::<[i64; 2]>(), any::<bool>()).prop_map(|(small, large, returnable)| {
            Value::LimitDefinition(LimitDefinition {
                policy_name: small[0],
                limit: small[1],
                burst: small[2],
                account_id: large[0],
                last_modified: large[1],
                returnable,
                safety_level: small[3],
            })
        }),
    ]
}

fn value() -> impl Strategy<Value = ConfigValue> {
    let plain = described(leaf()).boxed();
    plain.clone().prop_recursive(2, 8, 3, move |inner| {
        let choice = (0..1_000i32, inner).prop_map(|(weight, value)| WeightedValue { weight, value });
        let weighted = (prop::collection::vec(choice, 0..3), prop::option::of(text())).prop_map(
            |(values, hash_by_property_name)| {
                Value::Weighted(WeightedValues { values, hash_by_property_name })
            },
        );
        described(weighted)
    })
}

fn described(value: impl Strategy<Value = Value>) -> impl Strategy<Value = ConfigValue> {
    (value, any::<bool>(), prop::option::of(text()), prop::option::of(text()), prop::option::of(text()))
        .prop_map(|(value, confidential, decrypt_with, name, description)| ConfigValue {
            value,
            confidential,
            decrypt_with,
            name,
            description,
        })
}

fn rule() -> impl Strategy<Value = ConditionalValue> {
    let criterion = (text(), select(Operator::ALL), prop::option::of(value())).prop_map(
        |(property_name, operator, value_to_match)| Criterion { property_name, operator, value_to_match },
    );
    (prop::collection::vec(criterion, 0..3), prop::option::of(value()))
        .prop_map(|(criteria, value)| ConditionalValue { criteria, value })
}

fn row() -> impl Strategy<Value = ConfigRow> {
    (
        any::<Option<i64>>(),
        prop::collection::vec(rule(), 0..3),
        prop::collection::btree_map(text(), value(), 0..2),
    )
        .prop_map(|(project_env_id, values, properties)| ConfigRow {
            project_env_id,
            values,
            properties,
        })
}

pub(crate) fn config() -> impl Strategy<Value = Config> {
    let identity = (any::<i64>(), any::<i64>(), "[a-z.]{1,6}", any::<Option<i64>>());
    let author = prop::option::of((any::<i64>(), text(), text(), text()));
    let kinds = (select(ConfigType::ALL), select(ValueType::ALL), any::<bool>(), prop::option::of(text()));
    let values = (prop::collection::vec(row(), 0..3), prop::collection::vec(value(), 0..2));
    (identity, author, kinds, values).prop_map(|(identity, author, kinds, values)| Config {
        id: identity.0,
        project_id: identity.1,
        key: identity.2,
        draft_id: identity.3,
        changed_by: author.map(|(user_id, email, api_key_id, user_identity)| ChangedBy {
            user_id,
            email,
            api_key_id,
            user_identity,
        }),
        config_type: kinds.0,
        value_type: kinds.1,
        send_to_client_sdk: kinds.2,
        schema_key: kinds.3,
        // The message has no field for tags.
        tags: Vec::new(),
        rows: values.0,
        allowable_values: values.1,
    })
}

proptest! {
    #[test]
    fn a_set_round_trips(configs in prop::collection::vec(config(), 0..4), keep_alive: bool) {
        let set = ConfigSet {
            configs,
            pointer: Some(Pointer { project_id: 202, start_at_id: 9, project_env_id: 308 }),
            default_context: ContextSet::from(
                Context::new("user").with("key", "u-1").with("age", 42).with("tags", ["a", "b"]),
            ),
            keep_alive,
        };
        let decoded = decode(&encode(&set)).unwrap();
        prop_assert_eq!(decoded.findings, Vec::new());
        prop_assert_eq!(decoded.set, set);
    }

    #[test]
    fn decoding_never_panics(bytes: Vec<u8>) {
        let _ = decode(&bytes);
    }
}

#[test]
fn an_invalid_config_is_skipped_and_reported() {
    let value = |kind| wire::ConfigValue { r#type: Some(kind), ..wire::ConfigValue::default() };
    let config = |key: &str, kind| wire::Config {
        id: 7,
        key: key.to_owned(),
        rows: vec![wire::ConfigRow {
            values: vec![wire::ConditionalValue { criteria: Vec::new(), value: Some(value(kind)) }],
            ..wire::ConfigRow::default()
        }],
        ..wire::Config::default()
    };
    let weighted = wire::WeightedValues {
        weighted_values: vec![wire::WeightedValue { weight: -1, value: Some(value(Type::Int(1))) }],
        hash_by_property_name: None,
    };
    let decoded = super::configs_from_wire(wire::Configs {
        configs: vec![
            config("good", Type::Int(1)),
            config("level", Type::LogLevel(4)),
            config("", Type::Int(1)),
            config("weights", Type::WeightedValues(weighted)),
        ],
        ..wire::Configs::default()
    });
    assert_eq!(decoded.set.configs.len(), 1);
    let findings: Vec<String> = decoded.findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        findings,
        [
            "config `level`: `rows[0].values[0].value.log_level`: unknown log level 4",
            "config `#7`: `key`: the key is missing",
            "config `weights`: `rows[0].values[0].value.weighted_values[0].weight`: the weight -1 is negative",
        ]
    );
    assert_eq!(decoded.findings[0].cause, Cause::UnknownLogLevel(4));
}
