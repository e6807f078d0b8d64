//! The version operators agree with the `semver` crate.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prefab_core::{
    ConditionalValue, Config, ConfigRow, Context, ContextSet, Criterion, Entry, Layer, Operator, Provenance,
};
use prefab_eval::{Contexts, EvaluatedValue, FixedHost, Options, Ruleset};

const OPERATORS: [Operator; 3] =
    [Operator::PropSemverLessThan, Operator::PropSemverEqual, Operator::PropSemverGreaterThan];

fuzz_target!(|text: &str| {
    let Some((left, right)) = text.split_once('\n') else { return };
    let forward = matching(left, right);
    let swapped = matching(right, left);
    assert_eq!(forward, [swapped[2], swapped[1], swapped[0]], "{left:?} and {right:?} swapped");
    let count = forward.iter().filter(|matches| **matches).count();
    assert!(count <= 1, "{left:?} and {right:?}: {forward:?}");

    // The crate parses numbers up to 64 bits, the operators of any size.
    if let (Ok(left), Ok(right)) = (left.parse::<semver::Version>(), right.parse::<semver::Version>()) {
        let order = left.cmp_precedence(&right);
        assert_eq!(forward, [order.is_lt(), order.is_eq(), order.is_gt()], "{left} and {right}");
    } else if count == 1 {
        let short = |text: &str| text.split(['.', '-', '+']).all(|part| part.len() < 20);
        assert!(!(short(left) && short(right)), "{left:?} or {right:?} is not a version");
    }
});

/// Returns which of the operators match for the property `left` and the value `right`.
fn matching(left: &str, right: &str) -> [bool; 3] {
    let configs = OPERATORS.map(|operator| {
        let criterion =
            Criterion { property_name: "app.version".into(), operator, value_to_match: Some(right.into()) };
        let rules = vec![ConditionalValue::when(vec![criterion], true)];
        Config { key: operator.name().into(), rows: vec![ConfigRow::default_row(rules)], ..Config::default() }
    });
    let provenance = std::sync::Arc::new(Provenance::new(Layer::Remote, "fuzz"));
    let entries = configs.into_iter().map(|config| Entry::new(config, provenance.clone()));
    let ruleset = Ruleset::build(entries, Options::default());
    let contexts = ContextSet::from(Context::new("app").with("version", left));
    OPERATORS.map(|operator| {
        let result = ruleset.evaluate(operator.name(), &Contexts::of(&contexts), &FixedHost::default());
        result.is_ok_and(|evaluation| evaluation.value == EvaluatedValue::Bool(true))
    })
}
