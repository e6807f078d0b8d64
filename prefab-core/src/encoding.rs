//! Text from files, standard input and request bodies.
//!
//! Every reader decodes with this module, so that a byte order mark and invalid UTF-8 are handled in one way.
//!
//! # Examples
//!
//! ```
//! use prefab_core::encoding;
//!
//! assert_eq!(encoding::decode(b"\xef\xbb\xbfmax-jobs: 30".to_vec())?, "max-jobs: 30");
//! let error = encoding::decode(b"a\nb\xff".to_vec()).unwrap_err();
//! assert_eq!(error.to_string(), "byte 3 (line 2, column 2) is not UTF-8; save the text in UTF-8");
//! # Ok::<(), encoding::EncodingError>(())
//! ```

const BYTE_ORDER_MARK: char = '\u{feff}';

/// The error for bytes that are not UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {byte} (line {line}, column {column}) is not UTF-8; save the text in UTF-8")]
pub struct EncodingError {
    /// The position of the first invalid byte, from 0.
    pub byte: usize,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
}

/// Decodes UTF-8 and removes a byte order mark.
///
/// # Errors
///
/// [`EncodingError`] if the bytes are not UTF-8.
///
/// # Examples
///
/// ```
/// assert_eq!(prefab_core::encoding::decode(b"a: 1".to_vec())?, "a: 1");
/// # Ok::<(), prefab_core::encoding::EncodingError>(())
/// ```
pub fn decode(bytes: Vec<u8>) -> Result<String, EncodingError> {
    let mut text =
        String::from_utf8(bytes).map_err(|error| at(error.as_bytes(), error.utf8_error().valid_up_to()))?;
    if text.starts_with(BYTE_ORDER_MARK) {
        text.drain(..BYTE_ORDER_MARK.len_utf8());
    }
    Ok(text)
}

/// Decodes UTF-8 without copying it, and without a byte order mark.
///
/// # Errors
///
/// [`EncodingError`] if the bytes are not UTF-8.
///
/// # Examples
///
/// ```
/// assert_eq!(prefab_core::encoding::decode_slice(b"\xef\xbb\xbf{}")?, "{}");
/// # Ok::<(), prefab_core::encoding::EncodingError>(())
/// ```
pub fn decode_slice(bytes: &[u8]) -> Result<&str, EncodingError> {
    let text = std::str::from_utf8(bytes).map_err(|error| at(bytes, error.valid_up_to()))?;
    Ok(without_mark(text))
}

/// Returns a text without its byte order mark.
///
/// # Examples
///
/// ```
/// assert_eq!(prefab_core::encoding::without_mark("\u{feff}a"), "a");
/// ```
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

fn at(bytes: &[u8], byte: usize) -> EncodingError {
    let before = String::from_utf8_lossy(&bytes[..byte]);
    let line = before.rsplit('\n').next().unwrap_or_default();
    EncodingError { byte, line: before.matches('\n').count() + 1, column: line.chars().count() + 1 }
}
