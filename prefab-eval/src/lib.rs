//! Which value wins? The rule engine: pure, compiled, and free of allocation while it evaluates.
//!
//! Start with [`Ruleset`]: the configs of a project as machines read them. Building one does all the
//! work that can be done once (names split, lists hashed, patterns, versions and dates parsed, segments
//! resolved); evaluating borrows. Everything the engine asks of the world comes through a [`Host`].
//!
//! ```
//! use prefab_core::{Context, ContextSet};
//! use prefab_eval::{Contexts, EvaluatedValue, FixedHost, Ruleset};
//!
//! let ruleset = Ruleset::from_datafile(r#"{"configs": [{
//!     "id": "1", "key": "new-checkout", "configType": "FEATURE_FLAG", "valueType": "BOOL",
//!     "rows": [{"values": [
//!         {"criteria": [{"propertyName": "user.email", "operator": "PROP_ENDS_WITH_ONE_OF",
//!                        "valueToMatch": {"stringList": {"values": ["@acme.test"]}}}],
//!          "value": {"bool": true}},
//!         {"value": {"bool": false}}
//!     ]}]
//! }]}"#)?;
//!
//! let user = ContextSet::from(Context::new("user").with("email", "ada@acme.test"));
//! let answer = ruleset.evaluate("new-checkout", &Contexts::of(&user), &FixedHost::default())?;
//! assert_eq!(answer.value, EvaluatedValue::Bool(true));
//!
//! let nobody = ruleset.evaluate("new-checkout", &Contexts::default(), &FixedHost::default())?;
//! assert_eq!(nobody.value, EvaluatedValue::Bool(false));
//!
//! let why = ruleset.explain("new-checkout", &Contexts::of(&user), &FixedHost::default());
//! assert!(why.to_string().contains("user.email ends with one of [@acme.test]"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod chain;
mod compile;
mod compiled;
mod compiled_value;
mod config_ref;
mod contexts;
mod decrypt;
mod describe;
mod error;
mod evaluate;
mod evaluation;
mod explain;
mod finding;
mod host;
mod keys;
mod log_level;
mod murmur3;
mod operators;
mod options;
mod pattern_budget;
mod pattern_cache;
mod pattern_slots;
mod possible_levels;
mod property;
mod property_name;
mod provided;
mod rule;
mod ruleset;
mod search;
mod search_budget;
mod selected_rule;
mod trace;

pub use config_ref::ConfigRef;
pub use contexts::Contexts;
pub use decrypt::encrypt;
pub use describe::describe_criterion;
pub use error::EvalError;
pub use evaluation::{EvaluatedValue, Evaluation, Reason};
pub use explain::{Explanation, Step};
pub use finding::Finding;
pub use host::{FixedHost, Host};
pub use log_level::logger_keys;
pub use murmur3::Murmur3;
pub use operators::{InvalidInstant, RegexLimits, parse_instant};
pub use options::Options;
pub use pattern_cache::PatternCache;
pub use ruleset::Ruleset;
pub use search_budget::{SearchBudget, SearchLimit};
pub use selected_rule::{SelectError, SelectedRule};
pub use trace::{Trace, WeightedChoice};
