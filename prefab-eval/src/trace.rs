//! Callbacks for the steps of an evaluation.

use prefab_core::{ContextValue, Criterion};

use crate::SearchLimit;

/// Receives the steps of an evaluation.
///
/// `evaluate` and `explain` share one code path: `evaluate` uses the empty trace `()`, which has no cost, and `explain`
/// records every step. A value and its explanation therefore agree.
///
/// # Examples
///
/// Count the rules that an evaluation tries:
///
/// ```
/// use prefab_eval::{Contexts, Ruleset, SystemHost, Trace};
///
/// #[derive(Default)]
/// struct RuleCount(usize);
///
/// impl Trace for RuleCount {
///     fn rule(&mut self, _: u32, _: usize) {
///         self.0 += 1;
///     }
/// }
///
/// let ruleset = Ruleset::from_datafile(r#"{"configs": [
///     {"id": "1", "key": "max-jobs", "rows": [{"values": [{"value": {"int": "30"}}]}]}
/// ]}"#)?;
/// let mut count = RuleCount::default();
/// ruleset.evaluate_with("max-jobs", &Contexts::default(), &SystemHost, &mut count)?;
/// assert_eq!(count.0, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Trace {
    /// Whether the trace records steps. If not, the engine skips the work that only a trace needs.
    const ENABLED: bool = true;

    /// A row is tried. The default row has no environment.
    fn row(&mut self, index: u32, project_env_id: Option<i64>) {
        let _ = (index, project_env_id);
    }

    /// A rule is tried.
    fn rule(&mut self, index: u32, criteria: usize) {
        let _ = (index, criteria);
    }

    /// A criterion was compared with a property. `None` is an absent property.
    fn criterion(&mut self, criterion: &Criterion, property: Option<&ContextValue>, matched: bool) {
        let _ = (criterion, property, matched);
    }

    /// A search reached a limit, so its criterion does not match. Called before [`criterion`](Self::criterion).
    fn search_limit_reached(&mut self, limit: SearchLimit) {
        let _ = limit;
    }

    /// The evaluation of a segment starts.
    fn enter_segment(&mut self, key: &str) {
        let _ = key;
    }

    /// The evaluation of a segment ended. `problem` is the reason why it could not be evaluated.
    fn leave_segment(&mut self, key: &str, matched: bool, problem: Option<&str>) {
        let _ = (key, matched, problem);
    }

    /// A percentage rollout chose a value.
    fn weighted(&mut self, hashed: &WeightedChoice<'_>) {
        let _ = hashed;
    }

    /// A value was read from an environment variable.
    fn provided(&mut self, variable: &str, found: bool) {
        let _ = (variable, found);
    }

    /// A value is encrypted. The evaluation of the config with the decryption key starts.
    fn enter_key(&mut self, decrypt_with: &str) {
        let _ = decrypt_with;
    }

    /// The evaluation of the config with the decryption key ended.
    fn leave_key(&mut self) {}
}

impl Trace for () {
    const ENABLED: bool = false;
}

/// The choice of a value by a percentage rollout.
#[derive(Clone, Copy, Debug)]
pub struct WeightedChoice<'a> {
    /// The context of the property that is hashed.
    pub context: &'a str,
    /// The property that is hashed.
    pub property: &'a str,
    /// The hash. `None` if the property is absent; the value is then chosen at random.
    pub hash: Option<u32>,
    /// The position between 0 and 1: the hash, or a random number.
    pub share: f64,
    /// The start of the chosen value's interval.
    pub from: f64,
    /// The end of the chosen value's interval.
    pub to: f64,
    /// The index of the chosen value.
    pub chosen: usize,
}
