//! API keys: their form, their kinds, and how one is checked.
//!
//! A key reads `<id>-<environment>-P<project>-E<environment id>-<KIND>-<secret>`, the form that every
//! official client and tool accepts. The id finds the key, the hash of the whole text proves it.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::StoreError;
use prefab_core::ids::{EnvironmentId, ProjectId};

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// Fetches and streams configs, and reports.
    Backend,
    /// Is given values that the server evaluated, and reports. Public: it stands in web pages.
    Frontend,
    /// Does what a backend key does and changes configs.
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

    /// The official command-line tool takes no key without `SDK` or `BACKEND` in this place, so a key for a
    /// web page has neither.
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

/// The SHA-256 of a key's text. Keys are 256 random bits, so a fast hash is enough.
#[derive(Clone, Copy, Debug)]
pub struct KeyHash(pub [u8; 32]);

impl KeyHash {
    /// Hashes a key's text.
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// Compares in a time that tells nothing about where the two differ.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// A key that was just made: the only time its text is known.
#[derive(Clone, PartialEq, Eq)]
pub struct IssuedKey {
    /// The key's number.
    pub id: i64,
    /// The name of its environment.
    pub environment: String,
    /// What it may do.
    pub kind: KeyKind,
    /// Its text.
    pub key: String,
}

impl fmt::Debug for IssuedKey {
    /// Leaves the text out: it must not reach a log by accident.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, environment, kind, key: _ } = self;
        f.debug_struct("IssuedKey")
            .field("id", id)
            .field("environment", environment)
            .field("kind", kind)
            .finish_non_exhaustive()
    }
}

/// Makes the text of a new key.
pub fn issue(
    id: i64,
    (environment, name): (EnvironmentId, &str),
    project: ProjectId,
    kind: KeyKind,
) -> Result<IssuedKey, StoreError> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| StoreError::unavailable("making a key", error))?;
    let label: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let (word, secret) = (kind.text_part(), hex::encode(secret));
    let key = format!("{id}-{label}-P{project}-E{environment}-{word}-{secret}");
    Ok(IssuedKey { id, environment: name.to_owned(), kind, key })
}

/// Returns the number a key's text begins with.
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
