//! The server and the key that a command uses, and where they came from.

use std::{env, fmt};

use super::{DEFAULT_URL, Profile};

/// The source of a key, for errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeySource {
    /// `--api-key`, or a key that was typed in.
    Given,
    /// `PREFAB_ADMIN_KEY`.
    AdminVariable,
    /// `PREFAB_API_KEY`, the key of programs.
    ProgramVariable,
    /// The saved login.
    Login,
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Given => "--api-key",
            Self::AdminVariable => "PREFAB_ADMIN_KEY",
            Self::ProgramVariable => "PREFAB_API_KEY",
            Self::Login => "`prefab login`",
        })
    }
}

/// A server, a key for it, and the source of the key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Credential {
    pub(crate) url: String,
    pub(crate) key: String,
    pub(crate) source: KeySource,
}

/// Everything that can name a server or a key.
#[derive(Default)]
pub(super) struct Settings {
    /// `--url`, else `PREFAB_URL`.
    pub(super) url: Option<String>,
    /// `--api-key`, else `PREFAB_ADMIN_KEY`.
    pub(super) key: Option<String>,
    pub(super) admin_key_variable: Option<String>,
    /// The first URL of `PREFAB_API_URL`.
    pub(super) program_url: Option<String>,
    /// `PREFAB_API_KEY`.
    pub(super) program_key: Option<String>,
    pub(super) login: Option<Profile>,
}

/// Returns a variable of the environment. An empty one is absent.
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|text| !text.is_empty())
}

impl Settings {
    pub(super) fn new(url: Option<String>, key: Option<String>, login: Option<Profile>) -> Self {
        let first = |urls: String| urls.split(',').next().unwrap_or_default().trim().to_owned();
        Self {
            url,
            key,
            admin_key_variable: variable("PREFAB_ADMIN_KEY"),
            program_url: variable("PREFAB_API_URL").map(first),
            program_key: variable("PREFAB_API_KEY"),
            login,
        }
    }

    /// Returns the server and its key: those of the command line, then the saved login, then those of programs.
    ///
    /// A saved key is sent only to the server for which it was saved.
    pub(super) fn choose(self) -> Option<Credential> {
        let trimmed = |url: String| url.trim_end_matches('/').to_owned();
        let url = self.url.or(self.program_url).map(trimmed);
        let login = self.login.filter(|login| url.as_ref().is_none_or(|url| *url == login.url));
        let default = || login.as_ref().map_or(DEFAULT_URL, |login| &login.url).to_owned();
        if let Some(key) = self.key {
            let source = if self.admin_key_variable.as_ref() == Some(&key) {
                KeySource::AdminVariable
            } else {
                KeySource::Given
            };
            return Some(Credential { url: url.unwrap_or_else(default), key, source });
        }
        if let Some(Profile { url, key }) = login {
            return Some(Credential { url, key, source: KeySource::Login });
        }
        let key = self.program_key?;
        let url = url.unwrap_or_else(|| DEFAULT_URL.to_owned());
        Some(Credential { url, key, source: KeySource::ProgramVariable })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGIN: &str = "http://login";

    /// A setting that is given.
    #[expect(clippy::unnecessary_wraps, reason = "every setting is optional")]
    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[track_caller]
    fn check(settings: Settings, expected: Option<(&str, &str, KeySource)>) {
        let expected = expected.map(|(url, key, source)| Credential {
            url: url.to_owned(),
            key: key.to_owned(),
            source,
        });
        assert_eq!(settings.choose(), expected);
    }

    fn login() -> Settings {
        let login = Profile { url: LOGIN.to_owned(), key: "saved".to_owned() };
        Settings { login: Some(login), ..Settings::default() }
    }

    #[test]
    fn the_login_precedes_the_key_of_programs() {
        let program = || Settings { program_key: text("sdk"), program_url: text("http://login/"), ..login() };
        check(program(), Some((LOGIN, "saved", KeySource::Login)));
        check(Settings { program_url: None, ..program() }, Some((LOGIN, "saved", KeySource::Login)));
        let elsewhere = Settings { program_url: text("http://other"), ..program() };
        check(elsewhere, Some(("http://other", "sdk", KeySource::ProgramVariable)));
        let alone = Settings { login: None, program_url: None, ..program() };
        check(alone, Some((DEFAULT_URL, "sdk", KeySource::ProgramVariable)));
    }

    #[test]
    fn the_command_line_precedes_the_login() {
        check(Settings { key: text("k"), ..login() }, Some((LOGIN, "k", KeySource::Given)));
        let variable = Settings { key: text("k"), admin_key_variable: text("k"), ..login() };
        check(variable, Some((LOGIN, "k", KeySource::AdminVariable)));
        check(Settings { url: text("http://other"), ..login() }, None);
        check(Settings { url: text("http://login/"), ..login() }, Some((LOGIN, "saved", KeySource::Login)));
    }
}
