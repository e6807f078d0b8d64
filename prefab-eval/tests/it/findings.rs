//! Operands that do not fit their operators: what is reported, and what the criterion evaluates to.

use std::sync::Arc;

use prefab_core::{
    ConditionalValue, Config, ConfigRow, ConfigValue, Context, ContextSet, Criterion, Entry, IntRange, Layer,
    Operator, Provenance, Provided, ProvidedSource, Value,
};
use prefab_eval::{Contexts, FixedHost, Options, Ruleset};

fn ruleset(property: &str, operator: Operator, operand: Option<ConfigValue>) -> Ruleset {
    let criterion = Criterion { property_name: property.into(), operator, value_to_match: operand };
    let rows = vec![ConfigRow::default_row(vec![ConditionalValue::when(vec![criterion], true)])];
    let config = Config { key: "flag".into(), rows, ..Config::default() };
    let provenance = Arc::new(Provenance::new(Layer::Remote, "test"));
    Ruleset::build([Entry::new(config, provenance)], Options::default())
}

fn findings(property: &str, operator: Operator, operand: Option<ConfigValue>) -> Vec<String> {
    let ruleset = ruleset(property, operator, operand);
    ruleset.findings().iter().map(|finding| format!("{}: {}", finding.place, finding.cause)).collect()
}

fn matches(
    operator: Operator,
    operand: Option<ConfigValue>,
    property: impl Into<prefab_core::ContextValue>,
) -> bool {
    let user = ContextSet::from(Context::new("user").with("p", property));
    ruleset("user.p", operator, operand).evaluate("flag", &Contexts::of(&user), &FixedHost::default()).is_ok()
}

const PLACE: &str = "rows[0].values[0].criteria[0]";

#[test]
fn an_operand_that_does_not_fit_its_operator_is_a_finding() {
    use Operator as O;
    let list = |list: &[&str]| Some(ConfigValue::from(list));
    let variable = Provided { source: ProvidedSource::EnvVar, lookup: "X".into() };
    let range = |start, end| Some(ConfigValue::from(Value::IntRange(IntRange { start, end })));
    let instant =
        "a date and time with an offset, for example `2024-12-05T10:30:00Z`, or with milliseconds since 1970";
    let version = "a full semantic version, for example `2.0.0`";
    let number = "a number: an int or a double";
    let texts = "a list of strings such as [\"a\", \"b\"]";
    let cases: Vec<(O, Option<ConfigValue>, String)> = vec![
        (O::PropBefore, Some("2024-12-05".into()), format!("`PROP_BEFORE` compares with {instant}, not the string `2024-12-05`; the criterion never matches")),
        (O::PropAfter, Some("Thu, 05 Dec 2024 00:00:00 GMT".into()), format!("`PROP_AFTER` compares with {instant}, not the string `Thu, 05 Dec 2024 00:00:00 GMT`; the criterion never matches")),
        (O::PropAfter, Some("2024-12-05T00:00:00".into()), format!("`PROP_AFTER` compares with {instant}, not the string `2024-12-05T00:00:00`; the criterion never matches")),
        (O::PropBefore, Some(f64::NAN.into()), format!("`PROP_BEFORE` compares with {instant}, not NaN; the criterion never matches")),
        (O::PropSemverEqual, Some("2.0".into()), format!("`PROP_SEMVER_EQUAL` compares with {version}, not the string `2.0`; the criterion never matches")),
        (O::PropSemverLessThan, Some("v2.0.0".into()), format!("`PROP_SEMVER_LESS_THAN` compares with {version}, not the string `v2.0.0`; the criterion never matches")),
        (O::PropSemverGreaterThan, Some(2.into()), format!("`PROP_SEMVER_GREATER_THAN` compares with {version}, not a value of type int; the criterion never matches")),
        (O::PropLessThan, Some("10".into()), format!("`PROP_LESS_THAN` compares with {number}, not the string `10`; the criterion never matches")),
        (O::PropGreaterThanOrEqual, Some(f64::NAN.into()), format!("`PROP_GREATER_THAN_OR_EQUAL` compares with {number}, not NaN; the criterion never matches")),
        (O::PropLessThan, Some(variable.clone().into()), "`PROP_LESS_THAN` cannot compare with an environment variable; the criterion never matches; use a fixed value".into()),
        (O::PropIsOneOf, Some("banned".into()), format!("`PROP_IS_ONE_OF` compares with {texts}, not the string `banned`; the criterion never matches")),
        (O::PropIsNotOneOf, Some("banned".into()), format!("`PROP_IS_NOT_ONE_OF` compares with {texts}, not the string `banned`; the criterion always matches")),
        (O::PropDoesNotContainOneOf, None, format!("`PROP_DOES_NOT_CONTAIN_ONE_OF` compares with {texts}, not nothing; the criterion always matches")),
        (O::LookupKeyNotIn, Some(5.into()), format!("`LOOKUP_KEY_NOT_IN` compares with {texts}, not a value of type int; the criterion always matches")),
        (O::InIntRange, range(Some(5), Some(5)), "the start of the range is not less than its end; the criterion never matches".into()),
        (O::InIntRange, Some(5.into()), "`IN_INT_RANGE` compares with a range of integers, not a value of type int; the criterion never matches".into()),
        (O::HierarchicalMatch, list(&["a"]), "`HIERARCHICAL_MATCH` compares with a string, not a value of type string list; the criterion never matches".into()),
        (O::PropDoesNotMatch, list(&["a"]), "`PROP_DOES_NOT_MATCH` compares with a regular expression in a string, not a value of type string list; the criterion never matches".into()),
        (O::NotInSeg, list(&["a"]), "`NOT_IN_SEG` compares with the key of a segment, not a value of type string list; the criterion always matches".into()),
    ];
    for (operator, operand, expected) in cases {
        let expected = format!("{PLACE}.valueToMatch: {expected}");
        assert_eq!(findings("user.p", operator, operand), [expected]);
    }
    assert_eq!(
        findings("user.p", O::Other(99), list(&["a"])),
        [format!("{PLACE}.operator: operator 99 is not supported; the criterion never matches")]
    );
    assert_eq!(
        findings("user.p", O::NotSet, None),
        [format!("{PLACE}.operator: the operator is missing; the criterion never matches")]
    );
}

