//! Finds phrases in a text.

use super::list::{Phrase, Step};

/// A phrase in a text.
#[derive(Debug)]
pub(super) struct Found<'a> {
    /// The line of its first word, from 1.
    pub(super) line: usize,
    /// Its words in lower case, with one space between them.
    pub(super) text: String,
    pub(super) phrase: &'a Phrase,
}

/// A word in lower case, and where it begins.
struct Word {
    text: String,
    line: usize,
    /// The next word belongs to the same phrase: only spaces, line ends and signs of comments are between them.
    continues: bool,
}

/// Returns every phrase that a text contains, in the order of their lines.
pub(super) fn find<'a>(content: &str, phrases: &'a [Phrase]) -> Vec<Found<'a>> {
    let words = words(content);
    let mut found = Vec::new();
    for phrase in phrases {
        for start in 0..words.len() {
            if let Some(text) = matches_at(&words, start, &phrase.steps) {
                found.push(Found { line: words[start].line, text, phrase });
            }
        }
    }
    found.sort_by_key(|found| found.line);
    found
}

/// Returns the words of a phrase if it begins at `start`. Refused words are not part of the text.
fn matches_at(words: &[Word], start: usize, steps: &[Step]) -> Option<String> {
    let mut position = start;
    let mut matched: Vec<&str> = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        match step {
            Step::NoneOf(refused) if index == 0 => {
                let before = start.checked_sub(1).map(|before| &words[before]).filter(|word| word.continues);
                if before.is_some_and(|word| refused.contains(&word.text)) {
                    return None;
                }
            }
            Step::NoneOf(refused) => {
                let joined = words[position - 1].continues;
                if joined && words.get(position).is_some_and(|word| refused.contains(&word.text)) {
                    return None;
                }
            }
            Step::OneOf(wanted) => {
                if !matched.is_empty() && !words[position - 1].continues {
                    return None;
                }
                let word = words.get(position)?;
                if !wanted.contains(&word.text) {
                    return None;
                }
                matched.push(&word.text);
                position += 1;
            }
        }
    }
    Some(matched.join(" "))
}

/// Splits a text into words. Names are split, too: `is_told` and `isTold` are two words.
fn words(content: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut current = String::new();
    let (mut line, mut previous_is_lower) = (1, false);
    for c in content.chars() {
        let new_part = c.is_uppercase() && previous_is_lower;
        if (!c.is_alphanumeric() || new_part) && !current.is_empty() {
            words.push(Word { text: std::mem::take(&mut current), line, continues: true });
        }
        if c.is_alphanumeric() {
            current.extend(c.to_lowercase());
        } else if !joins(c)
            && let Some(last) = words.last_mut()
        {
            last.continues = false;
        }
        previous_is_lower = c.is_lowercase();
        line += usize::from(c == '\n');
    }
    if !current.is_empty() {
        words.push(Word { text: current, line, continues: false });
    }
    words
}

/// Returns whether a phrase goes through this character.
fn joins(c: char) -> bool {
    c.is_whitespace() || matches!(c, '_' | '-' | '/' | '!' | '*' | '#' | '\\' | '>')
}

/// Returns whether a line, or the line before it, allows a phrase: `words: allow PHRASE: reason`.
pub(super) fn is_allowed_beside(content: &str, line: usize, text: &str) -> bool {
    let allowance = format!("words: allow {text}:");
    let first = line.saturating_sub(2);
    content
        .lines()
        .skip(first)
        .take(line - first)
        .any(|line| line.split_once(&allowance).is_some_and(|(_, reason)| !reason.trim().is_empty()))
}

#[cfg(test)]
mod tests {
    use super::super::list;
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(usize, &str)]) {
        let phrases =
            list::phrases("at once = now\nis told = receives\n(!there) is no (!longer) = is not a\n")
                .unwrap();
        let found = find(text, &phrases);
        let found: Vec<(usize, &str)> = found.iter().map(|found| (found.line, found.text.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn phrases_are_found_in_texts_names_and_across_lines() {
        check("do it at once", &[(1, "at once")]);
        check("fn client_is_told() {}\nisTold()", &[(1, "is told"), (2, "is told")]);
        check("/// It runs at\n/// once.", &[(1, "at once")]);
        check("look at. Once more", &[]);
        check("flat once", &[]);
    }

    #[test]
    fn words_before_and_after_can_make_a_phrase_right() {
        check("`x` is no level", &[(1, "is no")]);
        check("there is no level, and it is no longer here", &[]);
    }

    #[test]
    fn a_comment_allows_one_phrase_with_a_reason() {
        let text = "// words: allow at once: a quotation\nlet text = \"at once\";\nlet text = \"at once\";";
        assert!(is_allowed_beside(text, 2, "at once"));
        assert!(!is_allowed_beside(text, 3, "at once"));
        assert!(!is_allowed_beside(text, 2, "is told"));
        assert!(!is_allowed_beside("// words: allow at once:", 1, "at once"));
    }
}
