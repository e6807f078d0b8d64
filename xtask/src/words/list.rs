//! The list of words and the list of exceptions.

use anyhow::{Result, bail};

/// Words that must not follow each other in a text.
#[derive(Debug)]
pub(super) struct Phrase {
    shown: String,
    replacement: String,
    pub(super) steps: Vec<Step>,
}

/// One place in a phrase.
#[derive(Debug)]
pub(super) enum Step {
    /// One of these words must be here.
    OneOf(Vec<String>),
    /// None of these words may be here.
    NoneOf(Vec<String>),
}

impl Phrase {
    /// Returns the phrase as it is written in the list.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// Returns what to write instead.
    pub(super) fn replacement(&self) -> &str {
        &self.replacement
    }
}

/// A phrase that some files may contain.
#[derive(Debug)]
pub(super) struct Exception {
    prefix: String,
    /// `None` allows every phrase.
    phrase: Option<String>,
}

impl Exception {
    /// Returns whether a file may contain a text.
    pub(super) fn covers(&self, path: &str, text: &str) -> bool {
        path.starts_with(&self.prefix) && self.phrase.as_ref().is_none_or(|phrase| phrase == text)
    }
}

/// Reads lines of `phrase = replacement`.
pub(super) fn phrases(text: &str) -> Result<Vec<Phrase>> {
    lines(text).map(phrase).collect()
}

fn phrase(line: &str) -> Result<Phrase> {
    let Some((shown, replacement)) = line.split_once(" = ") else {
        bail!("xtask/words.txt: `{line}` is not `phrase = replacement`");
    };
    let steps = shown.split_whitespace().map(step).collect();
    Ok(Phrase { shown: shown.to_owned(), replacement: replacement.to_owned(), steps })
}

fn step(word: &str) -> Step {
    let words = |text: &str| text.split('|').map(str::to_owned).collect();
    match word.strip_prefix("(!").and_then(|rest| rest.strip_suffix(')')) {
        Some(refused) => Step::NoneOf(words(refused)),
        None => Step::OneOf(words(word)),
    }
}

/// Reads lines of `path prefix : phrase : reason`. A phrase of `*` stands for every phrase.
pub(super) fn exceptions(text: &str) -> Result<Vec<Exception>> {
    lines(text)
        .map(|line| {
            let mut parts = line.splitn(3, " : ");
            let (Some(prefix), Some(phrase), Some(_reason)) = (parts.next(), parts.next(), parts.next())
            else {
                bail!("xtask/words-allowed.txt: `{line}` is not `path prefix : phrase : reason`");
            };
            let phrase = (phrase != "*").then(|| phrase.to_owned());
            Ok(Exception { prefix: prefix.to_owned(), phrase })
        })
        .collect()
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}
