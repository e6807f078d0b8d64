//! One rule for the names that people type: which names count as the same, and which thing a name means.
//!
//! Uniqueness and look-up use the same rule. [`check_new`] refuses a name that [`find`] could confuse with another one, so
//! that a name never leads to the wrong project, environment or config.

use std::{borrow::Cow, collections::BTreeMap};

use unicode_normalization::UnicodeNormalization as _;

/// Whether upper and lower case differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// For config keys, segments and tags.
    Sensitive,
    /// For projects, environments, e-mail addresses and tokens.
    Insensitive,
}

/// Returns the form in which names are compared. Names with the same form look the same to a person.
///
/// The form has no invisible characters (zero-width, bidirectional controls, variation selectors) and no surrounding
/// blanks. It is in Unicode NFC, and in lower case if case makes no difference.
///
/// ```
/// use prefab_store::names::{Case, fold};
///
/// assert_eq!(fold(" Produc\u{200b}tion", Case::Insensitive), "production");
/// assert_eq!(fold("cafe\u{301}", Case::Sensitive), "caf\u{e9}");
/// ```
pub fn fold(name: &str, case: Case) -> Cow<'_, str> {
    let is_lower = case == Case::Sensitive || !name.bytes().any(|byte| byte.is_ascii_uppercase());
    let has_blank = |byte: u8| byte.is_ascii_whitespace() && byte != b' ';
    if name.is_ascii() && is_lower && name.trim() == name && !name.bytes().any(has_blank) {
        return Cow::Borrowed(name);
    }
    let visible = name.chars().filter(|letter| !is_invisible(*letter));
    let blanks = visible.map(|letter| if letter.is_whitespace() { ' ' } else { letter });
    let composed: String = blanks.nfc().collect();
    let trimmed = composed.trim();
    Cow::Owned(match case {
        Case::Sensitive => trimmed.to_owned(),
        // Lower case can decompose letters, such as İ.
        Case::Insensitive => trimmed.to_lowercase().nfc().collect(),
    })
}

/// Returns whether a character takes no space on screen: most of Unicode's `Default_Ignorable_Code_Point`.
fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Why a new name is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameProblem {
    /// The name, or one that looks the same, is in use.
    Taken {
        /// The name in use.
        existing: String,
    },
    /// The name could be confused with an id.
    LikeId,
    /// The name has no visible character.
    Invisible,
}

/// Returns whether a name could be confused with an id.
pub fn is_like_id(name: &str) -> bool {
    fold(name, Case::Sensitive).parse::<i64>().is_ok()
}

/// Checks a new name beside the existing ones.
///
/// # Errors
///
/// [`NameProblem`] if a person could confuse the name with an existing one. An id-like name is refused only if case makes
/// no difference, because config keys have no ids.
pub fn check_new<'n>(
    name: &str,
    existing: impl IntoIterator<Item = &'n str>,
    case: Case,
) -> Result<(), NameProblem> {
    let folded = fold(name, case);
    if folded.is_empty() {
        return Err(NameProblem::Invisible);
    }
    if case == Case::Insensitive && is_like_id(name) {
        return Err(NameProblem::LikeId);
    }
    match existing.into_iter().find(|existing| fold(existing, case) == folded) {
        Some(existing) => Err(NameProblem::Taken { existing: existing.to_owned() }),
        None => Ok(()),
    }
}

/// Why a name leads to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoMatch {
    /// No name matches. Contains all names.
    Unknown(Vec<String>),
    /// Several names match. Contains these, with their ids.
    Ambiguous(Vec<String>),
}

impl NoMatch {
    /// Returns the message for a person. `kind` is the kind of the thing, such as `environment`.
    pub fn describe(&self, kind: &str, text: &str) -> String {
        match self {
            Self::Unknown(names) if names.is_empty() => format!("unknown {kind} \"{text}\""),
            Self::Unknown(names) => {
                format!("unknown {kind} \"{text}\"; expected one of {}", names.join(", "))
            }
            Self::Ambiguous(names) => format!(
                "{kind} \"{text}\" could be one of {}; use the exact name or the number",
                names.join(", ")
            ),
        }
    }
}

