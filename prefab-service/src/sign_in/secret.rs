//! Secrets that are handed out once: sessions, invitations, management tokens.

use prefab_store::{StoreError, key::KeyHash};

/// What stands before a management token, so that people and scanners know it.
const TOKEN_PREFIX: &str = "pft-";

/// 256 random bits as a text. Only the hash is kept; nothing prints the text by accident.
pub struct Secret(String);

impl Secret {
    /// Creates a secret from 32 random bytes, as 64 hexadecimal digits.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] if the operating system provides no random bytes.
    pub fn new() -> Result<Self, StoreError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| StoreError::unavailable("making a secret", error))?;
        Ok(Self(hex::encode(bytes)))
    }

    /// Makes the text of a management token.
    pub fn token() -> Result<Self, StoreError> {
        Self::new().map(|Self(text)| Self(format!("{TOKEN_PREFIX}{text}")))
    }

    /// Tells whether a text looks like a management token.
    pub fn is_token(text: &str) -> bool {
        text.starts_with(TOKEN_PREFIX)
    }

    /// Returns the text of the secret. Show it once, and never log it.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Returns the hash that the store keeps.
    pub fn hash(&self) -> KeyHash {
        KeyHash::of(&self.0)
    }
}

/// Returns what a page proves with that it may read answers of this session. It follows from the session's
/// secret, and tells nothing about it.
pub fn csrf(session: &str) -> String {
    hex::encode(KeyHash::of(&format!("csrf {session}")).0)
}
