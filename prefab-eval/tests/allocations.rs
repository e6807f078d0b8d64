//! Evaluation does not allocate, for every operator, type of property and type of value.
//!
//! There is no warm-up, so the first evaluation does not allocate either.

mod support;

use std::{collections::BTreeMap, hint::black_box, time::Duration};

use allocation_counter::measure;
use prefab_core::{
    ConditionalValue, Config, ConfigRow, Context, ContextSet, ContextValue, IntRange, LimitDefinition,
    LogLevel, Operator, Provided, ProvidedSource, Schema, Value, WeightedValue, WeightedValues, datafile,
};
use prefab_eval::{Contexts, EvaluatedValue, FixedHost, Options, Ruleset};
use serde_json::{Value as Json, json};
use support::{build, build_for, config, criterion};

const KEY: &str = "flag";

/// Counts the allocations of one evaluation of [`KEY`], and returns its value as text.
fn check(ruleset: &Ruleset, contexts: &Contexts<'_>, what: &str) -> String {
    let host = FixedHost::default().with_now_millis(1_764_000_000_000).with_random(0.7);
    let counted = measure(|| {
        let _ = black_box(ruleset.evaluate(black_box(KEY), contexts, &host));
    });
    assert_eq!(counted.count_total, 0, "{what}: {counted:?}");
    ruleset.evaluate(KEY, contexts, &host).map_or_else(|error| error.to_string(), |got| got.value.to_string())
}

fn user(value: impl Into<ContextValue>) -> ContextSet {
    Context::new("user").with("x", value).into()
}

/// Each operator with an operand and the properties of its cases.
fn operators_with_operands() -> Vec<(Operator, Value, Vec<ContextSet>)> {
    let cases: Json = serde_json::from_str(include_str!("../cases/operators.json")).expect("cases");
    let list = |json: &Json| json.as_array().cloned().unwrap_or_default();
    let mut all = Vec::new();
    for case in list(&cases["operators"]) {
        let value = match &case["value"] {
            Json::Null => Value::NotSet,
            Json::Array(list) => {
                Value::StringList(list.iter().filter_map(Json::as_str).map(Into::into).collect())
            }
            json => datafile::value_from_json(json).expect("an operand").value,
        };
        let properties: Vec<_> = list(&case["matches"])
            .into_iter()
            .chain(list(&case["fails"]))
            .map(|property| ContextSet::from_json(&json!({"user": {"x": property}})).expect("contexts"))
            .collect();
        // A pattern with a back-reference needs a backtracking engine, which allocates.
        if matches!(&value, Value::String(pattern) if pattern.contains(r"\1")) {
            continue;
        }
        for name in [&case["operator"], &case["negated"]] {
            let operator = name.as_str().and_then(Operator::from_name);
            all.extend(operator.map(|operator| (operator, value.clone(), properties.clone())));
        }
    }
    for operator in [Operator::InSeg, Operator::NotInSeg] {
        all.push((operator, "member".into(), vec![user("yes"), user("no")]));
    }
    all
}

fn flag_for(operator: Operator, value: Value) -> Ruleset {
    let rules = vec![
        ConditionalValue::when(vec![criterion("user.x", operator, value)], "matched"),
        ConditionalValue::always("not matched"),
    ];
    let member = ConditionalValue::when(vec![criterion("user.x", Operator::PropIsOneOf, ["yes"])], true);
    build(vec![config(KEY, rules), config("member", vec![member])])
}

#[test]
fn every_operator_has_a_case() {
    let tested: Vec<_> = operators_with_operands().into_iter().map(|(operator, ..)| operator).collect();
    for operator in Operator::ALL {
        assert!(tested.contains(operator), "{} is missing in cases/operators.json", operator.name());
    }
}

#[test]
fn operators_do_not_allocate_for_any_type_of_property() {
    for (operator, value, properties) in operators_with_operands() {
        let ruleset = flag_for(operator, value);
        let run = |contexts: &ContextSet| check(&ruleset, &Contexts::of(contexts), operator.name());
        for property in &properties {
            run(property);
        }
        let kinds: [ContextValue; 9] = [
            "a text that is longer than the buffer on the stack".into(),
            i64::MIN.into(),
            (-1.797_693_134_862_315_7e308).into(),
            f64::NAN.into(),
            true.into(),
            ["acme", "b"].into(),
            ContextValue::StringList(Vec::new()),
            ContextValue::Null,
            "".into(),
        ];
        for kind in kinds {
            run(&user(kind));
        }
        run(&ContextSet::new());
        run(&Context::new("user").into());
    }
}

