//! The start-up table: the value and source of every config.

use std::fmt::Write as _;

use prefab_eval::EvalError;
use tracing::Level;

use crate::{engine::Engine, log_target::LOG};

const KEY: usize = 50;
const VALUE: usize = 35;
const KIND: usize = 7;
const MATCH: usize = 30;

/// Logs the table if the level debug is enabled.
pub(crate) fn log(engine: &Engine) {
    if tracing::enabled!(target: LOG, Level::DEBUG) {
        tracing::debug!(target: LOG, "configs at startup:\n{}", render(engine));
    }
}

/// Returns one line per key, evaluated with the global context.
pub(crate) fn render(engine: &Engine) -> String {
    let rules = engine.rules();
    let mut table = String::new();
    for key in rules.keys() {
        let (value, kind, matched, source) =
            match rules.evaluate(key, &engine.global_contexts(), &engine.host) {
                Ok(answer) => (
                    answer.display_value(),
                    answer.value.kind(),
                    answer.match_label().into_owned(),
                    answer.provenance().source.to_string(),
                ),
                Err(error) => {
                    let source = rules.entry(key).map(|entry| entry.provenance().source.to_string());
                    let text = match error {
                        EvalError::NoMatch => "no rule matches".to_owned(),
                        error => format!("ERROR: {error}"),
                    };
                    (text, "", String::new(), source.unwrap_or_default())
                }
            };
        let _ = writeln!(
            table,
            "{:KEY$} | {:VALUE$} | {:KIND$} | Match: {:MATCH$} | Source: {source}",
            cut(key, KEY),
            cut(&one_line(&value), VALUE),
            cut(kind, KIND),
            cut(&matched, MATCH),
        );
    }
    table
}

fn one_line(text: &str) -> String {
    let as_is = |c: &char| matches!(c, '"' | '\'' | '\\');
    text.chars().map(|c| if as_is(&c) { c.to_string() } else { c.escape_debug().to_string() }).collect()
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}
