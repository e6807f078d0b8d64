//! Properties of evaluation for any configs and contexts.

mod operators;
mod rollouts;
mod segments;

use std::sync::Arc;

use crate::support::{build, config, criterion, format_result, segment};
use prefab_core::{
    ConditionalValue, Config, ConfigRow, ConfigSet, ConfigType, ConfigValue, Context, ContextSet,
    ContextValue, Criterion, Entry, IntRange, Layer, LayeredStore, LogLevel, Operator, Pointer, Provenance,
    Provided, ProvidedSource, Slot, Update, Value, ValueType, WeightedValue, WeightedValues,
};
use prefab_eval::{Contexts, EvalError, EvaluatedValue, FixedHost, Options, Ruleset, Trace, logger_keys};
use proptest::{prelude::*, sample::select};

const KEYS: [&str; 6] = ["a", "b", "c", "log-level.app", "secret", "log-level"];
const PROPERTIES: [&str; 7] = ["user.x", "user.y", "device.x", "x", "", "NAMESPACE", "prefab.current-time"];
const WORDS: [&str; 12] = [
    "a",
    "",
    "true",
    "12",
    "@acme.test",
    "ada@acme.test",
    "app.db",
    "1.2.3",
    "1.2.3-rc.1",
    "2024-12-05T10:30:00Z",
    r"^\w+@acme\.test$",
    "c87ba22d8662282abe8a0e4651327b579cb64a454ab0f4c170b45b15f049a221",
];
const ENCRYPTED: &str = "875247386844c18c58a97c--b307b97a8288ac9da3ce0cf2--7ab0c32e044869e355586ed653a435de";

fn word() -> impl Strategy<Value = String> {
    select(&WORDS[..]).prop_map(str::to_owned)
}

fn words() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(word(), 0..6)
}

fn plain_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::NotSet),
        any::<i64>().prop_map(Value::Int),
        (-20i64..40).prop_map(Value::Int),
        select(&[0.5, 12.0, -3.25, f64::NAN][..]).prop_map(Value::Double),
        any::<bool>().prop_map(Value::Bool),
        word().prop_map(Value::String),
        Just(Value::String(ENCRYPTED.to_owned())),
        select(&KEYS[..]).prop_map(Value::from),
        words().prop_map(Value::StringList),
        select(&LogLevel::ALL[..]).prop_map(Value::LogLevel),
        (prop::option::of(-5i64..15), prop::option::of(-5i64..15))
            .prop_map(|(start, end)| Value::IntRange(IntRange { start, end })),
        select(&["PT5S", "5 seconds"][..]).prop_map(|text| Value::Duration(text.to_owned())),
        select(&[r#"{"a": [1]}"#, "{"][..]).prop_map(|text| Value::Json(text.to_owned())),
        select(&["SET", "UNSET"][..]).prop_map(|variable| {
            Value::Provided(Provided { source: ProvidedSource::EnvVar, lookup: variable.to_owned() })
        }),
    ]
}

fn with_flags(value: impl Strategy<Value = Value>) -> impl Strategy<Value = ConfigValue> {
    let decrypt_with = prop::option::weighted(0.1, select(&KEYS[..]).prop_map(str::to_owned));
    (value, prop::bool::weighted(0.1), decrypt_with).prop_map(|(value, confidential, decrypt_with)| {
        ConfigValue { value, confidential, decrypt_with, ..ConfigValue::default() }
    })
}

fn value() -> impl Strategy<Value = ConfigValue> {
    with_flags(plain_value()).prop_recursive(2, 8, 3, |inner| {
        let choice = (0i32..5, inner).prop_map(|(weight, value)| WeightedValue { weight, value });
        let by = prop::option::of(select(&PROPERTIES[..]).prop_map(str::to_owned));
        let weighted =
            (prop::collection::vec(choice, 0..4), by).prop_map(|(values, hash_by_property_name)| {
                Value::Weighted(WeightedValues { values, hash_by_property_name })
            });
        with_flags(weighted)
    })
}

fn any_criterion() -> impl Strategy<Value = Criterion> {
    (select(&PROPERTIES[..]), select(Operator::ALL), plain_value())
        .prop_map(|(property, operator, value)| criterion(property, operator, value))
}

fn any_config() -> impl Strategy<Value = Config> {
    let rule = (prop::collection::vec(any_criterion(), 0..3), prop::option::weighted(0.95, value()))
        .prop_map(|(criteria, value)| ConditionalValue { criteria, value });
    let env = prop::option::of(0i64..3);
    let row = (env, prop::collection::vec(rule, 0..4)).prop_map(|(project_env_id, values)| ConfigRow {
        project_env_id,
        values,
        ..ConfigRow::default()
    });
    let rows = prop::collection::vec(row, 0..4);
    (1i64..40, select(&KEYS[..]), rows, prop::bool::weighted(0.1), select(ValueType::ALL)).prop_map(
        |(id, key, rows, deleted, value_type)| Config {
            id,
            key: key.to_owned(),
            rows,
            config_type: if deleted { ConfigType::Deleted } else { ConfigType::Config },
            value_type,
            ..Config::default()
        },
    )
}

