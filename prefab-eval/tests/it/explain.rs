//! The text of explanations.

use crate::support::{build_for, config, criterion, segment};
use insta::assert_snapshot;
use prefab_core::{
    ConditionalValue, Config, ConfigRow, ConfigValue, Context, ContextSet, IntRange, Operator, Provided,
    ProvidedSource, Value, WeightedValue, WeightedValues,
};
use prefab_eval::{Contexts, FixedHost, Options};

/// Explains the first of the configs, in environment 5.
fn explain(configs: Vec<Config>, user: Context) -> String {
    let key = configs[0].key.clone();
    let ruleset = build_for(configs, Options { project_env_id: 5, ..Options::default() });
    let host =
        FixedHost::default().with_now_millis(1_764_000_000_000).with_env_var("DB_URL", "postgres://db");
    ruleset.explain(&key, &Contexts::of(&ContextSet::from(user)), &host).to_string()
}

fn no_contexts() -> Context {
    Context::new("user")
}

fn provided(variable: &str) -> Value {
    Provided { source: ProvidedSource::EnvVar, lookup: variable.to_owned() }.into()
}

#[test]
fn a_plain_value() {
    assert_snapshot!(explain(vec![Config::constant("max-jobs", 30)], no_contexts()), @r"
    max-jobs = 30 (int)
      because rule 1 of the default rules, from test (remote)
      default rules:
        rule 1: always
    ");
}

#[test]
fn a_flag_for_some_users() {
    let mail = criterion("user.email", Operator::PropEndsWithOneOf, ["@acme.test", "@b.test"]);
    let paying = vec![
        criterion("user.plan", Operator::PropIsOneOf, ["pro", "team"]),
        criterion("user.age", Operator::InIntRange, IntRange { start: Some(18), end: None }),
        criterion("app.version", Operator::PropSemverGreaterThan, "2.0.0"),
    ];
    let rules = vec![ConditionalValue::when(vec![mail], true), ConditionalValue::when(paying, true)];
    let rows = vec![
        ConfigRow::for_environment(5, rules),
        ConfigRow::default_row(vec![ConditionalValue::always(false)]),
    ];
    let flag = Config { key: "new-checkout".into(), rows, ..Config::default() };
    let user = Context::new("user").with("email", "eve@else.test").with("plan", "pro").with("age", 36);
    assert_snapshot!(explain(vec![flag], user), @r#"
    new-checkout = false (bool)
      because rule 1 of the default rules, from test (remote)
      rules of environment 5:
        rule 1:
          user.email ends with one of [@acme.test, @b.test]: no, it is "eve@else.test"
        rule 2, all of:
          user.plan is one of [pro, team]: yes, it is "pro"
          user.age is in the range 18..: yes, it is 36
          app.version is a version above "2.0.0": no, it is absent
      default rules:
        rule 1: always
    "#);
}

#[test]
fn a_percentage() {
    let choice = |weight, value: &str| WeightedValue { weight, value: value.into() };
    let weighted = |weights: [i32; 2], by: Option<&str>| {
        let values = vec![choice(weights[0], "red"), choice(weights[1], "blue")];
        let hash_by_property_name = by.map(ToOwned::to_owned);
        vec![Config::constant("button-color", WeightedValues { values, hash_by_property_name })]
    };
    let by_key = weighted([30, 70], Some("user.key"));
    assert_snapshot!(explain(by_key.clone(), Context::new("user").with("key", "u-1")), @r"
    button-color = blue (string)
      because rule 1 of the default rules, choice 2 by percentage, from test (remote)
      default rules:
        rule 1: always
        user.key decides: 82.565 % (hash 3546149519) is within 30 to 100 %, choice 2
    ");
    assert_snapshot!(explain(by_key, no_contexts()), @r"
    button-color = red (string)
      because rule 1 of the default rules, choice 1 by percentage, from test (remote)
      default rules:
        rule 1: always
        chance decides, for user.key is absent: 0 % is within 0 to 30 %, choice 1
    ");
    assert_snapshot!(explain(weighted([1, 2], None), no_contexts()), @r"
    button-color = red (string)
      because rule 1 of the default rules, choice 1 by percentage, from test (remote)
      default rules:
        rule 1: always
        chance decides: 0 % is within 0 to 33.333 %, choice 1
    ");
    assert_snapshot!(explain(weighted([0, 0], None), no_contexts()), @r"
    button-color = blue (string)
      because rule 1 of the default rules, choice 2 by percentage, from test (remote)
      default rules:
        rule 1: always
        all weights are zero, so the last one applies: choice 2
    ");
}

#[test]
fn a_segment_within_a_segment() {
    let in_segment = |key: &str| vec![criterion("", Operator::InSeg, key)];
    let beta = config(
        "beta",
        vec![ConditionalValue::when(in_segment("testers"), true), ConditionalValue::always(false)],
    );
    let testers = config(
        "testers",
        vec![
            ConditionalValue::when(in_segment("staff"), true),
            ConditionalValue::when(in_segment("friends"), true),
            ConditionalValue::when(vec![criterion("user.key", Operator::PropIsOneOf, ["u-7"])], true),
        ],
    );
    let staff = segment("staff", vec![criterion("user.email", Operator::PropEndsWithOneOf, ["@acme.test"])]);
    let user = Context::new("user").with("key", "u-7").with("email", "eve@else.test");
    assert_snapshot!(explain(vec![beta, testers, staff], user), @r#"
    beta = true (bool)
      because rule 1 of the default rules, from test (remote)
      default rules:
        rule 1:
          segment `testers`:
            default rules:
              rule 1:
                segment `staff`:
                  default rules:
                    rule 1:
                      user.email ends with one of [@acme.test]: no, it is "eve@else.test"
                in segment `staff`: no
              rule 2:
                segment `friends`:
                  the segment does not exist
                in segment `friends`: no
              rule 3:
                user.key is one of [u-7]: yes, it is "u-7"
          in segment `testers`: yes
    "#);
}

#[test]
fn a_secret_that_another_config_decrypts() {
    let mut secret = ConfigValue::from("601ac3--0707--376b");
    secret.decrypt_with = Some("master-key".to_owned());
    let configs =
        vec![Config::constant("db.password", secret), Config::constant("master-key", provided("MASTER_KEY"))];
    assert_snapshot!(explain(configs, no_contexts()), @r"
    db.password has no value: cannot decrypt with config `master-key`: environment variable `MASTER_KEY` is not set
      default rules:
        rule 1: always
        encrypted with the value of `master-key`:
          default rules:
            rule 1: always
            environment variable MASTER_KEY is not set
    ");
}

#[test]
fn a_value_from_an_environment_variable() {
    let old = vec![
        criterion("prefab.current-time", Operator::PropBefore, 1_764_547_200_000_i64),
        criterion("NAMESPACE", Operator::HierarchicalMatch, "shop"),
    ];
    let rules = vec![
        ConditionalValue::when(old, "postgres://old"),
        ConditionalValue::always(ConfigValue::from(provided("DB_URL")).confidential()),
    ];
    assert_snapshot!(explain(vec![config("db.url", rules)], no_contexts()), @r#"
    db.url = *****0ac6a (string)
      because rule 2 of the default rules, from test (remote)
      default rules:
        rule 1, all of:
          prefab.current-time is before 2025-12-01T00:00:00Z: yes, it is 2025-11-24T16:00:00Z
          NAMESPACE is at or below "shop": no, it is absent
        rule 2: always
        read from environment variable DB_URL
    "#);
}

#[test]
fn no_rule_that_matches() {
    let keys: Vec<String> = (0..25).map(|at| format!("u-{at}")).collect();
    let invited = vec![
        criterion("user.banned", Operator::IsNotPresent, Value::NotSet),
        criterion("user.key", Operator::PropIsOneOf, Value::from(keys)),
    ];
    assert_snapshot!(explain(vec![segment("invited", invited)], Context::new("user").with("key", 99)), @r"
    invited has no value: no rule matches
      default rules:
        rule 1, all of:
          user.banned is not present: yes
          user.key is one of [u-0, u-1, u-2, u-3, u-4, u-5, u-6, u-7, u-8, u-9, … 15 more]: no, it is 99
    ");
}

#[test]
fn the_namespace_that_matched() {
    let of = |namespace: &str| vec![criterion("NAMESPACE", Operator::HierarchicalMatch, namespace)];
    let rules = vec![
        ConditionalValue::when(of("services.users"), 50),
        ConditionalValue::when(of("services"), 40),
        ConditionalValue::always(30),
    ];
    let ruleset = build_for(vec![config("max-jobs", rules)], Options::default());
    let ruleset = ruleset.with_namespace("services.cron");
    let explanation = ruleset.explain("max-jobs", &Contexts::default(), &FixedHost::default());
    assert_snapshot!(explanation, @r#"
    max-jobs = 40 (int)
      because rule 2 of the default rules, for namespace `services`, from test (remote)
      default rules:
        rule 1:
          NAMESPACE is at or below "services.users": no, it is "services.cron"
        rule 2:
          NAMESPACE is at or below "services": yes, it is "services.cron"
    "#);
}
