//! Types for building configs with rules in a program.
//!
//! Most programs read configs from files or a server. A program or a test that builds its own passes them to
//! [`ClientBuilder::config`](crate::ClientBuilder::config) or
//! [`Client::override_config`](crate::Client::override_config).
//!
//! # Examples
//!
//! ```
//! use prefab_client::{
//!     Client, Config, Context, ContextSet,
//!     rules::{ConditionalValue, ConfigRow, Criterion, Operator},
//! };
//!
//! // `true` for the e-mail addresses of one company, `false` for all others.
//! let is_acme = Criterion {
//!     property_name: "user.email".into(),
//!     operator: Operator::PropEndsWithOneOf,
//!     value_to_match: Some(vec!["@acme.test".to_owned()].into()),
//! };
//! let rules = vec![
//!     ConditionalValue::when(vec![is_acme], true),
//!     ConditionalValue::when(Vec::new(), false),
//! ];
//! let flag = Config {
//!     rows: vec![ConfigRow { values: rules, ..ConfigRow::default() }],
//!     ..Config::constant("new-checkout", false)
//! };
//!
//! let client = Client::in_memory().config(flag).build()?;
//! let ada = ContextSet::from(Context::new("user").with("email", "ada@acme.test"));
//! assert!(client.with(&ada).enabled("new-checkout"));
//! assert!(!client.enabled("new-checkout"));
//! # Ok::<(), prefab_client::Error>(())
//! ```

pub use prefab_core::{
    ConditionalValue, ConfigRow, Criterion, Operator, Value, WeightedValue, WeightedValues,
};
