//! Properties of evaluation for any configs and contexts.

use std::{cmp::Ordering, sync::Arc};

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

/// The number of users, large enough to detect a wrong percentage.
const USERS: u32 = 10_000;

fn percentages(weights: &[i32]) -> ConfigValue {
    let values = (0..)
        .zip(weights)
        .map(|(index, weight): (i64, _)| WeightedValue { weight: *weight, value: index.into() });
    WeightedValues { values: values.collect(), hash_by_property_name: Some("user.key".into()) }.into()
}

/// The choice of `flag` for each of `count` users.
fn choices(ruleset: &Ruleset, count: u32) -> Vec<usize> {
    let choice = |user: u32| {
        let contexts = ContextSet::from(Context::new("user").with("key", format!("user-{user}")));
        let answer = ruleset.evaluate("flag", &Contexts::of(&contexts), &host()).expect("a choice");
        answer.weighted_value_index.expect("an index") as usize
    };
    (0..count).map(choice).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn users_get_values_in_proportion_to_the_weights(weights in prop::collection::vec(0i32..1000, 1..6)) {
        prop_assume!(weights.iter().sum::<i32>() > 0);
        let chosen = choices(&build(vec![Config::constant("flag", percentages(&weights))]), USERS);
        let total: i32 = weights.iter().sum();
        for (index, weight) in weights.iter().enumerate() {
            let share = f64::from(*weight) / f64::from(total);
            let users = f64::from(USERS);
            let expected = users * share;
            let deviation = (users * share * (1.0 - share)).sqrt();
            let got = f64::from(u32::try_from(chosen.iter().filter(|at| **at == index).count()).unwrap());
            prop_assert!((got - expected).abs() <= 6.0 * deviation, "choice {}: {} of {}", index, got, expected);
        }
    }

    #[test]
    fn a_users_value_does_not_change_when_other_rules_and_configs_change(
        weights in prop::collection::vec(1i32..1000, 1..6), others in configs(),
    ) {
        let alone = build(vec![Config::constant("flag", percentages(&weights))]);
        let never = vec![criterion("user.key", Operator::PropIsOneOf, ["other"])];
        let rules = vec![
            ConditionalValue::when(never, percentages(&[1, 1])),
            ConditionalValue::always(percentages(&weights)),
        ];
        let mut configs = others;
        configs.push(config("flag", rules));
        prop_assert_eq!(choices(&alone, 500), choices(&build(configs), 500));
    }

    #[test]
    fn users_below_an_unchanged_limit_stay_when_later_weights_change(
        kept in prop::collection::vec(1i32..1000, 1..4),
        (before, after) in (2i32..1000).prop_flat_map(|sum| (0..=sum, 0..=sum).prop_map(move |(left, right)| {
            (vec![left, sum - left], vec![right, sum - right])
        })),
    ) {
        let flag = |rest: &[i32]| {
            let weights = [kept.as_slice(), rest].concat();
            build(vec![Config::constant("flag", percentages(&weights))])
        };
        let (old, new) = (choices(&flag(&before), 500), choices(&flag(&after), 500));
        let grows = after[0] >= before[0];
        for (old, new) in old.into_iter().zip(new) {
            prop_assert_eq!(old < kept.len(), new < kept.len());
            if old < kept.len() || (grows && old == kept.len()) {
                prop_assert_eq!(old, new);
            }
        }
    }
}

/// The text of a scalar, for the values of [`any_property`].
fn naive_text(value: &ContextValue) -> Option<String> {
    match value {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Int(int) => Some(int.to_string()),
        ContextValue::Double(double) => Some(format!("{double:?}").to_lowercase()),
        ContextValue::Bool(bool) => Some(bool.to_string()),
        ContextValue::StringList(_) | ContextValue::Null => None,
    }
}

/// Compares as 128-bit integers, which represent every 64-bit integer and the floor of every double near one.
#[expect(clippy::cast_possible_truncation, reason = "doubles above 128 bits saturate")]
fn naive_order(left: i64, right: f64) -> Option<Ordering> {
    let (floor, whole) = (right.floor() as i128, right.floor() >= right);
    let order = i128::from(left).cmp(&floor).then(if whole { Ordering::Equal } else { Ordering::Less });
    (!right.is_nan()).then_some(order)
}

fn naive_number(left: &ContextValue, operator: Operator, right: &Value) -> bool {
    let order = match (left, right) {
        (ContextValue::Int(left), Value::Int(right)) => Some(left.cmp(right)),
        (ContextValue::Double(left), Value::Double(right)) => left.partial_cmp(right),
        (ContextValue::Int(left), Value::Double(right)) => naive_order(*left, *right),
        (ContextValue::Double(left), Value::Int(right)) => naive_order(*right, *left).map(Ordering::reverse),
        _ => None,
    };
    order.is_some_and(|order| match operator {
        Operator::PropLessThan => order.is_lt(),
        Operator::PropLessThanOrEqual => order.is_le(),
        Operator::PropGreaterThan => order.is_gt(),
        _ => order.is_ge(),
    })
}

