//! The server and key that `prefab login` saves.

use std::{
    fs,
    io::{self, Write as _},
    path::PathBuf,
};

use anyhow::Context as _;
use etcetera::BaseStrategy as _;
use serde_json::{Value as Json, json};

use crate::Failure;

/// The start of every management token.
const TOKEN_PREFIX: &str = "pft-";

/// A server and a key for it. Only the owner can read the file.
pub(crate) struct Profile {
    pub(crate) url: String,
    pub(crate) key: String,
}

/// Returns the file, in `XDG_CONFIG_HOME` or `~/.config`, on Windows in `%APPDATA%`.
fn path() -> Option<PathBuf> {
    let dir = etcetera::choose_base_strategy().ok()?.config_dir();
    Some(dir.join("prefab").join("login.json"))
}

impl Profile {
    /// Reads the saved login.
    pub(crate) fn load() -> Result<Option<Self>, Failure> {
        let Some(path) = path() else { return Ok(None) };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(anyhow::Error::from(error)
                    .context(format!("cannot read {}", path.display()))
                    .into());
            }
        };
        let json: Json = serde_json::from_str(&text)
            .with_context(|| format!("{} is invalid: run `prefab login` again", path.display()))?;
        let text = |name: &str| json[name].as_str().map(ToOwned::to_owned);
        Ok(text("url").zip(text("key")).map(|(url, key)| Self { url, key }))
    }

    /// Returns whether the key is a management token.
    pub(crate) fn is_token(&self) -> bool {
        self.key.starts_with(TOKEN_PREFIX)
    }

    /// Saves the login and returns the file.
    pub(crate) fn save(&self) -> Result<PathBuf, Failure> {
        let path = path().context("no home directory: set XDG_CONFIG_HOME")?;
        let dir = path.parent().context("a file has a directory")?;
        fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
        let text = json!({"url": self.url, "key": self.key}).to_string();
        let new = path.with_extension("new");
        // A file that an interrupted attempt left may have different permissions.
        let _ = fs::remove_file(&new);
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(&new).and_then(|mut file| file.write_all(text.as_bytes()));
        written
            .and_then(|()| fs::rename(&new, &path))
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }

    /// Removes the saved login. Returns false if there was none.
    pub(crate) fn remove() -> Result<bool, Failure> {
        let Some(path) = path() else { return Ok(false) };
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => {
                Err(anyhow::Error::from(error).context(format!("cannot remove {}", path.display())).into())
            }
        }
    }
}
