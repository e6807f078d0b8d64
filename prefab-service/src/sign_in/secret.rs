//! Secrets that are shown once: sessions, invitations, management tokens.

use prefab_store::{StoreError, key::KeyHash};

/// The prefix of management tokens, by which people and secret scanners recognize them.
const TOKEN_PREFIX: &str = "pft-";

/// 256 random bits as text. Only the hash is stored. The type has no `Debug`, so that the text cannot reach a log by
/// accident.
pub struct Secret(String);

impl Secret {
    /// Creates a secret from 32 random bytes, as 64 hexadecimal digits.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] if the operating system provides no random bytes.
    pub fn new() -> Result<Self, StoreError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| StoreError::unavailable("generating a secret", error))?;
        Ok(Self(hex::encode(bytes)))
    }

    /// Creates the secret of a management token.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn token() -> Result<Self, StoreError> {
        Self::new().map(|Self(text)| Self(format!("{TOKEN_PREFIX}{text}")))
    }

    /// Returns whether a text has the prefix of a management token.
    pub fn is_token(text: &str) -> bool {
        text.starts_with(TOKEN_PREFIX)
    }

    /// Returns the text of the secret. Show it once, and never log it.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Returns the hash for the store.
    pub fn hash(&self) -> KeyHash {
        KeyHash::of(&self.0)
    }
}

/// Returns the CSRF token of a session. It is derived from the secret of the session and does not reveal it.
pub fn csrf(session: &str) -> String {
    hex::encode(KeyHash::of(&format!("csrf {session}")).0)
}
