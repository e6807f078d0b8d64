//! API keys: their format, their kinds and their verification.
//!
//! The format is `<id>-<environment>-P<project>-E<environment id>-<KIND>-<secret>`, which every official client and tool
//! accepts. The id selects the stored key; the hash of the whole text verifies it.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::StoreError;
use prefab_core::ids::{EnvironmentId, ProjectId};

/// What an API key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// Fetches and streams configs, and sends telemetry.
    Backend,
    /// Receives values that the server evaluated, and sends telemetry. It is public, because web pages contain it.
    Frontend,
    /// Does everything that a backend key does, and changes configs.
    Admin,
}

impl KeyKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Backend, Self::Frontend, Self::Admin];

    /// Returns the name: `backend`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Backend => "backend",
            Self::Frontend => "frontend",
            Self::Admin => "admin",
        }
    }

    /// Returns the kind with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Returns the part of the text that names the kind.
    ///
    /// The official command-line tool accepts only keys that contain `SDK` or `BACKEND`, so a front-end key contains
    /// neither.
    fn text_part(self) -> &'static str {
        match self {
            Self::Backend => "SDK",
            Self::Frontend => "CLIENT",
            Self::Admin => "BACKEND-ADMIN",
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The SHA-256 hash of a key. A key contains 256 random bits, so a fast hash is secure.
#[derive(Clone, Copy, Debug)]
pub struct KeyHash(pub [u8; 32]);

impl KeyHash {
    /// Hashes the text of a key.
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// Compares two hashes in constant time.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// A key that was just issued. Its text is not stored, so this is the only time it is available.
#[derive(Clone, PartialEq, Eq)]
pub struct IssuedKey {
    /// The id.
    pub id: i64,
    /// The name of the environment.
    pub environment: String,
    /// The kind.
    pub kind: KeyKind,
    /// The text.
    pub key: String,
}

impl fmt::Debug for IssuedKey {
    /// Omits the text, so that it cannot reach a log by accident.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, environment, kind, key: _ } = self;
        f.debug_struct("IssuedKey")
            .field("id", id)
            .field("environment", environment)
            .field("kind", kind)
            .finish_non_exhaustive()
    }
}

/// Issues a key with a random secret.
///
/// # Errors
///
/// [`StoreError::Unavailable`] if the operating system provides no random bytes.
pub fn issue(
    id: i64,
    (environment, name): (EnvironmentId, &str),
    project: ProjectId,
    kind: KeyKind,
) -> Result<IssuedKey, StoreError> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| StoreError::unavailable("generating an API key", error))?;
    let label: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let (word, secret) = (kind.text_part(), hex::encode(secret));
    let key = format!("{id}-{label}-P{project}-E{environment}-{word}-{secret}");
    Ok(IssuedKey { id, environment: name.to_owned(), kind, key })
}

/// Returns the id that the text of a key starts with, or `None` if it is not an API key.
pub fn parse_id(text: &str) -> Option<i64> {
    text.split_once('-')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_the_form_that_official_tools_read() {
        let issued = issue(12, (EnvironmentId(3), "Pre Production"), ProjectId(1), KeyKind::Backend).unwrap();
        assert!(issued.key.starts_with("12-PreProduction-P1-E3-SDK-"), "{}", issued.key);
        assert_eq!(parse_id(&issued.key), Some(12));
        assert!(!format!("{issued:?}").contains(&issued.key));
        let hash = KeyHash::of(&issued.key);
        assert!(hash.matches(&KeyHash::of(&issued.key)));
        assert!(!hash.matches(&KeyHash::of(&issued.key.replace("P1", "P2"))));
    }
}
