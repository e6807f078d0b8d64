//! Reads the text of a local YAML file: values, feature flags, secrets and log levels by key.
//!
//! Nested keys are joined with dots, and `_` stands for the key around it:
//!
//! ```
//! let text = "
//! jobs:
//!   _: 30
//!   retries: 0x10
//! log-level.db: warn
//! beta:
//!   feature_flag: true
//!   value: true
//!   criterion: {operator: PROP_IS_ONE_OF, property: user.country, values: [NO, SE]}
//! api-key: {type: provided, lookup: API_KEY}
//! ";
//! let parsed = prefab_sources::yaml::parse(text, "example.yaml")?;
//! let keys: Vec<&str> = parsed.items.iter().map(|item| item.config.key.as_str()).collect();
//! assert_eq!(keys, ["jobs", "jobs.retries", "log-level.db", "beta", "api-key"]);
//! assert!(parsed.findings.is_empty());
//! # Ok::<(), prefab_sources::yaml::YamlError>(())
//! ```
//!
//! Plain scalars mean what YAML 1.1 and Python say: `yes` is true, `017` is fifteen, `1e3` is a text. Quotes
//! make a text of anything. What is wrong with one key costs that key and is reported as a [`Finding`].

mod compose;
mod criteria;
mod findings;
mod flatten;
mod merge;
mod node;
mod scalar;
mod shorthand;
mod value;

use std::sync::Arc;

use prefab_core::{Config, Match};

use crate::{Finding, Position, read::position_after};

/// The deepest nesting that is read.
pub const MAX_DEPTH: usize = 64;
/// The most nodes that a file may have.
pub const MAX_NODES: usize = 1_000_000;
/// The most nodes that aliases may add to those.
pub const MAX_ALIASED_NODES: usize = 100_000;
/// The most bytes of text that aliases may repeat.
pub const MAX_ALIASED_BYTES: usize = 8 << 20;
/// The most bytes that a key may have once it is written out.
pub const MAX_KEY_BYTES: usize = 1_024;
/// The most bytes that all keys may have once they are written out.
pub const MAX_KEYS_BYTES: usize = 64 << 20;
/// The most findings that are told one by one.
pub const MAX_FINDINGS: usize = 100;

/// What a YAML text says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParsedYaml {
    /// One item per key, in the order of the text.
    pub items: Vec<YamlItem>,
    /// What could not be taken, or was taken with a doubt.
    pub findings: Vec<Finding>,
}

/// One key of a YAML text.
#[derive(Clone, Debug, PartialEq)]
pub struct YamlItem {
    /// The config.
    pub config: Config,
    /// What to report as the match.
    pub matched: Match,
    /// Where the key stands.
    pub position: Position,
}

/// A text that cannot be read as YAML, and where it goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {}, column {}: {cause}", position.line, position.column)]
pub struct YamlError {
    /// The place.
    pub position: Position,
    /// What is wrong there.
    pub cause: YamlErrorKind,
}

/// What makes a YAML text unreadable as a whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum YamlErrorKind {
    /// The text breaks a rule of YAML.
    #[error("{0}")]
    Syntax(String),
    /// A character that YAML does not allow.
    #[error("the control character U+{:04X} is not allowed", u32::from(*.0))]
    ControlCharacter(char),
    /// A second document.
    #[error("a second document starts")]
    SeveralDocuments,
    /// Collections in collections in collections.
    #[error("is nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// An alias within the node that it stands for.
    #[error("the alias stands within what it repeats")]
    AliasOfItself,
    /// Aliases that repeat aliases.
    #[error("aliases repeat more than {MAX_ALIASED_NODES} nodes or {MAX_ALIASED_BYTES} bytes")]
    TooManyAliased,
    /// More nodes than any config file has.
    #[error("has more than {MAX_NODES} nodes")]
    TooManyNodes,
    /// Long keys around many keys.
    #[error("all keys written out have more than {MAX_KEYS_BYTES} bytes")]
    KeysTooLong,
}

impl YamlErrorKind {
    /// Returns what to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Syntax(why) if why.contains("tab") => "indent with spaces and save the file again",
            Self::Syntax(why) if why.contains("unexpected character") => {
                "put the text in quotes and save the file again"
            }
            Self::Syntax(_) => "correct the file and save it again",
            Self::ControlCharacter(_) => "remove it, or write it as an escape in double quotes",
            Self::SeveralDocuments => "keep one document and remove the `---` between them",
            Self::TooDeep => "write dotted keys instead of nesting them",
            Self::AliasOfItself => "repeat something outside of it",
            Self::TooManyAliased => "repeat less",
            Self::TooManyNodes | Self::KeysTooLong => "check that it is the right file",
        }
    }
}

/// Reads a YAML text; `source` names it in findings, as a path does.
///
/// An empty text says nothing. A text that is not a mapping says nothing and is a finding.
pub fn parse(text: &str, source: impl Into<Arc<str>>) -> Result<ParsedYaml, YamlError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some((at, character)) = text.char_indices().find(|(_, c)| !is_printable(*c)) {
        let cause = YamlErrorKind::ControlCharacter(character);
        return Err(YamlError { position: position_after(&text[..at]), cause });
    }
    let mut findings = findings::Findings::new(source.into());
    let items = match compose::compose(text, &mut findings)? {
        Some(root) => flatten::flatten(&root, &mut findings)?,
        None => Vec::new(),
    };
    Ok(ParsedYaml { items, findings: findings.finish() })
}

/// Tells whether YAML allows the character unescaped.
fn is_printable(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests;
