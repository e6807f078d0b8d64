//! Prepared handles return the same results as the client after every change of the config.

use prefab_client::{
    Client, Config, Context, ContextSet, Error,
    rules::{ConditionalValue, ConfigRow, Criterion, Operator},
    scope,
};

fn user(plan: &str) -> ContextSet {
    Context::new("user").with("plan", plan).into()
}

fn for_pro(key: &str) -> Config {
    let is_pro = Criterion {
        property_name: "user.plan".into(),
        operator: Operator::PropIsOneOf,
        value_to_match: Some(["pro"].into()),
    };
    let values = vec![ConditionalValue::when(vec![is_pro], true), ConditionalValue::always(false)];
    Config { rows: vec![ConfigRow::default_row(values)], ..Config::constant(key, false) }
}

#[test]
fn a_flag_follows_its_config_through_every_change() {
    let client = Client::in_memory().value("other", 1).build().unwrap();
    let flag = client.flag("new-checkout");
    let copy = flag.clone();
    let check = |expected: bool, what: &str| {
        for contexts in [user("pro"), user("free"), ContextSet::new()] {
            assert_eq!(flag.enabled_for(&contexts), client.with(&contexts).enabled("new-checkout"), "{what}");
        }
        assert_eq!(flag.enabled_for(&user("pro")), expected, "{what}");
        assert_eq!(copy.enabled_for(&user("pro")), expected, "{what}");
    };
    check(false, "missing");
    let created = client.override_config(for_pro("new-checkout"));
    check(true, "created");
    let other_type = client.override_value("new-checkout", "a text");
    check(false, "another type");
    assert_eq!(client.config::<String>("new-checkout").get().unwrap(), "a text");
    drop(other_type);
    check(true, "restored");
    drop(created);
    check(false, "archived");
    let _created = client.override_value("new-checkout", true);
    check(true, "created again");
}

#[test]
fn contexts_of_scopes_bound_clients_and_calls_apply() {
    let client = Client::in_memory().config(for_pro("beta")).build().unwrap();
    let (flag, config) = (client.flag("beta"), client.config::<bool>("beta"));
    assert!(!flag.enabled() && !config.get().unwrap());
    {
        let _scope = scope::enter(user("pro"));
        assert!(flag.enabled() && config.get().unwrap() && config.get_or(false));
    }
    let bound = client.with_context(Context::new("user").with("plan", "pro"));
    assert!(flag.enabled_in(&bound.view()) && config.get_in(&bound.view()).unwrap());
    assert!(config.get_for(&user("pro")).unwrap() && config.get_or_for(&user("pro"), false));
    assert_eq!((flag.key(), config.key()), ("beta", "beta"));
}

#[test]
fn errors_are_those_of_the_client() {
    let client = Client::in_memory().value("max-jobs", 30).value("zone", "$").build().unwrap();
    let missing = client.config::<i64>("max-jbos").get().unwrap_err();
    assert_eq!(missing.to_string(), client.get::<i64>("max-jbos").unwrap_err().to_string());
    let mismatch = client.config::<bool>("max-jobs").get().unwrap_err();
    assert!(matches!(&mismatch, Error::TypeMismatch { key, .. } if key == "max-jobs"), "{mismatch}");
    assert!(!client.flag("none").try_enabled_for(&ContextSet::new()).unwrap());
    assert_eq!(client.config::<i64>("none").get_or(7), 7);
}
