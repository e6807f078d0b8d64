//! Percentage rollouts.

use super::*;

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