#[test]
fn unknown_operators_and_invalid_operands_do_not_allocate() {
    for &operator in Operator::ALL.iter().chain([&Operator::Other(99)]) {
        for value in [Value::NotSet, Value::Bool(true), Value::from("("), Value::from(["a"])] {
            check(&flag_for(operator, value), &Contexts::of(&user("x")), operator.name());
        }
    }
}

#[test]
fn long_lists_and_large_contexts_do_not_allocate() {
    let list: Vec<String> = (0..1000).map(|at| format!("key-{at}")).collect();
    let ruleset = flag_for(Operator::PropIsOneOf, Value::from(list));
    let mut wide = Context::new("user").with("x", "key-999");
    for at in 0..100 {
        wide.set(format!("property-{at}"), at);
    }
    assert_eq!(check(&ruleset, &Contexts::of(&wide.into()), "wide"), "matched");
    assert_eq!(check(&ruleset, &Contexts::of(&user(["no", "key-5"])), "list"), "matched");
    assert_eq!(check(&ruleset, &Contexts::of(&user("key-1000")), "miss"), "not matched");
}

#[test]
fn a_precomputed_value_of_every_type_is_borrowed() {
    let values: Vec<Value> = vec![
        1.into(),
        "text".into(),
        Value::Bytes(vec![1, 2]),
        1.5.into(),
        true.into(),
        LimitDefinition::default().into(),
        LogLevel::Warn.into(),
        ["a", "b"].into(),
        IntRange::default().into(),
        Duration::from_secs(90).into(),
        serde_json::json!({"a": [1, {"b": null}]}).into(),
        Schema::default().into(),
    ];
    for value in values {
        let kind = value.kind();
        let ruleset = build(vec![Config::constant(KEY, value)]);
        check(&ruleset, &Contexts::default(), kind);
        let host = FixedHost::default();
        let got = ruleset.evaluate(KEY, &Contexts::default(), &host).expect("a static value");
        assert_eq!(got.value.kind(), kind);
    }
}

#[test]
fn a_percentage_rollout_does_not_allocate() {
    let choice = |weight, value: &str| WeightedValue { weight, value: value.into() };
    let weighted = |by: Option<&str>| WeightedValues {
        values: vec![choice(1, "a"), choice(2, "b"), choice(7, "c")],
        hash_by_property_name: by.map(ToOwned::to_owned),
    };
    let ruleset = |by| build(vec![Config::constant(KEY, weighted(by))]);
    let hashed = ruleset(Some("user.x"));
    let kinds: [ContextValue; 5] = ["u-1".into(), 12.into(), 1.5.into(), true.into(), ["p", "q"].into()];
    for kind in kinds {
        check(&hashed, &Contexts::of(&user(kind)), "hashed");
    }
    assert_eq!(check(&hashed, &Contexts::of(&user(ContextValue::Null)), "by chance"), "c");
    assert_eq!(check(&hashed, &Contexts::default(), "by chance"), "c");
    assert_eq!(check(&ruleset(None), &Contexts::default(), "by chance"), "c");

    let inner = WeightedValue { weight: 1, value: weighted(Some("user.x")).into() };
    let outer = WeightedValues { values: vec![inner], hash_by_property_name: None };
    let nested = build(vec![Config::constant(KEY, outer)]);
    check(&nested, &Contexts::of(&user("u-1")), "weights within weights");
}

#[test]
fn nested_segments_do_not_allocate() {
    let mut configs =
        vec![config(KEY, vec![ConditionalValue::when(vec![criterion("", Operator::InSeg, "s0")], "in")])];
    for at in 0..30 {
        let inner = criterion("", Operator::InSeg, format!("s{}", at + 1));
        configs.push(config(format!("s{at}"), vec![ConditionalValue::when(vec![inner], true)]));
    }
    let last = criterion("user.x", Operator::PropEndsWithOneOf, ["@acme.test"]);
    configs.push(config("s30", vec![ConditionalValue::when(vec![last], true)]));
    let ruleset = build(configs);
    assert_eq!(check(&ruleset, &Contexts::of(&user("a@acme.test")), "deep"), "in");
    assert_eq!(check(&ruleset, &Contexts::of(&user("a@b")), "deep miss"), "no rule matches");

    let circle = criterion("", Operator::NotInSeg, "a");
    let there = ConditionalValue::when(vec![criterion("", Operator::InSeg, "b")], true);
    let back = ConditionalValue::when(vec![criterion("", Operator::InSeg, "a")], true);
    let rules = vec![ConditionalValue::when(vec![circle], "out")];
    let configs = vec![config(KEY, rules), config("a", vec![there]), config("b", vec![back])];
    assert_eq!(check(&build(configs), &Contexts::default(), "circle"), "out");
}

