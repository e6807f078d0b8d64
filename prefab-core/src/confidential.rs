//! Redaction of confidential values.
//!
//! # Examples
//!
//! ```
//! use prefab_core::confidential::redact;
//! assert_eq!(redact("shh"), redact("shh"));
//! assert_ne!(redact("shh"), redact("other"));
//! ```

use md5::{Digest, Md5};

/// Returns the redacted form of a confidential text: `*****` and the first five hex digits of its MD5 digest.
///
/// Equal secrets have equal redacted forms, so a reader can see whether two configs contain the same secret.
///
/// # Examples
///
/// ```
/// assert_eq!(prefab_core::redact("hello.world"), "*****18aa7");
/// ```
pub fn redact(stored: &str) -> String {
    let digest = Md5::digest(stored.as_bytes());
    format!("*****{:02x}{:02x}{:x}", digest[0], digest[1], digest[2] >> 4)
}

/// Returns whether a text is a redacted form: `*****` and five hex digits.
///
/// The management API returns such a text instead of a confidential value. Displays show it without redacting it again.
///
/// # Examples
///
/// ```
/// use prefab_core::confidential::{is_fingerprint, redact};
/// assert!(is_fingerprint(&redact("hello.world")));
/// assert!(!is_fingerprint("hello.world"));
/// ```
pub fn is_fingerprint(text: &str) -> bool {
    let digits = text.strip_prefix("*****").unwrap_or_default();
    digits.len() == 5 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redacted_secret_shows_five_digits_of_its_digest() {
        assert_eq!(redact("shh"), "*****471c3");
        assert_eq!(
            redact("875247386844c18c58a97c--b307b97a8288ac9da3ce0cf2--7ab0c32e044869e355586ed653a435de"),
            "*****936c9"
        );
    }

    #[test]
    fn a_fingerprint_is_five_stars_and_five_hex_digits() {
        for (text, expected) in [
            ("*****471c3", true),
            ("*****471c", false),
            ("*****471c3a", false),
            ("*****471cz", false),
            ("", false),
        ] {
            assert_eq!(is_fingerprint(text), expected, "{text}");
        }
    }
}