#[test]
fn operands_that_fit_have_no_finding() {
    use Operator as O;
    let list = || Some(ConfigValue::from(["a"]));
    let variable = Provided { source: ProvidedSource::EnvVar, lookup: "X".into() };
    for (operator, operand) in [
        (O::PropBefore, Some("2024-12-05T10:30Z".into())),
        (O::PropBefore, Some(1_700_000_000_000_i64.into())),
        (O::PropAfter, Some(1.5.into())),
        (O::PropAfter, Some(variable.clone().into())),
        (O::PropSemverEqual, Some("2.0.0-rc.1+b".into())),
        (O::PropLessThan, Some(10.into())),
        (O::PropLessThan, Some(0.5.into())),
        (O::PropIsOneOf, list()),
        (O::PropIsNotOneOf, Some(variable.into())),
        (O::HierarchicalMatch, Some("a".into())),
        (O::PropMatches, Some("^a$".into())),
        (O::AlwaysTrue, None),
        (O::IsPresent, None),
    ] {
        assert_eq!(findings("user.p", operator, operand), Vec::<String>::new(), "{operator:?}");
    }
}

#[test]
fn a_property_with_spaces_around_it_is_a_finding() {
    let list = || Some(ConfigValue::from(["a"]));
    assert_eq!(
        findings(" user.key ", Operator::PropIsOneOf, list()),
        [format!("{PLACE}.propertyName: the property ` user.key ` has spaces around it; remove them")]
    );
    assert_eq!(findings("user.full name", Operator::PropIsOneOf, list()), Vec::<String>::new());
}

#[test]
fn a_finding_shows_no_confidential_operand_and_only_the_start_of_a_long_one() {
    let secret = ConfigValue { confidential: true, ..ConfigValue::from("hush-4711") };
    let shown = findings("user.p", Operator::PropLessThan, Some(secret)).concat();
    assert!(!shown.contains("4711") && shown.contains("not a value of type string"), "{shown}");
    let pattern = ConfigValue { confidential: true, ..ConfigValue::from("(hush-4711") };
    let shown = findings("user.p", Operator::PropMatches, Some(pattern)).concat();
    assert!(!shown.contains("4711") && shown.contains("the confidential pattern is invalid"), "{shown}");
    let long = findings("user.p", Operator::PropLessThan, Some("x".repeat(10_000).into())).concat();
    assert!(long.len() < 300, "{long}");
}

