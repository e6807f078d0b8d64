//! For any configs and contexts, compiling and evaluating do not panic. `explain`, flattened contexts, and an updated
//! ruleset have the same result.
#![no_main]

use std::sync::Arc;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use prefab_core::{
    ConditionalValue, Config, ConfigRow, ConfigSet, ConfigType, ConfigValue, Context, ContextSet,
    ContextValue, Criterion, IntRange, LayeredStore, LogLevel, Operator, Pointer, Provided, ProvidedSource,
    Update, Value, ValueType, WeightedValue, WeightedValues,
};
use prefab_eval::{Contexts, EvalError, Evaluation, FixedHost, Options, Ruleset};

const KEYS: [&str; 8] = ["a", "b", "c", "log-level", "log-level.app", "log-level.app.db", "secret", "a.b"];
const PROPERTIES: [&str; 8] =
    ["user.x", "user.y", "device.x", "x", "", "NAMESPACE", "prefab.current-time", "user."];
const VARIABLES: [&str; 3] = ["ONE", "TWO", "THREE"];
/// Texts that some operator can parse.
const WORDS: [&str; 16] = [
    "a",
    "",
    "true",
    "12",
    "1.5",
    "@acme.test",
    "ada@acme.test",
    "app.db.pool",
    "1.2.3",
    "1.2.3-rc.1",
    "2024-12-05T10:30:00Z",
    r"^[\w.]+@(acme|b)\.test$",
    r"(a)\1",
    "PT1H30M",
    "c87ba22d8662282abe8a0e4651327b579cb64a454ab0f4c170b45b15f049a221",
    "875247386844c18c58a97c--b307b97a8288ac9da3ce0cf2--7ab0c32e044869e355586ed653a435de",
];

#[derive(Arbitrary, Debug)]
struct Project {
    project_env_id: u8,
    namespace: Option<Word>,
    configs: Vec<Plan>,
    update: Vec<Plan>,
    default_context: Vec<ContextPlan>,
    global: Vec<ContextPlan>,
    scope: Vec<ContextPlan>,
    bound: Vec<ContextPlan>,
    call: Vec<ContextPlan>,
    now_millis: i64,
    random: u8,
    variables: Vec<(u8, Word)>,
}

#[derive(Arbitrary, Debug)]
enum Word {
    Known(u8),
    Free(String),
}

#[derive(Arbitrary, Debug)]
struct Plan {
    key: u8,
    deleted: bool,
    value_type: u8,
    rows: Vec<(Option<u8>, Vec<RulePlan>)>,
}

#[derive(Arbitrary, Debug)]
struct RulePlan {
    criteria: Vec<(u8, i8, ValuePlan)>,
    value: Option<ValuePlan>,
}

#[derive(Arbitrary, Debug)]
struct ValuePlan {
    kind: KindPlan,
    confidential: bool,
    decrypt_with: Option<u8>,
}

#[derive(Arbitrary, Debug)]
enum KindPlan {
    NotSet,
    Int(i64),
    SmallInt(i8),
    Double(f64),
    Bool(bool),
    String(Word),
    Key(u8),
    Bytes(Vec<u8>),
    LogLevel(u8),
    StringList(Vec<Word>),
    IntRange(Option<i64>, Option<i64>),
    Provided(bool, u8),
    Duration(Word),
    Json(Word),
    Weighted(Vec<(i32, ValuePlan)>, Option<u8>),
}

#[derive(Arbitrary, Debug)]
struct ContextPlan {
    name: u8,
    properties: Vec<(u8, PropertyPlan)>,
}

#[derive(Arbitrary, Debug)]
enum PropertyPlan {
    Null,
    String(Word),
    Int(i64),
    Double(f64),
    Bool(bool),
    StringList(Vec<Word>),
}

fn pick<'a>(from: &[&'a str], at: u8) -> &'a str {
    from[usize::from(at) % from.len()]
}

impl Word {
    fn text(self) -> String {
        match self {
            Self::Known(at) => pick(&WORDS, at).to_owned(),
            Self::Free(text) => text,
        }
    }
}

impl Plan {
    fn config(self, id: usize) -> Config {
        let Self { key, deleted, value_type, rows } = self;
        let value_type = ValueType::ALL[usize::from(value_type) % ValueType::ALL.len()];
        let row = |(env, rules): (Option<u8>, Vec<RulePlan>)| ConfigRow {
            project_env_id: env.map(|env| i64::from(env % 3)),
            values: rules.into_iter().map(RulePlan::rule).collect(),
            ..ConfigRow::default()
        };
        Config {
            id: i64::try_from(id).unwrap_or_default(),
            key: pick(&KEYS, key).to_owned(),
            config_type: if deleted { ConfigType::Deleted } else { ConfigType::Config },
            value_type,
            rows: rows.into_iter().map(row).collect(),
            ..Config::default()
        }
    }
}

impl RulePlan {
    fn rule(self) -> ConditionalValue {
        let criterion = |(property, operator, value): (u8, i8, ValuePlan)| Criterion {
            property_name: pick(&PROPERTIES, property).to_owned(),
            operator: Operator::from_number(i32::from(operator) % 29),
            value_to_match: Some(value.value()),
        };
        ConditionalValue {
            criteria: self.criteria.into_iter().map(criterion).collect(),
            value: self.value.map(ValuePlan::value),
        }
    }
}

