//! A chain of "is one of" rules selects the same rule as trying the rules one by one.

use crate::support::build;
use prefab_core::{
    ConditionalValue, Config, ConfigRow, Context, ContextSet, ContextValue, Criterion, Operator, Value,
};
use prefab_eval::{Contexts, FixedHost};
use proptest::{prelude::*, sample::select};

/// Long texts that differ only in the middle have the same fingerprint.
const TEXTS: [&str; 9] =
    ["a", "b", "", "true", "12", "team-aaaaaaaa-1-bbbbbbbb", "team-aaaaaaaa-2-bbbbbbbb", "team-1", "team-2"];

fn texts(most: usize) -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(select(&TEXTS[..]).prop_map(str::to_owned), 0..most)
}

fn criterion() -> impl Strategy<Value = Criterion> {
    // Mostly rules that form chains, and some rules that interrupt them.
    let property = prop_oneof![8 => Just("user.team"), 1 => Just("user.plan")];
    let operator = prop_oneof![
        8 => Just(Operator::PropIsOneOf),
        1 => Just(Operator::PropIsNotOneOf),
        1 => Just(Operator::PropStartsWithOneOf),
    ];
    (property, operator, texts(20)).prop_map(|(property, operator, texts)| Criterion {
        property_name: property.to_owned(),
        operator,
        value_to_match: Some(Value::StringList(texts).into()),
    })
}

fn rules() -> impl Strategy<Value = Vec<Vec<Criterion>>> {
    prop::collection::vec(prop::collection::vec(criterion(), 0..3), 0..25)
}

fn property() -> impl Strategy<Value = ContextValue> {
    prop_oneof![
        4 => select(&TEXTS[..]).prop_map(ContextValue::from),
        1 => texts(4).prop_map(ContextValue::from),
        1 => Just(ContextValue::Int(12)),
        1 => Just(ContextValue::Bool(true)),
        1 => Just(ContextValue::Null),
    ]
}

proptest! {
    #[test]
    fn a_chain_selects_the_first_rule_that_matches(
        own in rules(), default in rules(), team in property(), plan in property(),
    ) {
        let numbered = |rules: Vec<Vec<Criterion>>| {
            let numbered = rules.into_iter().zip(0i64..);
            numbered.map(|(criteria, number)| ConditionalValue::when(criteria, number)).collect::<Vec<_>>()
        };
        let rows = vec![ConfigRow::default_row(numbered(own)), ConfigRow::default_row(numbered(default))];
        let ruleset = build(vec![Config { key: "flag".to_owned(), rows, ..Config::default() }]);
        let contexts = ContextSet::from(Context::new("user").with("team", team).with("plan", plan));
        let (contexts, host) = (Contexts::of(&contexts), FixedHost::default());
        let answer = ruleset.evaluate("flag", &contexts, &host);
        let selected = ruleset.select("flag", &contexts, &host);
        // An explanation tries the rules one by one.
        let explained = ruleset.explain("flag", &contexts, &host).outcome;
        let place = |answer: &prefab_eval::Evaluation<'_>| (answer.config_row_index, answer.conditional_value_index);
        prop_assert_eq!(answer.as_ref().map(place), explained.as_ref().map(place));
        let selected = selected.ok().and_then(|selection| selection.evaluation());
        prop_assert_eq!(selected.as_ref().map(place), explained.as_ref().ok().map(place));
    }
}