fn configs() -> impl Strategy<Value = Vec<Config>> {
    prop::collection::vec(any_config(), 0..9)
}

fn property_value() -> impl Strategy<Value = ContextValue> {
    prop_oneof![
        Just(ContextValue::Null),
        word().prop_map(ContextValue::String),
        any::<i64>().prop_map(ContextValue::Int),
        (-20i64..40).prop_map(ContextValue::Int),
        select(&[0.5, 12.0, -3.25, f64::NAN][..]).prop_map(ContextValue::Double),
        any::<bool>().prop_map(ContextValue::Bool),
        words().prop_map(ContextValue::StringList),
    ]
}

fn contexts() -> impl Strategy<Value = ContextSet> {
    let properties = prop::collection::vec((select(&["x", "y", ""][..]), property_value()), 0..3);
    let context = (select(&["user", "device", ""][..]), properties).prop_map(|(name, properties)| {
        properties.into_iter().fold(Context::new(name), |context, (name, value)| context.with(name, value))
    });
    prop::collection::vec(context, 0..4).prop_map(ContextSet::from_iter)
}

fn host() -> FixedHost {
    FixedHost::default().with_now_millis(1_764_000_000_000).with_random(0.3).with_env_var("SET", "12")
}

proptest! {
    #[test]
    fn an_explanation_has_the_result_of_the_evaluation(
        configs in configs(), call in contexts(), global in contexts(), api in contexts(), env in 0i64..3,
    ) {
        let options = Options { project_env_id: env, default_context: api, ..Options::default() };
        let ruleset = crate::support::build_for(configs, options);
        let contexts = Contexts { global: &global, ..Contexts::of(&call) };
        for key in KEYS {
            let answer = format_result(&ruleset.evaluate(key, &contexts, &host()));
            let explained = ruleset.explain(key, &contexts, &host());
            prop_assert_eq!(answer, format_result(&explained.outcome), "{}", explained);
        }
    }

    #[test]
    fn a_stack_of_contexts_has_the_result_of_the_flattened_set(
        configs in configs(), levels in prop::array::uniform4(contexts()), api in contexts(),
    ) {
        let [call, bound, scope, global] = &levels;
        let options = Options { default_context: api.clone(), ..Options::default() };
        let ruleset = crate::support::build_for(configs.clone(), options);
        let stack = Contexts { call, bound, scope, global };
        let merged = stack.flatten(&api);
        let without_api = build(configs);
        for key in KEYS {
            let answer = format_result(&ruleset.evaluate(key, &stack, &host()));
            prop_assert_eq!(answer, format_result(&without_api.evaluate(key, &Contexts::of(&merged), &host())));
        }
    }
}

fn level_config(key: &'static str) -> impl Strategy<Value = Config> {
    let level = || select(&LogLevel::ALL[..]).prop_map(Value::LogLevel);
    let choice = (0i32..3, level()).prop_map(|(weight, value)| WeightedValue { weight, value: value.into() });
    let weighted = prop::collection::vec(choice, 0..3)
        .prop_map(|values| Value::Weighted(WeightedValues { values, hash_by_property_name: None }));
    let provided = Value::Provided(Provided { source: ProvidedSource::EnvVar, lookup: "LEVEL".to_owned() });
    let value = prop_oneof![4 => level(), 1 => weighted, 1 => Just(provided), 1 => Just("no level".into())];
    let rule = (prop::collection::vec(any_criterion(), 0..3), value)
        .prop_map(|(criteria, value)| ConditionalValue::when(criteria, value));
    let value_type = select(&[ValueType::LogLevel, ValueType::NotSet, ValueType::Int][..]);
    (prop::collection::vec(rule, 0..4), value_type)
        .prop_map(move |(rules, value_type)| Config { value_type, ..config(key, rules) })
}

proptest! {
    #[test]
    fn a_logger_has_the_first_level_that_is_set_and_it_is_a_possible_one(
        levels in (level_config("log-level"), level_config("log-level.app"), level_config("log-level.app.db")),
        others in configs(), known in contexts(), call in contexts(), namespace in prop::option::of(word()),
    ) {
        let options = Options { namespace, ..Options::default() };
        let configs = others.into_iter().chain([levels.0, levels.1, levels.2]).collect();
        let ruleset = crate::support::build_for(configs, options);
        let host = host().with_env_var("LEVEL", "debug");
        for path in ["app.db.pool", "app", "other", ""] {
            let level = ruleset.log_level(path, &Contexts::of(&call), &host).unwrap_or_default();
            let named = logger_keys(path).find_map(|path| {
                let key = if path.is_empty() { "log-level".to_owned() } else { format!("log-level.{path}") };
                match ruleset.evaluate(&key, &Contexts::of(&call), &host).ok()?.value {
                    EvaluatedValue::LogLevel(level) => Some(level).filter(|level| *level != LogLevel::NotSet),
                    _ => None,
                }
            });
            prop_assert_eq!(level, named.unwrap_or_default(), "{}", path);
            prop_assert!(ruleset.possible_log_levels(path).contains(level), "{}: {}", path, level);
            prop_assert!(ruleset.all_possible_log_levels().contains(level), "{}: {}", path, level);
        }
        for key in ["log-level", "log-level.app", "log-level.app.db", "unheard of"] {
            let contexts = Contexts { global: &call, ..Contexts::of(&known) };
            let level = match ruleset.evaluate(key, &contexts, &host).map(|answer| answer.value) {
                Ok(EvaluatedValue::LogLevel(level)) => level,
                _ => LogLevel::NotSet,
            };
            prop_assert!(ruleset.possible_levels(key, &known).contains(level), "{}: {}", key, level);
        }
    }
}

