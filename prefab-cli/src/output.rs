//! Output for people: colored on a terminal, plain in a pipe.

use std::io::{self, Write as _};

use anstyle::{AnsiColor, Color, Style};
use tracing_subscriber::util::SubscriberInitExt as _;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The style of keys and headings.
pub(crate) const STRONG: Style = Style::new().bold();
/// The style of details.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// The style of values.
pub(crate) const VALUE: Style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Green)));
const WARNING: Style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Yellow))).bold();
const ERROR: Style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Red))).bold();

/// Writes a line to standard output.
pub(crate) fn line(text: &str) -> io::Result<()> {
    writeln!(anstream::stdout(), "{text}")
}

/// Discards the log of the client, whose problems the command prints itself.
pub(crate) fn discard_log() {
    // An error means that there is a subscriber.
    let _ = tracing_subscriber::registry().try_init();
}

/// Writes a warning to standard error.
pub(crate) fn warning(text: &str) {
    // If standard error is closed, the warning is lost.
    let _ = writeln!(anstream::stderr(), "{WARNING}warning{WARNING:#}: {text}");
}

/// Writes an error to standard error.
pub(crate) fn error(text: &str) {
    let _ = writeln!(anstream::stderr(), "{ERROR}error{ERROR:#}: {text}");
}

/// Returns whether the reader has closed standard output.
pub(crate) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Escapes line breaks and control characters.
pub(crate) fn one_line(text: &str) -> String {
    let as_is = |c: &char| matches!(c, '"' | '\'' | '\\');
    text.chars().map(|c| if as_is(&c) { c.to_string() } else { c.escape_debug().to_string() }).collect()
}

/// Shortens a text to a number of terminal columns. An East Asian character or an emoji has two.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut left = columns.saturating_sub(1);
    let fits = |c: &char| {
        let rest = left.checked_sub(c.width().unwrap_or(0));
        left = rest.unwrap_or(0);
        rest.is_some()
    };
    let kept: String = text.chars().take_while(fits).collect();
    format!("{kept}…")
}

/// Adds blanks up to a number of terminal columns.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    format!("{text}{:1$}", "", columns.saturating_sub(text.width()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_measured_in_columns() {
        for (text, cut_text, padded) in [
            ("plan", "plan", "plan  "),
            ("a-long-key", "a-lon…", "a-long-key"),
            ("機能フラグ", "機能…", "機能フラグ"),
        ] {
            assert_eq!((cut(text, 6).as_str(), pad(text, 6).as_str()), (cut_text, padded));
        }
        assert_eq!(pad("機能", 6), "機能  ");
    }
}
