//! Rewrites patterns from the dialect of the SDKs to the syntax of the engines.

use std::fmt::Write as _;

/// The syntax of an engine for an ASCII word boundary.
#[derive(Clone, Copy)]
pub(super) enum Boundary {
    Flagged,
    LookAround,
}

impl Boundary {
    fn text(self, negated: bool) -> &'static str {
        match (self, negated) {
            (Self::Flagged, false) => r"(?-u:\b)",
            (Self::Flagged, true) => r"(?-u:\B)",
            (Self::LookAround, false) => {
                "(?:(?<=[0-9A-Za-z_])(?![0-9A-Za-z_])|(?<![0-9A-Za-z_])(?=[0-9A-Za-z_]))"
            }
            (Self::LookAround, true) => {
                "(?:(?<=[0-9A-Za-z_])(?=[0-9A-Za-z_])|(?<![0-9A-Za-z_])(?![0-9A-Za-z_]))"
            }
        }
    }
}

/// Rewrites `\Z`, and the escapes that are ASCII-only in the official SDKs.
///
/// Matching bytes instead would break `.` and `\p{…}` for other text.
pub(super) fn ascii_classes(pattern: &str, boundary: Boundary) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut letters = pattern.chars();
    let mut in_class = 0usize;
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some(escape) => write_escape(&mut out, escape, in_class > 0, boundary),
                None => out.push('\\'),
            },
            '[' => {
                in_class += 1;
                out.push('[');
            }
            ']' => {
                in_class = in_class.saturating_sub(1);
                out.push(']');
            }
            other => out.push(other),
        }
    }
    out
}

fn write_escape(out: &mut String, escape: char, in_class: bool, boundary: Boundary) {
    let set = match escape.to_ascii_lowercase() {
        'd' => "0-9",
        'w' => "0-9A-Za-z_",
        's' => r" \t\n\r\x0B\x0C",
        'b' if !in_class => return out.push_str(boundary.text(escape == 'B')),
        'z' if escape == 'Z' => return out.push_str(r"(?=\n?\z)"),
        _ => {
            out.push('\\');
            return out.push(escape);
        }
    };
    // Writing to a string cannot fail.
    let _ = match (escape.is_ascii_uppercase(), in_class) {
        (false, true) => write!(out, "{set}"),
        (false, false) => write!(out, "[{set}]"),
        (true, _) => write!(out, "[^{set}]"),
    };
}
