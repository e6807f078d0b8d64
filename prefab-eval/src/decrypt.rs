//! Encryption of values: AES-256-GCM, written as hexadecimal `ciphertext--nonce--tag`.

use aes_gcm::{AeadInOut as _, Aes256Gcm, Key, KeyInit as _, Nonce, Tag};
use zeroize::Zeroizing;

/// Decrypts a stored text with a key of 64 hexadecimal digits.
pub(crate) fn decrypt(stored: &str, key: &str) -> Result<String, &'static str> {
    let mut parts = stored.split("--");
    let (Some(cipher), Some(nonce), Some(tag), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("the value is not of the form ciphertext--nonce--tag");
    };
    let mut bytes = hex::decode(cipher).map_err(|_| "the ciphertext is not hexadecimal")?;
    let nonce: [u8; 12] = array(nonce).ok_or("the nonce is not 24 hexadecimal digits")?;
    let tag: [u8; 16] = array(tag).ok_or("the tag is not 32 hexadecimal digits")?;
    aes(key)?
        .decrypt_inout_detached(&Nonce::from(nonce), b"", bytes.as_mut_slice().into(), &Tag::from(tag))
        .map_err(|_| "wrong key, or the value was modified")?;
    String::from_utf8(bytes).map_err(|_| "the plain text is not UTF-8")
}

/// Encrypts a text with a key of 64 hexadecimal digits, in the form that evaluation decrypts.
///
/// Use twelve random bytes as the nonce. Using a nonce twice with the same key reveals the texts.
///
/// # Errors
///
/// A message if the key is not 64 hexadecimal digits, or if the text is too long for AES-GCM (64 GiB).
///
/// # Examples
///
/// ```
/// let key = "c87ba22d8662282abe8a0e4651327b579cb64a454ab0f4c170b45b15f049a221";
/// let nonce = [0xb3, 0x07, 0xb9, 0x7a, 0x82, 0x88, 0xac, 0x9d, 0xa3, 0xce, 0x0c, 0xf2];
/// assert_eq!(
///     prefab_eval::encrypt("hello.world", key, nonce).as_deref(),
///     Ok("875247386844c18c58a97c--b307b97a8288ac9da3ce0cf2--7ab0c32e044869e355586ed653a435de"),
/// );
/// ```
pub fn encrypt(plain: &str, key: &str, nonce: [u8; 12]) -> Result<String, &'static str> {
    let mut bytes = plain.as_bytes().to_vec();
    let tag = aes(key)?
        .encrypt_inout_detached(&Nonce::from(nonce), b"", bytes.as_mut_slice().into())
        .map_err(|_| "the text is too long to encrypt")?;
    Ok([hex::encode(bytes), hex::encode(nonce), hex::encode(tag)].join("--"))
}

fn aes(key: &str) -> Result<Aes256Gcm, &'static str> {
    let key: Zeroizing<[u8; 32]> = Zeroizing::new(array(key).ok_or("the key is not 64 hexadecimal digits")?);
    Ok(Aes256Gcm::new(&Key::<Aes256Gcm>::from(*key)))
}

fn array<const N: usize>(text: &str) -> Option<[u8; N]> {
    // The decoder would accept a prefix such as `0x`.
    let plain = text.len() == 2 * N && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    plain.then(|| hex::decode_to_array(text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: &str = "c87ba22d8662282abe8a0e4651327b579cb64a454ab0f4c170b45b15f049a221";
    const STORED: &str = "875247386844c18c58a97c--b307b97a8288ac9da3ce0cf2--7ab0c32e044869e355586ed653a435de";

    #[test]
    fn a_value_that_an_official_sdk_encrypted_decrypts() {
        assert_eq!(decrypt(STORED, KEY).as_deref(), Ok("hello.world"));
        assert_eq!(decrypt(&STORED.to_uppercase(), &KEY.to_uppercase()).as_deref(), Ok("hello.world"));
    }

    #[test]
    fn an_error_names_the_invalid_part() {
        assert_eq!(decrypt("abc", KEY), Err("the value is not of the form ciphertext--nonce--tag"));
        assert_eq!(decrypt("zz--00--00", KEY), Err("the ciphertext is not hexadecimal"));
        assert_eq!(decrypt("00--00--00", KEY), Err("the nonce is not 24 hexadecimal digits"));
        assert_eq!(decrypt(&STORED[..STORED.len() - 1], KEY), Err("the tag is not 32 hexadecimal digits"));
        assert_eq!(decrypt(STORED, &KEY[..32]), Err("the key is not 64 hexadecimal digits"));
        assert_eq!(decrypt(&STORED.replacen('8', "9", 1), KEY), Err("wrong key, or the value was modified"));
    }

    proptest! {
        #[test]
        fn an_encrypted_text_decrypts(plain in ".{0,40}", nonce: [u8; 12]) {
            let stored = encrypt(&plain, KEY, nonce).unwrap();
            prop_assert_eq!(decrypt(&stored, KEY), Ok(plain));
        }
    }
}