#[test]
fn nan_compares_with_nothing() {
    use Operator as O;
    for operator in [
        O::PropBefore,
        O::PropAfter,
        O::PropLessThan,
        O::PropLessThanOrEqual,
        O::PropGreaterThan,
        O::PropGreaterThanOrEqual,
    ] {
        for number in [-1.0, 0.0, 1.0] {
            assert!(!matches(operator, Some(number.into()), f64::NAN), "{operator:?} {number}");
            assert!(!matches(operator, Some(f64::NAN.into()), number), "{operator:?} {number}");
        }
        assert!(!matches(operator, Some("2024-12-05T10:30:00Z".into()), f64::NAN), "{operator:?}");
    }
}

/// A host on which the variable `BROKEN` is not valid UTF-8.
struct BrokenEnvironment;

impl prefab_eval::Host for BrokenEnvironment {
    fn now_millis(&self) -> i64 {
        0
    }

    fn env_var(&self, _: &str) -> Option<String> {
        None
    }

    fn is_env_var_malformed(&self, name: &str) -> bool {
        name == "BROKEN"
    }

    fn random(&self) -> f64 {
        0.0
    }
}

#[test]
fn a_variable_that_is_not_utf_8_has_its_own_error() {
    let error = |variable: &str| {
        let provided = Provided { source: ProvidedSource::EnvVar, lookup: variable.into() };
        let provenance = Arc::new(Provenance::new(Layer::Remote, "test"));
        let entry = Entry::new(Config::constant("password", provided), provenance);
        let ruleset = Ruleset::build([entry], Options::default());
        ruleset.evaluate("password", &Contexts::default(), &BrokenEnvironment).unwrap_err().to_string()
    };
    assert_eq!(error("BROKEN"), "environment variable `BROKEN` is not valid UTF-8: set it to UTF-8 text");
    assert_eq!(error("UNSET"), "environment variable `UNSET` is not set");
}

#[test]
fn json_is_shown_as_it_is_written() {
    let text = r#"{"b": 1.10, "id": 123456789012345678901234567890, "b": 1e3}"#;
    let other = "[1.10]";
    let weighted = prefab_core::WeightedValues {
        values: [text, other]
            .map(|text| prefab_core::WeightedValue { weight: 1, value: Value::Json(text.into()).into() })
            .into(),
        hash_by_property_name: None,
    };
    let shown = |value: ConfigValue, random: f64| {
        let mut config = Config::constant("price", value);
        // The row of another environment comes first and is not evaluated.
        let elsewhere = ConfigRow {
            project_env_id: Some(9),
            ..ConfigRow::default_row(vec![ConditionalValue::always(ConfigValue::from("elsewhere"))])
        };
        config.rows.insert(0, elsewhere);
        let provenance = Arc::new(Provenance::new(Layer::Remote, "test"));
        let ruleset = Ruleset::build([Entry::new(config, provenance)], Options::default());
        let host = FixedHost::default().with_random(random);
        let evaluation = ruleset.evaluate("price", &Contexts::default(), &host).unwrap();
        (evaluation.display_value(), evaluation.written_json())
    };
    assert_eq!(shown(Value::Json(text.into()).into(), 0.0), (text.to_owned(), Some(text.to_owned())));
    assert_eq!(shown(Value::Weighted(weighted.clone()).into(), 0.0).1.as_deref(), Some(text));
    assert_eq!(shown(Value::Weighted(weighted.clone()).into(), 0.9).1.as_deref(), Some(other));
    let nested = prefab_core::WeightedValues {
        values: [Value::Json("[1]".into()), Value::Weighted(weighted.clone())]
            .map(|value| prefab_core::WeightedValue { weight: 1, value: value.into() })
            .into(),
        hash_by_property_name: None,
    };
    assert_eq!(
        shown(Value::Weighted(nested).into(), 0.9).1.as_deref(),
        Some(other),
        "a rollout in a rollout"
    );
    assert_eq!(shown("text".into(), 0.0), ("text".to_owned(), None));
    let secret = ConfigValue { confidential: true, ..Value::Json(text.into()).into() };
    assert!(shown(secret, 0.0).0.starts_with("*****"));
}
