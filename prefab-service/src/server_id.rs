//! The identity of a server among those that share a store.

use std::{fmt, sync::Arc};

/// Maximum length of a name.
const MAX_BYTES: usize = 64;

/// The identity of a server process: its name, and a random text that makes it unique.
///
/// ```
/// use prefab_service::server_id::ServerId;
///
/// let (first, second) = (ServerId::new("web-1")?, ServerId::new("web-1")?);
/// assert_eq!(first.name(), "web-1");
/// assert_ne!(first.as_str(), second.as_str());
/// # Ok::<(), prefab_service::server_id::InvalidName>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerId(Arc<str>);

/// Why a text is not the name of a server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid server name `{}`: expected 1 to 64 ASCII letters, digits, `.`, `_` and `-`", .0.escape_debug())]
pub struct InvalidName(String);

impl ServerId {
    /// Creates the identity of a new process with a name.
    ///
    /// # Errors
    ///
    /// [`InvalidName`] if the name is empty, too long, or has other characters than letters, digits, `.`, `_` and `-`.
    pub fn new(name: &str) -> Result<Self, InvalidName> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if name.is_empty() || name.len() > MAX_BYTES || !name.bytes().all(is_allowed) {
            return Err(InvalidName(name.chars().take(MAX_BYTES).collect()));
        }
        Ok(Self(format!("{name}:{}", random()).into()))
    }

    /// Creates the identity of a new process whose name is that of the machine and a random text.
    pub fn of_host(host: &str) -> Self {
        let is_allowed = |letter: &char| letter.is_ascii_alphanumeric() || ['.', '_', '-'].contains(letter);
        let mut host: String = host.chars().filter(is_allowed).take(MAX_BYTES - 9).collect();
        if host.is_empty() {
            "server".clone_into(&mut host);
        }
        let random = random();
        Self(format!("{host}-{}:{random}", &random[..4]).into())
    }

    /// Returns the unique text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        name_of(&self.0)
    }
}

impl fmt::Display for ServerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Returns the name in the unique text of a server.
pub fn name_of(id: &str) -> &str {
    id.split_once(':').map_or(id, |(name, _)| name)
}

fn random() -> String {
    let mut bytes = [0; 6];
    // Without random numbers, keys could not be issued either. Equal identities of two servers cost accuracy, not data.
    let _ = getrandom::fill(&mut bytes);
    hex::encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_visible_characters_of_every_log() {
        for name in ["", "a b", "a:b", "a\n", &"a".repeat(65)] {
            assert!(ServerId::new(name).is_err(), "{name}");
        }
        assert_eq!(ServerId::new("web-1.eu_2").unwrap().name(), "web-1.eu_2");
    }

    #[test]
    fn a_server_without_a_name_has_that_of_its_machine() {
        let id = ServerId::of_host("pod 7\n");
        assert!(id.name().starts_with("pod7-") && id.name().len() == 9, "{id}");
        assert!(ServerId::of_host("").name().starts_with("server-"));
        assert!(ServerId::new(ServerId::of_host(&"a".repeat(99)).name()).is_ok());
    }
}
