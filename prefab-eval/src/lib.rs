//! Which value wins? The rule engine of Prefab: evaluates configs and feature flags, and explains the result.
//!
//! Use this crate to evaluate a datafile without a client, or to build an SDK or a server. In a program that follows
//! a Prefab server, use `prefab-client`.
//!
//! # Examples
//!
//! Evaluate a flag for a user, and explain the value:
//!
//! ```
//! use prefab_eval::{Context, ContextSet, Contexts, EvaluatedValue, Ruleset, SystemHost};
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
//! let evaluation = ruleset.evaluate("new-checkout", &Contexts::of(&user), &SystemHost)?;
//! assert_eq!(evaluation.value, EvaluatedValue::Bool(true));
//!
//! let evaluation = ruleset.evaluate("new-checkout", &Contexts::default(), &SystemHost)?;
//! assert_eq!(evaluation.value, EvaluatedValue::Bool(false));
//!
//! let explanation = ruleset.explain("new-checkout", &Contexts::of(&user), &SystemHost);
//! assert!(explanation.to_string().contains("user.email ends with one of [@acme.test]"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Overview
//!
//! A [`Ruleset`] is the compiled, immutable form of a project's configs. Compiling splits names, hashes lists, parses
//! patterns, versions and dates, and resolves segments. An evaluation borrows from the ruleset. It neither
//! allocates nor locks, with the exceptions that [`Ruleset::evaluate`] lists.
//!
//! The engine has no clock, environment or random numbers of its own. They come from a [`Host`]: [`SystemHost`] in a
//! program, [`FixedHost`] in a test.
//!
//! | Task | Item |
//! | --- | --- |
//! | Compile configs | [`Ruleset::from_datafile`], [`Ruleset::from_store`], [`Ruleset::build`] |
//! | Compile changed configs | [`Ruleset::with_changes`] |
//! | Evaluate a key | [`Ruleset::evaluate`] |
//! | Explain a value | [`Ruleset::explain`] |
//! | Evaluate a log level | [`Ruleset::log_level`] |
//! | List invalid rules | [`Ruleset::findings`] |
//!
//! Types of the data model are re-exported from [`prefab_core`].

#![cfg_attr(docsrs, feature(doc_cfg))]

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
mod evaluated_value;
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
mod prepared_key;
mod property;
mod property_name;
mod provided;
mod rule;
mod ruleset;
mod search;
mod search_budget;
mod selected_rule;
mod system_host;
mod trace;

#[doc(no_inline)]
pub use prefab_core::{
    self, Config, Context, ContextError, ContextSet, ContextValue, Entry, LayeredStore, LevelSet, LogLevel,
    Provenance, ValueType, datafile,
};

pub use contexts::Contexts;
pub use decrypt::encrypt;
pub use describe::describe_criterion;
pub use error::EvalError;
pub use evaluated_value::EvaluatedValue;
pub use evaluation::{Evaluation, Reason};
pub use explain::{Explanation, Step};
pub use finding::Finding;
pub use host::{FixedHost, Host};
pub use operators::{InvalidInstant, RegexLimits, parse_instant};
pub use options::Options;
pub use pattern_cache::PatternCache;
pub use prepared_key::PreparedKey;
pub use ruleset::Ruleset;
pub use search_budget::{SearchBudget, SearchLimit};
pub use system_host::SystemHost;

/// Building blocks for SDKs: rules without their values, traces of evaluations, and the hash of percentage rollouts.
///
/// # Examples
///
/// ```
/// use prefab_eval::{Contexts, Ruleset, SystemHost, sdk::SelectError};
///
/// let ruleset = Ruleset::default();
/// let selected = ruleset.select("new-checkout", &Contexts::default(), &SystemHost);
/// assert_eq!(selected.unwrap_err(), SelectError::UnknownKey);
/// ```
pub mod sdk {
    pub use crate::{
        config_ref::ConfigRef,
        log_level::logger_keys,
        murmur3::Murmur3,
        selected_rule::{SelectError, SelectedRule},
        trace::{Trace, WeightedChoice},
    };
}

#[doc(hidden)]
pub use sdk::{ConfigRef, Murmur3, SelectError, SelectedRule, Trace, WeightedChoice, logger_keys};

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