impl ValuePlan {
    fn value(self) -> ConfigValue {
        let Self { kind, confidential, decrypt_with } = self;
        let texts = |words: Vec<Word>| words.into_iter().map(Word::text).collect::<Vec<_>>();
        let value = match kind {
            KindPlan::NotSet => Value::NotSet,
            KindPlan::Int(int) => Value::Int(int),
            KindPlan::SmallInt(int) => Value::Int(int.into()),
            KindPlan::Double(double) => Value::Double(double),
            KindPlan::Bool(bool) => Value::Bool(bool),
            KindPlan::String(word) => Value::String(word.text()),
            KindPlan::Key(key) => Value::String(pick(&KEYS, key).to_owned()),
            KindPlan::Bytes(bytes) => Value::Bytes(bytes),
            KindPlan::LogLevel(at) => Value::LogLevel(LogLevel::ALL[usize::from(at) % LogLevel::ALL.len()]),
            KindPlan::StringList(words) => Value::StringList(texts(words)),
            KindPlan::IntRange(start, end) => Value::IntRange(IntRange { start, end }),
            KindPlan::Provided(known, at) => Value::Provided(Provided {
                source: if known { ProvidedSource::EnvVar } else { ProvidedSource::NotSet },
                lookup: pick(&VARIABLES, at).to_owned(),
            }),
            KindPlan::Duration(word) => Value::Duration(word.text()),
            KindPlan::Json(word) => Value::Json(word.text()),
            KindPlan::Weighted(choices, by) => Value::Weighted(WeightedValues {
                values: choices
                    .into_iter()
                    .map(|(weight, value)| WeightedValue { weight, value: value.value() })
                    .collect(),
                hash_by_property_name: by.map(|at| pick(&PROPERTIES, at).to_owned()),
            }),
        };
        let decrypt_with = decrypt_with.map(|at| pick(&KEYS, at).to_owned());
        ConfigValue { value, confidential, decrypt_with, ..ConfigValue::default() }
    }
}

fn contexts(plans: Vec<ContextPlan>) -> ContextSet {
    let context = |ContextPlan { name, properties }| {
        let mut context = Context::new(pick(&["user", "device", ""], name));
        for (name, value) in properties {
            let value = match value {
                PropertyPlan::Null => ContextValue::Null,
                PropertyPlan::String(word) => word.text().into(),
                PropertyPlan::Int(int) => int.into(),
                PropertyPlan::Double(double) => double.into(),
                PropertyPlan::Bool(bool) => bool.into(),
                PropertyPlan::StringList(words) => {
                    ContextValue::StringList(words.into_iter().map(Word::text).collect())
                }
            };
            context.set(pick(&["x", "y", ""], name), value);
        }
        context
    };
    plans.into_iter().map(context).collect()
}

/// Formats everything in which two results could differ.
fn format_result(result: &Result<Evaluation<'_>, EvalError>) -> String {
    match result {
        Ok(evaluation) => format!(
            "{:?} {:?} {} {} {:?} {} {} {}",
            evaluation.value,
            evaluation.reason,
            evaluation.config_row_index,
            evaluation.conditional_value_index,
            evaluation.weighted_value_index,
            evaluation.is_confidential(),
            evaluation.match_label(),
            evaluation.variant(),
        ),
        Err(error) => format!("{error:?}"),
    }
}

fuzz_target!(|project: Project| {
    let Project { project_env_id, namespace, configs, update, default_context, .. } = project;
    let (global, scope) = (contexts(project.global), contexts(project.scope));
    let (bound, call) = (contexts(project.bound), contexts(project.call));
    let mut host = FixedHost::default()
        .with_now_millis(project.now_millis)
        .with_random(f64::from(project.random) / 256.0);
    for (name, text) in project.variables {
        host = host.with_env_var(pick(&VARIABLES, name), text.text());
    }

    let options = Options { namespace: namespace.map(Word::text), ..Options::default() };
    let pointer = Pointer { project_env_id: i64::from(project_env_id % 3), ..Pointer::default() };
    let default_context = contexts(default_context);
    let mut id = 0;
    let mut set = |plans: Vec<Plan>| ConfigSet {
        configs: plans
            .into_iter()
            .map(|plan| {
                id += 1;
                plan.config(id)
            })
            .collect(),
        pointer: Some(pointer),
        default_context: default_context.clone(),
        keep_alive: false,
    };
    let mut store = LayeredStore::default();
    store.apply(Update::Merge { set: set(configs).into(), source: Arc::from("fuzz") });
    let first = Ruleset::from_store(&store, &options);
    let changed = store.apply(Update::Merge { set: set(update).into(), source: Arc::from("fuzz") });
    let updated = first.with_changes(&store, &changed);
    let full = Ruleset::from_store(&store, &options);

    let stack = Contexts { call: &call, bound: &bound, scope: &scope, global: &global };
    // Includes the default context. Adding it again changes nothing.
    let flattened = stack.flatten(full.default_context());
    assert_eq!(updated.keys(), full.keys());
    assert_eq!(updated.findings(), full.findings());
    for key in KEYS {
        let expected = format_result(&updated.evaluate(key, &stack, &host));
        assert_eq!(expected, format_result(&full.evaluate(key, &stack, &host)), "updated, `{key}`");
        assert_eq!(
            expected,
            format_result(&full.evaluate(key, &Contexts::of(&flattened), &host)),
            "flattened, `{key}`"
        );
        let explained = full.explain(key, &stack, &host);
        assert_eq!(expected, format_result(&explained.outcome), "explained, `{key}`");
        let _ = explained.to_string();
    }
    let level = updated.log_level("app.db.pool", &stack, &host);
    assert_eq!(level, full.log_level("app.db.pool", &stack, &host));
});
