//! An answer with every step that led to it.

use std::fmt;

use prefab_core::{ContextValue, Criterion};

use crate::{
    Contexts, EvalError, Evaluation, Host, Ruleset,
    trace::{Hashed, Trace},
    words,
};

/// An answer and how it came about. Its [`Display`](fmt::Display) is for people.
#[derive(Clone, Debug)]
pub struct Explanation<'r> {
    /// The key.
    pub key: String,
    /// The steps, in the order they were taken.
    pub steps: Vec<Step>,
    /// The answer: the same that [`Ruleset::evaluate`] gives.
    pub outcome: Result<Evaluation<'r>, EvalError>,
}

/// One step of an evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// How deep within segments, 0 for the key itself.
    pub depth: usize,
    /// What was done and what came of it.
    pub text: String,
}

impl Ruleset {
    /// Evaluates a key and says in words why it has this value.
    pub fn explain<'r>(&'r self, key: &str, contexts: &Contexts<'_>, host: &dyn Host) -> Explanation<'r> {
        let mut recorder = Recorder::default();
        let outcome = self.evaluate_with(key, contexts, host, &mut recorder);
        Explanation { key: key.to_owned(), steps: recorder.steps, outcome }
    }
}

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Ok(answer) => {
                writeln!(f, "{} = {} ({})", self.key, answer.shown(), answer.value.kind())?;
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
    let row = match answer.matched() {
        matched if matched == "default" => "the default rules".to_owned(),
        matched => format!("`{matched}`"),
    };
    let rule = answer.conditional_value_index + 1;
    match answer.weighted_value_index {
        Some(index) => format!("rule {rule} of {row}, choice {} by percentage", index + 1),
        None => format!("rule {rule} of {row}"),
    }
}

/// Writes the steps down.
#[derive(Default)]
struct Recorder {
    steps: Vec<Step>,
    depth: usize,
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

    fn criterion(&mut self, criterion: &Criterion, property: Option<&ContextValue>, held: bool) {
        let outcome = if held { "yes" } else { "no" };
        let name = &criterion.property_name;
        let words = words::criterion(criterion);
        let text = match (property, criterion.operator) {
            (_, prefab_core::Operator::InSeg | prefab_core::Operator::NotInSeg) => {
                format!("{words}: {outcome}")
            }
            (Some(value), _) => format!("{words}: {outcome}, it is {value}"),
            (None, _) => format!("{words}: {outcome}, `{name}` is absent"),
        };
        self.step(2, text);
    }

    fn enter_segment(&mut self, key: &str) {
        self.step(2, format!("segment `{key}`:"));
        self.depth += 3;
    }

    fn leave_segment(&mut self, key: &str, held: bool, problem: Option<&str>) {
        if let Some(problem) = problem {
            self.step(0, problem.to_owned());
        }
        self.depth = self.depth.saturating_sub(3);
        self.step(2, format!("segment `{key}` {}", if held { "holds" } else { "does not hold" }));
    }

    fn weighted(&mut self, hashed: &Hashed<'_>) {
        let Hashed { context, property, hash, share, from, to, chosen } = *hashed;
        let dot = if context.is_empty() { "" } else { "." };
        let by = match hash {
            Some(hash) => format!("{context}{dot}{property} hashes to {hash}"),
            None => format!("{context}{dot}{property} is absent, so chance decides"),
        };
        let (share, from, to) = (100.0 * share, 100.0 * from, 100.0 * to);
        self.step(1, format!("{by}: {share:.3} % falls in {from:.3} to {to:.3} %, choice {}", chosen + 1));
    }

    fn provided(&mut self, variable: &str, found: bool) {
        let found = if found { "is set" } else { "is not set" };
        self.step(1, format!("environment variable {variable} {found}"));
    }

    fn decrypts(&mut self, decrypt_with: &str) {
        self.step(1, format!("decrypted with `{decrypt_with}`"));
    }
}
