//! Explanations: an evaluation with every step that led to its result.

use std::fmt;

use prefab_core::{ContextValue, Criterion, context::LOOKUP};

use crate::{
    Contexts, EvalError, Evaluation, Host, Ruleset, SearchLimit, describe,
    trace::{Trace, WeightedChoice},
};

/// The result of an evaluation and the steps that led to it. [`Display`](fmt::Display) formats it as text.
///
/// # Examples
///
/// ```
/// use prefab_eval::{Contexts, Ruleset, SystemHost};
///
/// let ruleset = Ruleset::from_datafile(r#"{"configs": [
///     {"id": "1", "key": "max-jobs", "rows": [{"values": [{"value": {"int": "30"}}]}]}
/// ]}"#)?;
/// let explanation = ruleset.explain("max-jobs", &Contexts::default(), &SystemHost);
/// assert_eq!(explanation.to_string(), "\
/// max-jobs = 30 (int)
///   because rule 1 of the default rules, from datafile (remote)
///   default rules:
///     rule 1: always
/// ");
/// # Ok::<(), prefab_eval::datafile::DatafileError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Explanation<'r> {
    /// The key.
    pub key: String,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// The first limit that a search reached. Its criterion did not match.
    pub limit: Option<SearchLimit>,
    /// The result, the same as that of [`Ruleset::evaluate`].
    pub outcome: Result<Evaluation<'r>, EvalError>,
}

/// One step of an evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The indentation: 0 for the rows of the key itself, more for their rules and for segments.
    pub depth: usize,
    /// The step and its result, for example `rule 1: always`.
    pub text: String,
}

impl Ruleset {
    /// Evaluates a key and records every step.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::{Contexts, Ruleset, SystemHost};
    ///
    /// let ruleset = Ruleset::default();
    /// let explanation = ruleset.explain("max-jobs", &Contexts::default(), &SystemHost);
    /// assert_eq!(explanation.to_string(), "max-jobs has no value: no config has this key\n");
    /// ```
    pub fn explain<'r>(&'r self, key: &str, contexts: &Contexts<'_>, host: &dyn Host) -> Explanation<'r> {
        let mut recorder = Recorder::default();
        let outcome = self.evaluate_with(key, contexts, host, &mut recorder);
        Explanation { key: key.to_owned(), steps: recorder.steps, limit: recorder.limit, outcome }
    }
}

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Ok(answer) => {
                writeln!(f, "{} = {} ({})", self.key, answer.display_value(), answer.kind())?;
                writeln!(
                    f,
                    "  because {}, from {} ({})",
                    because(answer),
                    answer.provenance().source,
                    answer.provenance().layer
                )?;
            }
            Err(error) => writeln!(f, "{} has no value: {error}", self.key)?,
        }
        for Step { depth, text } in &self.steps {
            writeln!(f, "  {:indent$}{text}", "", indent = 2 * depth)?;
        }
        Ok(())
    }
}

fn because(answer: &Evaluation<'_>) -> String {
    let env = answer.config.environment_of(answer.config_row_index);
    let row = env.map_or("the default rules".to_owned(), |id| format!("environment {id}"));
    let rule = answer.conditional_value_index + 1;
    let choice = answer.weighted_value_index.map(|index| format!(", choice {} by percentage", index + 1));
    let namespace = answer.namespace().map(|namespace| format!(", for namespace `{namespace}`"));
    format!("rule {rule} of {row}{}{}", namespace.unwrap_or_default(), choice.unwrap_or_default())
}

/// A trace that records the steps as text.
#[derive(Default)]
struct Recorder {
    steps: Vec<Step>,
    depth: usize,
    limit: Option<SearchLimit>,
}

impl Recorder {
    fn step(&mut self, inner: usize, text: String) {
        self.steps.push(Step { depth: self.depth + inner, text });
    }
}

impl Trace for Recorder {
    fn row(&mut self, _: u32, project_env_id: Option<i64>) {
        let text =
            project_env_id.map_or("default rules:".to_owned(), |id| format!("rules of environment {id}:"));
        self.step(0, text);
    }

    fn rule(&mut self, index: u32, criteria: usize) {
        let text = match criteria {
            0 => format!("rule {}: always", index + 1),
            1 => format!("rule {}:", index + 1),
            _ => format!("rule {}, all of:", index + 1),
        };
        self.step(1, text);
    }

    fn criterion(&mut self, criterion: &Criterion, property: Option<&ContextValue>, matched: bool) {
        let outcome = if matched { "yes" } else { "no" };
        let criterion_text = describe::describe_criterion(criterion);
        let text = match describe::describe_property(criterion.operator, property) {
            Some(seen) => format!("{criterion_text}: {outcome}, it is {seen}"),
            None => format!("{criterion_text}: {outcome}"),
        };
        self.step(2, text);
    }

    fn search_limit_reached(&mut self, limit: SearchLimit) {
        self.limit = self.limit.or(Some(limit));
        self.step(2, format!("{limit}, the next criterion does not match:"));
    }

    fn enter_segment(&mut self, key: &str) {
        self.step(2, format!("segment `{key}`:"));
        self.depth += 3;
    }

    fn leave_segment(&mut self, _: &str, _: bool, problem: Option<&str>) {
        if let Some(problem) = problem {
            self.step(0, problem.to_owned());
        }
        self.depth = self.depth.saturating_sub(3);
    }

    fn weighted(&mut self, hashed: &WeightedChoice<'_>) {
        let WeightedChoice { context, property, hash, share, from, to, chosen } = *hashed;
        let dot = if context.is_empty() { "" } else { "." };
        let by = match hash {
            Some(_) => format!("{context}{dot}{property} decides"),
            None if context.is_empty() && property == LOOKUP => "chance decides".to_owned(),
            None => format!("chance decides, for {context}{dot}{property} is absent"),
        };
        let chosen = chosen + 1;
        self.step(
            1,
            if from.is_finite() && to.is_finite() {
                let hash = hash.map(|hash| format!(" (hash {hash})")).unwrap_or_default();
                let [share, from, to] = [share, from, to].map(percent);
                format!("{by}: {share} %{hash} is within {from} to {to} %, choice {chosen}")
            } else {
                format!("all weights are zero, so the last one applies: choice {chosen}")
            },
        );
    }

    fn provided(&mut self, variable: &str, found: bool) {
        let text = if found {
            format!("read from environment variable {variable}")
        } else {
            format!("environment variable {variable} is not set")
        };
        self.step(1, text);
    }

    fn enter_key(&mut self, decrypt_with: &str) {
        self.step(1, format!("encrypted with the value of `{decrypt_with}`:"));
        self.depth += 2;
    }

    fn leave_key(&mut self) {
        self.depth = self.depth.saturating_sub(2);
    }
}

/// Formats a share in percent, with at most three decimals.
fn percent(share: f64) -> String {
    let text = format!("{:.3}", 100.0 * share);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