#[test]
fn the_namespace_and_the_current_time_do_not_allocate() {
    let rules = vec![
        ConditionalValue::when(
            vec![
                criterion("NAMESPACE", Operator::HierarchicalMatch, "services.users"),
                criterion("prefab.current-time", Operator::PropAfter, "2024-12-05T00:00:00Z"),
            ],
            "inside",
        ),
        ConditionalValue::always("outside"),
    ];
    let ruleset = |namespace: &str| {
        let options = Options { namespace: Some(namespace.into()), ..Options::default() };
        build_for(vec![config(KEY, rules.clone())], options)
    };
    assert_eq!(check(&ruleset("services.users.web"), &Contexts::default(), "namespace"), "inside");
    assert_eq!(check(&ruleset("services.userspace"), &Contexts::default(), "namespace"), "outside");
}

#[test]
fn a_stack_of_five_context_sets_does_not_allocate() {
    let names = ["global", "api", "scope", "bound", "call"];
    let level = |name: &'static str| {
        let mut set = ContextSet::from(Context::new("user").with("x", name));
        set.set(Context::new(name).with("x", 1));
        set
    };
    let criteria =
        names.iter().map(|name| criterion(&format!("{name}.x"), Operator::PropGreaterThan, 0)).collect();
    let rules = vec![ConditionalValue::when(criteria, "all are seen")];
    let options = Options { default_context: level("api"), project_env_id: 5, ..Options::default() };
    let row = ConfigRow::for_environment(5, rules);
    let other = ConfigRow { properties: BTreeMap::new(), ..ConfigRow::for_environment(6, Vec::new()) };
    let flag = Config { key: KEY.into(), rows: vec![other, row, ConfigRow::default()], ..Config::default() };
    let ruleset = build_for(vec![flag], options);
    let (global, scope, bound, call) = (level("global"), level("scope"), level("bound"), level("call"));
    let contexts = Contexts { call: &call, bound: &bound, scope: &scope, global: &global };
    assert_eq!(check(&ruleset, &contexts, "five levels"), "all are seen");
}

#[test]
fn a_missing_key_and_a_rule_that_does_not_match_do_not_allocate() {
    assert_eq!(check(&Ruleset::default(), &Contexts::default(), "unknown key"), "no config has this key");
    let rules = vec![ConditionalValue::when(vec![criterion("a.b", Operator::IsPresent, 0)], 1)];
    let ruleset = build(vec![config(KEY, rules)]);
    assert_eq!(check(&ruleset, &Contexts::default(), "no match"), "no rule matches");
}

#[test]
fn a_log_level_does_not_allocate() {
    let configs = vec![
        Config::constant("log-level", LogLevel::Error),
        Config::constant("log-level.my_app", LogLevel::Debug),
        Config::constant("log-level.my_app.db", LogLevel::NotSet),
        Config::constant("log-level.my_app.db.pool", "a text"),
    ];
    let ruleset = build(configs);
    let (contexts, host) = (Contexts::default(), FixedHost::default());
    for (path, level) in [
        ("my_app.db.pool.connection.of.great.depth", LogLevel::Debug),
        ("my_app.db", LogLevel::Debug),
        ("my_apparatus", LogLevel::Error),
        ("", LogLevel::Error),
    ] {
        let mut got = None;
        let counted = measure(|| got = ruleset.log_level(path, &contexts, &host));
        assert_eq!((counted.count_total, got), (0, Some(level)), "{path}");
    }
}

/// The documented exceptions. They also check that allocations are counted.
#[test]
fn values_from_the_environment_are_computed_each_time() {
    let provided = Provided { source: ProvidedSource::EnvVar, lookup: "REGION".into() };
    let ruleset = build(vec![Config::constant(KEY, provided)]);
    let host = FixedHost::default().with_env_var("REGION", "eu");
    let counted = measure(|| {
        let got = ruleset.evaluate(KEY, &Contexts::default(), &host).expect("the variable is set");
        assert!(matches!(got.value, EvaluatedValue::String(_)));
    });
    assert_eq!(counted.count_total, 1, "only the text itself");
}
