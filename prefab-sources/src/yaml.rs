//! Parses the text of a local YAML file: values, feature flags, secrets and log levels by key.
//!
//! Nested keys are joined with dots. The key `_` is the key around it:
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
//! Plain scalars have the meaning of YAML 1.1 as in Python: `yes` is true, `017` is fifteen, `1e3` is a string. A quoted scalar
//! is always a string. An invalid entry affects only its key and is reported as a [`Finding`].

mod compose;
mod criteria;
mod findings;
mod flatten;
mod merge;
mod namespaces;
mod node;
mod operand;
mod scalar;
mod shorthand;
mod surrogates;
mod typed;
mod value;

use std::sync::Arc;

use prefab_core::{Config, Match, encoding};

use crate::{Finding, Position, read::position_after};

/// The maximum nesting depth.
pub const MAX_DEPTH: usize = 64;
/// The maximum number of nodes of a file.
pub const MAX_NODES: usize = 1_000_000;
/// The maximum number of nodes that aliases may add.
pub const MAX_ALIASED_NODES: usize = 100_000;
/// The maximum number of bytes of text that aliases may repeat.
pub const MAX_ALIASED_BYTES: usize = 8 << 20;
/// The maximum length of a key, with the keys around it, in bytes.
pub const MAX_KEY_BYTES: usize = 1_024;
/// The maximum total length of all keys, in bytes.
pub const MAX_KEYS_BYTES: usize = 64 << 20;
/// The maximum number of findings that are listed.
pub const MAX_FINDINGS: usize = 100;

/// The content of a YAML text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParsedYaml {
    /// One item per key, in the order of the text.
    pub items: Vec<YamlItem>,
    /// Entries that were skipped, and suspicious ones.
    pub findings: Vec<Finding>,
}

/// One key of a YAML text.
#[derive(Clone, Debug, PartialEq)]
pub struct YamlItem {
    /// The config.
    pub config: Config,
    /// What evaluations report as the match.
    pub matched: Match,
    /// The position of the key.
    pub position: Position,
}

/// A text that is not valid YAML.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {}, column {}: {cause}", position.line, position.column)]
pub struct YamlError {
    /// The place.
    pub position: Position,
    /// The reason.
    pub cause: YamlErrorKind,
}

/// Why a YAML text is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum YamlErrorKind {
    /// The text violates the syntax of YAML.
    #[error("{0}")]
    Syntax(String),
    /// The text contains a character that YAML does not allow.
    #[error("the control character U+{:04X} is not allowed", u32::from(*.0))]
    ControlCharacter(char),
    /// The text has a second document.
    #[error("a second YAML document starts here")]
    SeveralDocuments,
    /// Collections are nested too deeply.
    #[error("collections are nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// An alias refers to a node that contains it.
    #[error("the alias refers to a node that contains it")]
    AliasOfItself,
    /// Aliases repeat too much.
    #[error("aliases repeat more than {MAX_ALIASED_NODES} nodes or {MAX_ALIASED_BYTES} bytes")]
    TooManyAliased,
    /// The text has too many nodes.
    #[error("the file has more than {MAX_NODES} nodes")]
    TooManyNodes,
    /// The keys are too long in total.
    #[error("the keys have more than {MAX_KEYS_BYTES} bytes in total")]
    KeysTooLong,
}

impl YamlErrorKind {
    /// Returns how to fix the text.
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
            Self::AliasOfItself => "refer to a node that does not contain the alias",
            Self::TooManyAliased => "use fewer aliases",
            Self::TooManyNodes | Self::KeysTooLong => "check that it is the right file",
        }
    }
}

/// Parses a YAML text. `source` is its name in findings, for example its path.
///
/// An empty text has no items. A text that is not a mapping has no items and one finding.
///
/// # Errors
///
/// [`YamlError`] if the text is not valid YAML or exceeds a limit of this module.
pub fn parse(text: &str, source: impl Into<Arc<str>>) -> Result<ParsedYaml, YamlError> {
    let text = encoding::without_mark(text);
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

/// Returns whether YAML allows the character without an escape.
fn is_printable(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests;
