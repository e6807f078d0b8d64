//! What an evaluation tells to whoever listens.

use prefab_core::{ContextValue, Criterion};

use crate::SearchLimit;

/// Listens to the steps of an evaluation.
///
/// The engine has one code path: `evaluate` listens with `()`, which costs nothing, and `explain` with a
/// recorder, so the answer and its explanation cannot differ.
pub trait Trace {
    /// Whether anybody listens; steps that cost something to tell are skipped otherwise.
    const ENABLED: bool = true;

    /// A row is tried: the environment's, or the default one.
    fn row(&mut self, index: u32, project_env_id: Option<i64>) {
        let _ = (index, project_env_id);
    }

    /// A rule is tried.
    fn rule(&mut self, index: u32, criteria: usize) {
        let _ = (index, criteria);
    }

    /// A criterion was tested against a property; `None` is an absent one.
    fn criterion(&mut self, criterion: &Criterion, property: Option<&ContextValue>, held: bool) {
        let _ = (criterion, property, held);
    }

    /// A search for the pattern of a criterion gave up; the criterion does not match. Comes before
    /// [`criterion`](Self::criterion).
    fn search_limit_reached(&mut self, limit: SearchLimit) {
        let _ = limit;
    }

    /// A segment is entered.
    fn enter_segment(&mut self, key: &str) {
        let _ = key;
    }

    /// A segment gave an answer; `problem` says what kept it from a better one.
    fn leave_segment(&mut self, key: &str, held: bool, problem: Option<&str>) {
        let _ = (key, held, problem);
    }

    /// A value was chosen by percentage.
    fn weighted(&mut self, hashed: &WeightedChoice<'_>) {
        let _ = hashed;
    }

    /// A value was looked up in an environment variable.
    fn provided(&mut self, variable: &str, found: bool) {
        let _ = (variable, found);
    }

    /// A value is encrypted; the config with its key is evaluated next.
    fn enter_key(&mut self, decrypt_with: &str) {
        let _ = decrypt_with;
    }

    /// The config with the key was evaluated; what did not work is the evaluation's error.
    fn leave_key(&mut self) {}
}

impl Trace for () {
    const ENABLED: bool = false;
}

/// How a percentage was decided.
#[derive(Clone, Copy, Debug)]
pub struct WeightedChoice<'a> {
    /// The context of the property that decides.
    pub context: &'a str,
    /// The property that decides.
    pub property: &'a str,
    /// The hash; absent where the property is, so that chance decided.
    pub hash: Option<u32>,
    /// The place between 0 and 1 that the hash, or chance, gave.
    pub share: f64,
    /// Where the chosen value's part begins.
    pub from: f64,
    /// Where the chosen value's part ends.
    pub to: f64,
    /// The index of the chosen value.
    pub chosen: usize,
}
