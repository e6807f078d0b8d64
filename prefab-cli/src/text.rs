//! Reads text from files and standard input, in the same way for every command.

use std::{fs, io, io::Read as _, path::Path};

use anyhow::Context as _;
use prefab_core::encoding;

/// Decodes UTF-8 without a byte order mark.
pub(crate) fn decode(bytes: Vec<u8>) -> anyhow::Result<String> {
    Ok(encoding::decode(bytes)?)
}

/// Reads a file.
pub(crate) fn read_file(path: &Path) -> anyhow::Result<String> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    decode(bytes).with_context(|| path.display().to_string())
}

/// Reads standard input to its end.
pub(crate) fn read_stdin() -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).context("cannot read standard input")?;
    decode(bytes).context("standard input")
}

/// Reads one value from a file, or from standard input for `-`. Removes the last line break.
pub(crate) fn read_value(path: &Path) -> anyhow::Result<String> {
    let text = if path.as_os_str() == "-" { read_stdin() } else { read_file(path) };
    text.map(without_line_break)
}

/// Removes the last line break: `\n` or `\r\n`.
pub(crate) fn without_line_break(text: String) -> String {
    text.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line).to_owned()).unwrap_or(text)
}