/// Finds the thing that a person means: by id, else by its exact name, else by the only name that looks the same.
///
/// `label` returns the id and the name of a thing. The id is `None` for things without one.
///
/// # Errors
///
/// [`NoMatch`] with the candidates.
pub fn find<'t, T>(
    things: &'t [T],
    text: &str,
    case: Case,
    label: impl Fn(&T) -> (Option<String>, &str),
) -> Result<&'t T, NoMatch> {
    let by_id = things.iter().find(|thing| label(thing).0.as_deref() == Some(text));
    if let Some(found) = by_id.or_else(|| things.iter().find(|thing| label(thing).1 == text)) {
        return Ok(found);
    }
    let folded = fold(text, case);
    let similar: Vec<&T> = things.iter().filter(|thing| fold(label(thing).1, case) == folded).collect();
    match *similar {
        [found] => Ok(found),
        [] => Err(NoMatch::Unknown(things.iter().map(|thing| label(thing).1.to_owned()).collect())),
        _ => Err(NoMatch::Ambiguous(
            similar
                .into_iter()
                .map(|thing| match label(thing) {
                    (Some(id), name) => format!("{name} ({id})"),
                    (None, name) => name.escape_debug().to_string(),
                })
                .collect(),
        )),
    }
}

/// Lists the groups of names that look the same. Such names are older than the rule, or another program wrote them.
pub fn duplicates<'n>(names: impl IntoIterator<Item = &'n str>, case: Case) -> Vec<Vec<&'n str>> {
    let mut groups: BTreeMap<Cow<'n, str>, Vec<&'n str>> = BTreeMap::new();
    for name in names {
        groups.entry(fold(name, case)).or_default().push(name);
    }
    groups.into_values().filter(|group| group.len() > 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [(&str, &str); 5] =
        [("1", "Development"), ("3", "Production"), ("5", "production"), ("7", "3"), ("9", "caf\u{e9}")];

    fn label<'n>(thing: &'n (&str, &str)) -> (Option<String>, &'n str) {
        (Some(thing.0.to_owned()), thing.1)
    }

    #[test]
    fn a_name_is_found_by_id_then_exactly_then_by_looks() {
        let check = |text: &str, expected: Result<&str, NoMatch>| {
            let found = find(&NAMES, text, Case::Insensitive, label).map(|found| found.0);
            assert_eq!(found, expected, "{text}");
        };
        check("5", Ok("5"));
        check("3", Ok("3"));
        check("production", Ok("5"));
        check("Production", Ok("3"));
        check(" DEVELOP\u{200b}MENT", Ok("1"));
        check("CAFE\u{301}", Ok("9"));
        let both = vec!["Production (3)".to_owned(), "production (5)".to_owned()];
        check("PRODUCTION", Err(NoMatch::Ambiguous(both)));
        let all = NAMES.map(|(_, name)| name.to_owned()).to_vec();
        check("Staging", Err(NoMatch::Unknown(all)));
    }

    #[test]
    fn a_new_name_must_look_different() {
        let check = |name: &str, case: Case, expected: Result<(), NameProblem>| {
            assert_eq!(check_new(name, ["Production", "a.b", "caf\u{e9}"], case), expected, "{name:?}");
        };
        let taken = |existing: &str| Err(NameProblem::Taken { existing: existing.to_owned() });
        for name in
            ["production", "Production", "Production\u{200b}", "\u{202e}Production", "\u{a0}PRODUCTION "]
        {
            check(name, Case::Insensitive, taken("Production"));
        }
        for name in ["a.b", " a.b", "a.b\u{feff}", "a\u{200d}.b"] {
            check(name, Case::Sensitive, taken("a.b"));
        }
        check("cafe\u{301}", Case::Sensitive, taken("caf\u{e9}"));
        check("A.b", Case::Sensitive, Ok(()));
        check("Staging", Case::Insensitive, Ok(()));
        for name in ["3", "-3", "+3", " 3", "3\u{200b}"] {
            check(name, Case::Insensitive, Err(NameProblem::LikeId));
        }
        check("3", Case::Sensitive, Ok(()));
        check("\u{200b} ", Case::Insensitive, Err(NameProblem::Invisible));
    }

    #[test]
    fn names_that_look_the_same_are_listed() {
        let names = ["Production", "Staging", "production", "PRODUCTION\u{200b}"];
        let groups = duplicates(names, Case::Insensitive);
        assert_eq!(groups, [["Production", "production", "PRODUCTION\u{200b}"]]);
    }
}