/// An update of a source.
fn update() -> impl Strategy<Value = Update> {
    let set = (configs(), prop::option::of(0i64..3), contexts(), prop::bool::weighted(0.1)).prop_map(
        |(configs, env, default_context, keep_alive)| ConfigSet {
            configs,
            pointer: env.map(|project_env_id| Pointer { project_env_id, ..Pointer::default() }),
            default_context,
            keep_alive,
        },
    );
    let source: Arc<str> = "remote".into();
    let merge = {
        let source = Arc::clone(&source);
        set.prop_map(move |set| (set, Arc::clone(&source)))
    };
    let layer = select(&[Layer::Default, Layer::DefaultEnv, Layer::Override, Layer::Program][..]);
    let file = (layer, 0u16..2, configs()).prop_map(|(layer, order, configs)| {
        let provenance = Arc::new(Provenance::new(layer, format!("file {order}")));
        let entry = |config| Entry::new(config, Arc::clone(&provenance));
        Update::Replace { slot: Slot { layer, order }, entries: configs.into_iter().map(entry).collect() }
    });
    prop_oneof![
        3 => (merge, prop::bool::weighted(0.2)).prop_map(|((set, source), whole)| {
            let set = ConfigSet::into(set);
            if whole { Update::Snapshot { set, source } } else { Update::Merge { set, source } }
        }),
        1 => file,
    ]
}

proptest! {
    #[test]
    fn an_updated_ruleset_equals_a_full_build(
        updates in prop::collection::vec(update(), 1..6), call in contexts(),
    ) {
        let options = Options { namespace: Some("app.db".into()), ..Options::default() };
        let mut store = LayeredStore::default();
        let mut stepwise = Ruleset::from_store(&store, &options);
        for update in updates {
            let changed = store.apply(update);
            stepwise = stepwise.with_changes(&store, &changed);
            let full = Ruleset::from_store(&store, &options);
            prop_assert_eq!(stepwise.keys(), full.keys());
            prop_assert_eq!(stepwise.len(), full.len());
            prop_assert_eq!(stepwise.project_env_id(), full.project_env_id());
            // As text, because a NaN is not equal to itself.
            let default_context = |ruleset: &Ruleset| format!("{:?}", ruleset.default_context());
            prop_assert_eq!(default_context(&stepwise), default_context(&full));
            prop_assert_eq!(stepwise.findings(), full.findings());
            for key in KEYS {
                let explain =
                    |ruleset: &Ruleset| ruleset.explain(key, &Contexts::of(&call), &host()).to_string();
                prop_assert_eq!(explain(&stepwise), explain(&full));
            }
            let level = |ruleset: &Ruleset| ruleset.log_level("app.db.pool", &Contexts::of(&call), &host());
            prop_assert_eq!(level(&stepwise), level(&full));
        }
    }
}

#[test]
fn findings_do_not_depend_on_the_order_of_configs() {
    let refers_to = |key: &str, others: &[&str]| {
        let criteria = others.iter().map(|other| criterion("", Operator::InSeg, *other)).collect();
        segment(key, criteria)
    };
    let configs =
        vec![refers_to("a", &["b", "c"]), refers_to("b", &["c", "a"]), refers_to("c", &["a", "missing"])];
    let turned = configs.iter().rev().cloned().collect();
    let findings = build(configs).findings();
    assert_eq!(findings, build(turned).findings());
    assert!(findings.iter().any(|finding| finding.cause.ends_with("a -> c -> a")), "{findings:?}");
}

#[test]
fn a_chain_of_ten_thousand_keys_that_decrypt_keys_is_an_error() {
    let link = |at: u32| {
        let mut value = ConfigValue::from(ENCRYPTED);
        value.decrypt_with = Some(format!("k{}", at + 1));
        Config::constant(format!("k{at}"), value)
    };
    let ruleset = build((0..10_000).map(link).collect());
    let error = ruleset.evaluate("k0", &Contexts::default(), &host()).expect_err("the last key is missing");
    assert_eq!(error.code(), "unable_to_decrypt");
    assert!(error.to_string().len() < 10_000, "{} bytes", error.to_string().len());
}
