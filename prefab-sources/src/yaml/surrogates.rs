//! Escapes of surrogates, such as `"\ud83d\ude00"`, which JSON encoders write for characters beyond U+FFFF.
//!
//! The parser rejects a text with such an escape. Before parsing, every escape of a surrogate is therefore replaced by an
//! escape of a character that the text does not contain. After parsing, the replacement is undone, and pairs become the
//! character that they encode. The replacement has the same length, so positions remain correct.

/// The first hexadecimal digits of the substitutes, in the order in which they are tried. `e` is for private use.
const DIGITS: [char; 4] = ['e', 'c', 'b', 'a'];

/// The number of surrogates, and of their substitutes.
const COUNT: u32 = 0x800;

/// The substitutes of the surrogates in one text: U+e800 to U+efff for the digit `e`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surrogates {
    digit: char,
}

impl Surrogates {
    /// Replaces all escapes of surrogates. Returns `None` if the text has none, or if all substitutes are in use.
    pub(super) fn hide(text: &str) -> Option<(String, Self)> {
        escapes(text, 'd').next()?;
        let is_free = |digit: &char| {
            let surrogates = Self { digit: *digit };
            escapes(text, *digit).next().is_none() && !text.contains(|c| surrogates.unit(c).is_some())
        };
        let digit = DIGITS.into_iter().find(is_free)?;
        Some((replaced(text, 'd', digit), Self { digit }))
    }

    /// Restores the text of a scalar. Returns whether it has a surrogate that is not part of a pair; such a surrogate
    /// becomes U+FFFD.
    ///
    /// Only double quotes have escapes, which the parser has resolved. Any other scalar contains them as they are written.
    pub(super) fn reveal(self, text: String, is_double_quoted: bool) -> (String, bool) {
        if !is_double_quoted {
            return (replaced(&text, self.digit, 'd'), false);
        }
        if !text.contains(|c| self.unit(c).is_some()) {
            return (text, false);
        }
        let mut has_lone = false;
        let mut shown = String::with_capacity(text.len());
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let Some(unit) = self.unit(c) else {
                shown.push(c);
                continue;
            };
            let pair = chars.peek().and_then(|next| pair(unit, self.unit(*next)?));
            if let Some(character) = pair {
                chars.next();
                shown.push(character);
            } else {
                has_lone = true;
                shown.push(char::REPLACEMENT_CHARACTER);
            }
        }
        (shown, has_lone)
    }

    /// Returns the surrogate that a character substitutes, counted from U+D800.
    fn unit(self, c: char) -> Option<u32> {
        let first = self.digit.to_digit(16)? * 0x1000 + 0x800;
        u32::from(c).checked_sub(first).filter(|unit| *unit < COUNT)
    }
}

/// Returns the character that a high and a low surrogate encode.
fn pair(high: u32, low: u32) -> Option<char> {
    let low = low.checked_sub(COUNT / 2)?;
    if high < COUNT / 2 { char::from_u32(0x1_0000 + high * 0x400 + low) } else { None }
}

/// Returns the positions of the first digits of all escapes of U+d800 to U+dfff, for the digit `d`. After a backslash that is
/// itself escaped, there is no escape.
fn escapes(text: &str, digit: char) -> impl Iterator<Item = usize> {
    let mut from = 0;
    let backslashes = std::iter::from_fn(move || {
        let at = from + text.get(from..)?.find('\\')?;
        from = at + 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8);
        Some(at)
    });
    backslashes.filter_map(move |at| {
        let rest = &text[at + 1..];
        let prefix = if rest.starts_with('u') {
            1
        } else if rest.starts_with("U0000") {
            5
        } else {
            return None;
        };
        let digits = rest.as_bytes().get(prefix..prefix + 4)?;
        let is_escape = char::from(digits[0]).to_ascii_lowercase() == digit
            && matches!(digits[1], b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F')
            && digits[2..].iter().all(u8::is_ascii_hexdigit);
        is_escape.then_some(at + 1 + prefix)
    })
}

/// Returns the text with another first digit in all escapes. Keeps the case.
fn replaced(text: &str, from: char, to: char) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut end = 0;
    for at in escapes(text, from) {
        shown.push_str(&text[end..at]);
        let is_upper = text[at..].starts_with(|c: char| c.is_ascii_uppercase());
        shown.push(if is_upper { to.to_ascii_uppercase() } else { to });
        end = at + 1;
    }
    shown.push_str(&text[end..]);
    shown
}