/// A direct implementation of the operators.
fn naive(operator: Operator, value: &Value, property: Option<&ContextValue>) -> bool {
    use Operator as O;
    let property = property.filter(|property| **property != ContextValue::Null);
    let list: &[String] = if let Value::StringList(list) = value { list } else { &[] };
    let one_of = || match property {
        Some(ContextValue::StringList(texts)) => texts.iter().any(|text| list.contains(text)),
        Some(scalar) => naive_text(scalar).is_some_and(|text| list.contains(&text)),
        None => false,
    };
    let affix = |found: fn(&str, &str) -> bool| {
        property.and_then(naive_text).is_some_and(|text| list.iter().any(|entry| found(&text, entry)))
    };
    let starts: fn(&str, &str) -> bool = |text, entry| text.get(..entry.len()) == Some(entry);
    let ends: fn(&str, &str) -> bool =
        |text, entry| text.len().checked_sub(entry.len()).and_then(|at| text.get(at..)) == Some(entry);
    let contains: fn(&str, &str) -> bool = |text, entry| text.find(entry).is_some();
    match operator {
        O::PropIsOneOf => one_of(),
        O::PropIsNotOneOf => !one_of(),
        O::PropStartsWithOneOf => affix(starts),
        O::PropDoesNotStartWithOneOf => !affix(starts),
        O::PropEndsWithOneOf => affix(ends),
        O::PropDoesNotEndWithOneOf => !affix(ends),
        O::PropContainsOneOf => affix(contains),
        O::PropDoesNotContainOneOf => !affix(contains),
        O::HierarchicalMatch => matches!(
            (property, value),
            (Some(ContextValue::String(text)), Value::String(prefix)) if starts(text, prefix)
        ),
        O::PropLessThan | O::PropLessThanOrEqual | O::PropGreaterThan | O::PropGreaterThanOrEqual => {
            property.is_some_and(|property| naive_number(property, operator, value))
        }
        O::InIntRange => match (property, value) {
            (Some(number), Value::IntRange(range)) => {
                let (start, end) = (range.start.unwrap_or(i64::MIN), range.end.unwrap_or(i64::MAX));
                naive_number(number, O::PropGreaterThanOrEqual, &Value::Int(start))
                    && naive_number(number, O::PropLessThan, &Value::Int(end))
            }
            _ => false,
        },
        O::IsPresent => property.is_some(),
        O::IsNotPresent => property.is_none(),
        other => unreachable!("{other:?} has no reference"),
    }
}

const REFERENCED: [Operator; 16] = [
    Operator::PropIsOneOf,
    Operator::PropIsNotOneOf,
    Operator::PropStartsWithOneOf,
    Operator::PropDoesNotStartWithOneOf,
    Operator::PropEndsWithOneOf,
    Operator::PropDoesNotEndWithOneOf,
    Operator::PropContainsOneOf,
    Operator::PropDoesNotContainOneOf,
    Operator::HierarchicalMatch,
    Operator::PropLessThan,
    Operator::PropLessThanOrEqual,
    Operator::PropGreaterThan,
    Operator::PropGreaterThanOrEqual,
    Operator::InIntRange,
    Operator::IsPresent,
    Operator::IsNotPresent,
];

fn short_text() -> impl Strategy<Value = String> {
    "(true|1|2\\.5|[abé]{0,3}|[ab]{7,10})"
}

fn int() -> impl Strategy<Value = i64> {
    prop_oneof![
        -3i64..4,
        select(&[i64::MIN, i64::MIN + 1, i64::MAX, i64::MAX - 1, 1 << 53, (1 << 53) + 1][..]),
        any::<i64>(),
    ]
}

