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
}
