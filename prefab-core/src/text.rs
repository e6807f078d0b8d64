//! The canonical text of a scalar, which list operators compare and percentage rollouts hash.
//!
//! The text is the same in every SDK, so that a user gets the same variant everywhere. It is written into a buffer on
//! the stack, so that evaluation does not allocate.
//!
//! # Examples
//!
//! ```
//! use prefab_core::text::TextBuffer;
//! assert_eq!(TextBuffer::default().double(2.0), "2.0");
//! ```

use std::fmt::{self, Write as _};

/// A buffer for the text of one number.
pub struct TextBuffer {
    int: itoa::Buffer,
    double: Small,
}

impl Default for TextBuffer {
    fn default() -> Self {
        Self { int: itoa::Buffer::new(), double: Small { bytes: [0; 48], len: 0 } }
    }
}

impl TextBuffer {
    /// Returns the decimal text of an integer.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(prefab_core::text::TextBuffer::default().int(-7), "-7");
    /// ```
    pub fn int(&mut self, value: i64) -> &str {
        self.int.format(value)
    }

    /// Returns the shortest digits that parse back to `value`, always with a fraction or an exponent.
    ///
    /// Values from 1e-4 to 1e16 have no exponent. The exponent of other values has a sign and at least two digits.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::text::TextBuffer;
    /// let mut buffer = TextBuffer::default();
    /// assert_eq!(buffer.double(1.5), "1.5");
    /// assert_eq!(buffer.double(1e21), "1e+21");
    /// assert_eq!(buffer.double(1e-7), "1e-07");
    /// ```
    pub fn double(&mut self, value: f64) -> &str {
        self.double.len = 0;
        // Writing to the buffer cannot fail: the longest text of a double has 24 bytes.
        let _ = write_double(&mut self.double, value);
        self.double.as_str()
    }
}

/// Returns `true` or `false` as text.
///
/// # Examples
///
/// ```
/// assert_eq!(prefab_core::text::bool_text(true), "true");
/// ```
pub fn bool_text(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// Returns whether two strings are equal. Faster than `==` for short strings such as names and keys.
///
/// Up to 32 bytes are compared inline, which costs less than the call to `memcmp` that `==` makes.
///
/// # Examples
///
/// ```
/// assert!(prefab_core::text::same("user", "user"));
/// assert!(!prefab_core::text::same("user", "team"));
/// ```
#[inline]
pub fn same(left: &str, right: &str) -> bool {
    same_bytes(left.as_bytes(), right.as_bytes())
}

/// Returns whether two byte strings are equal; see [`same`].
#[inline]
pub fn same_bytes(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    // Compares the first and the last bytes. They overlap unless the length is a power of two.
    match left.len() {
        0..4 => left.iter().zip(right).all(|(left, right)| left == right),
        4..8 => ends::<4>(left, right, |bytes| u32::from_ne_bytes(bytes).into()),
        8..=16 => ends::<8>(left, right, |bytes| u64::from_ne_bytes(bytes).into()),
        17..=32 => ends::<16>(left, right, u128::from_ne_bytes),
        _ => same_long(left, right),
    }
}

/// Inlined too: a call, even one that is never made, would make every caller save registers.
#[inline]
fn same_long(left: &[u8], right: &[u8]) -> bool {
    let (left_chunks, _) = left.as_chunks::<16>();
    let (right_chunks, _) = right.as_chunks::<16>();
    let same = |left: &[u8; 16], right: &[u8; 16]| u128::from_ne_bytes(*left) == u128::from_ne_bytes(*right);
    left_chunks.iter().zip(right_chunks).all(|(left, right)| same(left, right))
        && left.last_chunk::<16>() == right.last_chunk()
}

#[inline]
fn ends<const N: usize>(left: &[u8], right: &[u8], number: impl Fn([u8; N]) -> u128) -> bool {
    let same = |left: Option<&[u8; N]>, right: Option<&[u8; N]>| {
        left.map(|bytes| number(*bytes)) == right.map(|bytes| number(*bytes))
    };
    same(left.first_chunk(), right.first_chunk()) && same(left.last_chunk(), right.last_chunk())
}

struct Small {
    bytes: [u8; 48],
    len: usize,
}

impl Small {
    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }
}

impl fmt::Write for Small {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

fn write_double(out: &mut Small, value: f64) -> fmt::Result {
    if !value.is_finite() {
        return out.write_str(if value.is_nan() {
            "nan"
        } else if value > 0.0 {
            "inf"
        } else {
            "-inf"
        });
    }
    let magnitude = value.abs();
    if magnitude == 0.0 || (1e-4..1e16).contains(&magnitude) {
        write!(out, "{value}")?;
        return if value.fract() == 0.0 { out.write_str(".0") } else { Ok(()) };
    }
    let mut shortest = Small { bytes: [0; 48], len: 0 };
    write!(shortest, "{value:e}")?;
    let (digits, exponent) = shortest.as_str().split_once('e').ok_or(fmt::Error)?;
    let exponent: i32 = exponent.parse().map_err(|_| fmt::Error)?;
    let sign = if exponent < 0 { '-' } else { '+' };
    write!(out, "{digits}e{sign}{:02}", exponent.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn doubles_are_written_as_every_client_hashes_them() {
        for (value, text) in [
            (1.5, "1.5"),
            (2.0, "2.0"),
            (0.1, "0.1"),
            (1e21, "1e+21"),
            (1e-7, "1e-07"),
            (1.25e-7, "1.25e-07"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (-0.0, "-0.0"),
            (-2.5, "-2.5"),
            (1e300, "1e+300"),
            (f64::MIN, "-1.7976931348623157e+308"),
            (5e-324, "5e-324"),
        ] {
            assert_eq!(TextBuffer::default().double(value), text);
        }
    }

    proptest! {
        #[test]
        fn same_agrees_with_equality(left in "[ab]{0,40}", at: usize, other in "[ab]{0,40}") {
            prop_assert!(same(&left, &left.clone()));
            prop_assert_eq!(same(&left, &other), left == other);
            if !left.is_empty() {
                let mut changed = left.clone().into_bytes();
                let at = at % changed.len();
                changed[at] = b'c';
                prop_assert!(!same(&left, std::str::from_utf8(&changed).unwrap()));
            }
        }

        #[test]
        fn the_text_of_a_double_parses_back(value: f64) {
            prop_assume!(value.is_finite());
            prop_assert_eq!(TextBuffer::default().double(value).parse::<f64>(), Ok(value));
        }
    }
}