fn double() -> impl Strategy<Value = f64> {
    prop_oneof![
        select(&[0.0, -0.0, 0.5, -0.5, 2.5, 1.0, 2.0, 9_007_199_254_740_992.0][..]),
        select(
            &[
                f64::NAN,
                f64::INFINITY,
                f64::NEG_INFINITY,
                9.223_372_036_854_776e18,
                -9.223_372_036_854_776e18
            ][..]
        ),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn operators_agree_with_a_direct_implementation(
        operator in select(&REFERENCED[..]),
        value in prop_oneof![
            4 => prop::collection::vec(short_text(), 0..20).prop_map(Value::StringList),
            2 => int().prop_map(Value::Int),
            2 => double().prop_map(Value::Double),
            2 => (prop::option::of(int()), prop::option::of(int()))
                .prop_map(|(start, end)| Value::IntRange(IntRange { start, end })),
            1 => short_text().prop_map(Value::String),
            1 => Just(Value::NotSet),
        ],
        property in prop::option::weighted(0.9, prop_oneof![
            3 => short_text().prop_map(ContextValue::String),
            2 => int().prop_map(ContextValue::Int),
            2 => double().prop_map(ContextValue::Double),
            1 => any::<bool>().prop_map(ContextValue::Bool),
            1 => prop::collection::vec(short_text(), 0..4).prop_map(ContextValue::StringList),
            1 => Just(ContextValue::Null),
        ]),
    ) {
        let ruleset = build(vec![segment("s", vec![criterion("user.x", operator, value.clone())])]);
        let mut user = Context::new("user");
        if let Some(property) = &property {
            user.set("x", property.clone());
        }
        let matched = ruleset.evaluate("s", &Contexts::of(&user.into()), &host()).is_ok();
        prop_assert_eq!(matched, naive(operator, &value, property.as_ref()));
    }
}

/// A graph of segments: the rules of each, and for each rule the segments and whether they are negated.
type Graph = Vec<Vec<Vec<(usize, bool)>>>;

fn graph(nodes: usize, rules: usize, criteria: usize) -> impl Strategy<Value = Graph> {
    let rule = prop::collection::vec((0..nodes, prop::bool::weighted(0.3)), 0..criteria);
    prop::collection::vec(prop::collection::vec(rule, 0..rules), nodes)
}

fn graph_ruleset(graph: &Graph) -> Ruleset {
    let criterion = |(target, negated): &(usize, bool)| {
        let operator = if *negated { Operator::NotInSeg } else { Operator::InSeg };
        criterion("", operator, format!("s{target}"))
    };
    let node = |(at, rules): (usize, &Vec<Vec<(usize, bool)>>)| {
        let rule = |targets: &Vec<(usize, bool)>| {
            ConditionalValue::when(targets.iter().map(criterion).collect(), true)
        };
        config(format!("s{at}"), rules.iter().map(rule).collect())
    };
    build(graph.iter().enumerate().map(node).collect())
}

fn naive_segment(graph: &Graph, at: usize, visiting: &mut Vec<usize>) -> bool {
    graph[at].iter().any(|rule| {
        rule.iter().all(|(target, negated)| {
            let inside = !visiting.contains(target) && {
                visiting.push(*target);
                let inside = naive_segment(graph, *target, visiting);
                visiting.pop();
                inside
            };
            inside != *negated
        })
    })
}

proptest! {
    #[test]
    fn segments_in_cycles_agree_with_a_direct_implementation(graph in graph(5, 3, 3)) {
        let ruleset = graph_ruleset(&graph);
        for at in 0..graph.len() {
            let matched = ruleset.evaluate(&format!("s{at}"), &Contexts::default(), &host()).is_ok();
            prop_assert_eq!(matched, naive_segment(&graph, at, &mut Vec::new()), "s{}", at);
        }
    }

}

/// Every segment refers to every other one, so the number of paths is exponential.
#[test]
fn a_dense_cycle_of_segments_terminates() {
    let others = |at: usize| (0..40).filter(|to| *to != at).map(|to| vec![(to, false)]).collect();
    let ruleset = graph_ruleset(&(0..40).map(others).collect());
    assert!(!ruleset.findings().is_empty());
    let mut entered = Entered(0);
    let answer = ruleset.evaluate_with("s0", &Contexts::default(), &host(), &mut entered);
    assert_eq!(answer.map(|answer| format_result(&Ok(answer))), Err(EvalError::NoMatch));
    // Each entered segment tests the 39 others.
    assert!((10_000..=10_001 * 39).contains(&entered.0), "{}", entered.0);
}

struct Entered(u32);

impl Trace for Entered {
    fn enter_segment(&mut self, _: &str) {
        self.0 += 1;
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
fn segments_that_share_segments_terminate() {
    let twice = |at: u32| vec![criterion("", Operator::InSeg, format!("s{}", at + 1)); 2];
    let mut configs: Vec<Config> = (0..60).map(|at| segment(format!("s{at}"), twice(at))).collect();
    configs.push(segment("s60", vec![]));
    let ruleset = build(configs);
    let explained = ruleset.explain("s0", &Contexts::default(), &host());
    assert!(explained.outcome.is_err());
    assert!(explained.to_string().contains("the evaluation entered too many segments"));
    // A few levels of shared segments still match.
    let last = ruleset.evaluate("s50", &Contexts::default(), &host()).expect("1,024 ways are not too many");
    assert_eq!(last.value, EvaluatedValue::Bool(true));
}

#[test]
fn a_chain_of_ten_thousand_segments_does_not_match_and_does_not_overflow() {
    let link =
        |at: u32| segment(format!("s{at}"), vec![criterion("", Operator::InSeg, format!("s{}", at + 1))]);
    let mut configs: Vec<Config> = (0..10_000).map(link).collect();
    configs.push(segment("s10000", vec![]));
    let ruleset = build(configs);
    assert!(ruleset.findings().is_empty());
    let explained = ruleset.explain("s0", &Contexts::default(), &host());
    assert!(explained.outcome.is_err());
    assert!(explained.to_string().contains("segments are nested too deeply"));
    assert!(ruleset.evaluate("s9950", &Contexts::default(), &host()).is_ok());
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
