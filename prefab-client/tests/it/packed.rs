//! A server's message evaluates like its configs, although equal criteria are shared.

use std::sync::Arc;

use prefab_core::{
    ConditionalValue, Config, ConfigRow, ConfigSet, ConfigType, Context, ContextSet, Criterion, LayeredStore,
    Operator, StoredConfig, Update, Value,
};
use prefab_eval::{Contexts, FixedHost, Options, Ruleset};
use prefab_proto::{convert, packed};
use proptest::prelude::*;

const OPERATORS: [Operator; 6] = [
    Operator::PropIsOneOf,
    Operator::PropIsNotOneOf,
    Operator::PropEndsWithOneOf,
    Operator::PropMatches,
    Operator::InSeg,
    Operator::AlwaysTrue,
];

/// One of a few criteria, so that rules share them. Some are invalid.
fn criterion() -> impl Strategy<Value = Criterion> {
    let right = prop::sample::select(vec![
        Value::from(["a", "b"]),
        Value::from(["b"]),
        Value::from("a"),
        Value::from("("),
        Value::from("segment"),
    ]);
    let property = prop::sample::select(vec!["user.key", "user.team", "key"]);
    (prop::sample::select(OPERATORS.to_vec()), property, right).prop_map(|(operator, property, right)| {
        Criterion { property_name: property.to_owned(), operator, value_to_match: Some(right.into()) }
    })
}

fn config(key: String) -> impl Strategy<Value = Config> {
    let is_segment = key == "segment";
    let rule = (prop::collection::vec(criterion(), 0..3), any::<bool>());
    prop::collection::vec(rule, 1..4).prop_map(move |rules| {
        let rules = rules.into_iter().map(|(criteria, value)| ConditionalValue::when(criteria, value));
        let config_type = if is_segment { ConfigType::Segment } else { ConfigType::FeatureFlag };
        let rows = vec![ConfigRow::default_row(rules.collect())];
        Config { id: 1, key: key.clone(), config_type, rows, ..Config::default() }
    })
}

fn ruleset(set: ConfigSet<StoredConfig>) -> Ruleset {
    let mut store = LayeredStore::default();
    store.apply(Update::Snapshot { set, source: Arc::from("test") });
    Ruleset::from_store(&store, &Options::default())
}

proptest! {
    #[test]
    fn a_packed_message_evaluates_like_its_configs(
        configs in (0..6).map(|at| config(if at == 0 { "segment".into() } else { format!("flag-{at}") })).collect::<Vec<_>>(),
        team in prop::sample::select(vec!["a", "b", "ab", "("]),
    ) {
        let keys: Vec<String> = configs.iter().map(|config| config.key.clone()).collect();
        let set = ConfigSet { configs, ..ConfigSet::default() };
        let message = packed::pack(convert::encode(&set)).unwrap();
        prop_assert_eq!(&message.findings, &[]);
        let (read, packed) = (ruleset(set.into()), ruleset(message.set));
        prop_assert_eq!(read.findings(), packed.findings());
        for key in ["a", "c"] {
            let user = ContextSet::from(Context::new("user").with("key", key).with("team", team));
            let (contexts, host) = (Contexts::of(&user), FixedHost::default());
            for key in &keys {
                let (read, packed) = (read.explain(key, &contexts, &host), packed.explain(key, &contexts, &host));
                prop_assert_eq!(read.to_string(), packed.to_string());
            }
        }
    }
}
