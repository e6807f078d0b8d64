//! The stored results: a file per contestant, in cargo's target directory.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use prefab_bench::{Outcome, Own};
use serde::{Serialize, de::DeserializeOwned};

use crate::{machine::Machine, sizes::Size};

pub(crate) struct Store {
    folder: PathBuf,
}

const MACHINE: &str = "machine";
const OWN: &str = "own";
const SIZES: &str = "sizes";

impl Store {
    pub(crate) fn open() -> Result<Self> {
        let executable = std::env::current_exe()?;
        let folder =
            executable.parent().context("the program has no directory")?.join("prefab-bench-outcomes");
        fs::create_dir_all(folder.join("engines")).context("creating a directory for the outcomes")?;
        Ok(Self { folder })
    }

    /// Removes the results of the last run, and records the machine of this one.
    pub(crate) fn clear(&self) -> Result<()> {
        fs::remove_dir_all(&self.folder)?;
        fs::create_dir_all(self.folder.join("engines"))?;
        self.write(MACHINE, &Machine::this())
    }

    /// Returns the file for the outcome of a contestant.
    pub(crate) fn file(&self, contestant: &str) -> PathBuf {
        self.folder.join("engines").join(contestant).with_extension("json")
    }

    pub(crate) fn own_file(&self) -> PathBuf {
        self.path(OWN)
    }

    pub(crate) fn outcomes(&self) -> Result<Vec<Outcome>> {
        let files = fs::read_dir(self.folder.join("engines"))?;
        files.map(|file| read(&file?.path())).collect::<Result<_>>()
    }

    pub(crate) fn own(&self) -> Option<Own> {
        read(&self.path(OWN)).ok()
    }

    pub(crate) fn sizes(&self) -> Vec<Size> {
        read(&self.path(SIZES)).unwrap_or_default()
    }

    pub(crate) fn set_sizes(&self, sizes: &[Size]) -> Result<()> {
        self.write(SIZES, sizes)
    }

    pub(crate) fn machine(&self) -> Machine {
        read(&self.path(MACHINE)).unwrap_or_else(|_| Machine::this())
    }

    /// Changes the outcome of a contestant.
    pub(crate) fn amend(&self, contestant: &str, change: impl FnOnce(&mut Outcome)) -> Result<()> {
        let path = self.file(contestant);
        let mut outcome = read(&path)?;
        change(&mut outcome);
        fs::write(path, serde_json::to_vec_pretty(&outcome)?).context("writing an outcome")
    }

    /// Removes the outcome of a contestant, so that the tables do not show an old one.
    pub(crate) fn forget(&self, contestant: &str) -> Result<()> {
        match fs::remove_file(self.file(contestant)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error).context("removing an outcome"),
            _ => Ok(()),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name).with_extension("json")
    }

    fn write<T: Serialize + ?Sized>(&self, name: &str, value: &T) -> Result<()> {
        fs::write(self.path(name), serde_json::to_vec_pretty(value)?)
            .with_context(|| format!("writing `{name}`"))
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read(path).with_context(|| format!("reading `{}`", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("reading `{}`", path.display()))
}
