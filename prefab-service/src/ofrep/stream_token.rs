//! Tokens in the URLs of event streams. Browsers cannot send headers with an event stream.
//!
//! A token is the id of an API key and an HMAC of it. The key of the HMAC is the stored hash of the API key, so every
//! server with the same store issues and accepts the same token, and the token is the same for the same API key each
//! time. It opens nothing but notifications of changes, and ends with the API key.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use prefab_core::ids::EnvironmentId;
use prefab_store::StoredKey;
use sha2::Sha256;

const PURPOSE: &[u8] = b"ofrep stream";
const ID_BYTES: usize = size_of::<i64>();
const TOKEN_BYTES: usize = ID_BYTES + 32;

/// Returns the token of an API key.
pub fn of(key: &StoredKey) -> String {
    let mut token = [0; TOKEN_BYTES];
    token[..ID_BYTES].copy_from_slice(&key.id.to_be_bytes());
    if let Some(mac) = mac(key) {
        token[ID_BYTES..].copy_from_slice(&mac.finalize().into_bytes());
    }
    BASE64_URL_SAFE_NO_PAD.encode(token)
}

/// Returns the id of the API key in a token, which is not verified yet.
pub fn key_id(token: &str) -> Option<i64> {
    decode(token).map(|(id, _)| id)
}

/// Returns whether a token belongs to an API key. Compares in constant time.
pub fn matches(token: &str, key: &StoredKey) -> bool {
    let Some((id, sent)) = decode(token) else { return false };
    id == key.id && mac(key).is_some_and(|mac| mac.verify_slice(&sent).is_ok())
}

fn decode(token: &str) -> Option<(i64, [u8; 32])> {
    let mut bytes = [0; TOKEN_BYTES];
    let length = BASE64_URL_SAFE_NO_PAD.decode_slice(token, &mut bytes).ok()?;
    let (id, mac) = bytes.split_first_chunk::<ID_BYTES>()?;
    (length == TOKEN_BYTES).then_some((i64::from_be_bytes(*id), mac.try_into().ok()?))
}

fn mac(key: &StoredKey) -> Option<Hmac<Sha256>> {
    let EnvironmentId(environment) = key.environment;
    // An HMAC accepts a key of any length, so this does not fail.
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.hash.0).ok()?;
    mac.update(PURPOSE);
    mac.update(&key.id.to_be_bytes());
    mac.update(&environment.to_be_bytes());
    Some(mac)
}

#[cfg(test)]
mod tests {
    use prefab_core::ids::ProjectId;
    use prefab_store::key::{KeyHash, KeyKind};

    use super::*;

    fn key(id: i64, text: &str) -> StoredKey {
        StoredKey {
            id,
            project: ProjectId(1),
            environment: EnvironmentId(5),
            kind: KeyKind::Frontend,
            hash: KeyHash::of(text),
            user_id: None,
            revoked: false,
            expires_at_millis: None,
            name: "web".into(),
        }
    }

    #[test]
    fn a_token_belongs_to_one_key_and_environment() {
        let token = of(&key(7, "a"));
        assert_eq!((of(&key(7, "a")), key_id(&token)), (token.clone(), Some(7)));
        assert!(matches(&token, &key(7, "a")));
        assert!(!matches(&token, &key(8, "a")) && !matches(&token, &key(7, "b")));
        assert!(!matches(&token, &StoredKey { environment: EnvironmentId(6), ..key(7, "a") }));
    }

    #[test]
    fn a_changed_token_is_refused() {
        let token = of(&key(7, "a"));
        for at in 0..token.len() - 1 {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert!(!matches(std::str::from_utf8(&changed).unwrap(), &key(7, "a")), "byte {at}");
        }
        for other in ["", "A", "ü", &token[1..], &format!("{token}AAAA")] {
            assert!(!matches(other, &key(7, "a")), "{other}");
        }
    }
}
