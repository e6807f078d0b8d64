//! The YAML files of a program and their layers.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use prefab_core::{Layer, Slot};

use crate::{Finding, YamlFile};

/// The local YAML files of a program: defaults and overrides, each for all environments and per environment.
///
/// # Examples
///
/// ```
/// use prefab_sources::LocalFiles;
///
/// let files = LocalFiles::new("conf")
///     .override_dir("/home/me")
///     .envs(["staging"])
///     .env_list("local, staging")
///     .layers()
///     .files;
/// let paths: Vec<String> = files.iter().map(|file| file.path().display().to_string()).collect();
/// assert_eq!(paths, [
///     "conf/.prefab.default.config.yaml",
///     "conf/.prefab.staging.config.yaml",
///     "conf/.prefab.local.config.yaml",
///     "/home/me/.prefab.default.config.yaml",
///     "/home/me/.prefab.staging.config.yaml",
///     "/home/me/.prefab.local.config.yaml",
/// ]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalFiles {
    classpath_dir: PathBuf,
    override_dir: Option<PathBuf>,
    envs: Vec<String>,
}

/// The files of a program, lowest layer first, with findings about the environments and directories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileLayers {
    /// The files. They need not exist.
    pub files: Vec<YamlFile>,
    /// Environments and directories that were skipped, with the reason.
    pub findings: Vec<Finding>,
}

impl LocalFiles {
    /// Returns the default files in `classpath_dir`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_sources::LocalFiles;
    ///
    /// assert_eq!(LocalFiles::new("conf").layers().files.len(), 1);
    /// ```
    pub fn new(classpath_dir: impl Into<PathBuf>) -> Self {
        Self { classpath_dir: classpath_dir.into(), override_dir: None, envs: Vec::new() }
    }

    /// Adds the override files in `dir`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_sources::LocalFiles;
    ///
    /// assert_eq!(LocalFiles::new("conf").override_dir("/home/me").layers().files.len(), 2);
    /// ```
    #[must_use]
    pub fn override_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.override_dir = Some(dir.into());
        self
    }

    /// Adds environments; later ones take precedence. Repeated names are ignored.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_sources::LocalFiles;
    ///
    /// assert_eq!(LocalFiles::new("conf").envs(["staging", "local"]).layers().files.len(), 3);
    /// ```
    #[must_use]
    pub fn envs<S: AsRef<str>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        for name in names {
            let name = name.as_ref().trim();
            if !name.is_empty() && !self.envs.iter().any(|known| known == name) {
                self.envs.push(name.to_owned());
            }
        }
        self
    }

    /// Adds environments from a comma-separated list, such as `PREFAB_ENVS`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_sources::LocalFiles;
    ///
    /// assert_eq!(LocalFiles::new("conf").env_list("staging, local"), LocalFiles::new("conf").envs(["staging", "local"]));
    /// ```
    #[must_use]
    pub fn env_list(self, names: &str) -> Self {
        self.envs(names.split(','))
    }

    /// Returns the files, lowest layer first.
    pub fn layers(&self) -> FileLayers {
        let mut layers = FileLayers { files: Vec::new(), findings: Vec::new() };
        let mut envs: Vec<&str> = Vec::new();
        for name in &self.envs {
            if name.contains(['/', '\\', '\0']) {
                let message = format!("skipped the environment `{name}`: it cannot be part of a file name");
                layers.findings.push(Finding::new("local files", message));
            } else {
                envs.push(name);
            }
        }
        layers.add(&self.classpath_dir, &envs, Layer::Default, Layer::DefaultEnv);
        if let Some(overrides) = &self.override_dir {
            if is_same(&self.classpath_dir, overrides) {
                let message = "directory of both defaults and overrides; reading its files as defaults only, because \
                               overrides take precedence over the server";
                layers.findings.push(Finding::new(overrides.display().to_string(), message));
            } else {
                layers.add(overrides, &envs, Layer::Override, Layer::OverrideEnv);
            }
        }
        layers
    }
}

impl FileLayers {
    fn add(&mut self, dir: &Path, envs: &[&str], all: Layer, each: Layer) {
        self.files.push(YamlFile::new(path(dir, "default"), all));
        // Environments beyond 65536 are ignored.
        for (order, env) in (0..=u16::MAX).zip(envs) {
            self.files.push(YamlFile::new(path(dir, env), Slot { layer: each, order }));
        }
    }
}

fn path(dir: &Path, name: &str) -> PathBuf {
    dir.join(format!(".prefab.{name}.config.yaml"))
}

/// Returns whether two paths are the same directory, with links and dots resolved. The directory need not exist.
fn is_same(one: &Path, other: &Path) -> bool {
    let resolve = |path: &Path| -> io::Result<PathBuf> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        fs::canonicalize(path).or_else(|_| std::path::absolute(path))
    };
    matches!((resolve(one), resolve(other)), (Ok(one), Ok(other)) if one == other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use prefab_core::{LayeredStore, Value};
    use proptest::prelude::*;

    fn slots(layers: &FileLayers) -> Vec<(Layer, u16)> {
        layers.files.iter().map(|file| (file.slot().layer, file.slot().order)).collect()
    }

    #[test]
    fn files_are_in_the_order_of_their_layers() {
        let layers = LocalFiles::new("a").override_dir("b").envs(["x", "y"]).layers();
        assert_eq!(
            slots(&layers),
            [
                (Layer::Default, 0),
                (Layer::DefaultEnv, 0),
                (Layer::DefaultEnv, 1),
                (Layer::Override, 0),
                (Layer::OverrideEnv, 0),
                (Layer::OverrideEnv, 1),
            ]
        );
        assert!(layers.findings.is_empty());
    }

    #[test]
    fn names_are_trimmed_and_repetitions_ignored() {
        let files = LocalFiles::new("a").envs(["x", " y "]).env_list("z, y,,x ,w");
        assert_eq!(files.envs, ["x", "y", "z", "w"]);
    }

    #[test]
    fn an_environment_with_a_path_separator_is_skipped() {
        let layers = LocalFiles::new("a").envs(["../../etc/x", r"..\x", "ok", ".."]).layers();
        assert_eq!(layers.files.len(), 3);
        assert_eq!(
            layers.findings[0].to_string(),
            "local files: skipped the environment `../../etc/x`: it cannot be part of a file name"
        );
        assert_eq!(layers.findings.len(), 2);
    }

    #[test]
    fn one_directory_for_defaults_and_overrides_is_read_as_defaults() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("sub")).unwrap();
        let check = |defaults: &Path, overrides: &Path, files: usize| {
            let layers = LocalFiles::new(defaults).override_dir(overrides).layers();
            assert_eq!((layers.files.len(), layers.findings.len()), (files, 2 - files), "{overrides:?}");
        };
        check(dir.path(), &dir.path().join("sub/.."), 1);
        check(dir.path(), &dir.path().join("sub"), 2);
        check(Path::new(""), Path::new("."), 1);
        check(&dir.path().join("later"), &dir.path().join("later"), 1);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(dir.path(), dir.path().join("link")).unwrap();
            check(dir.path(), &dir.path().join("link"), 1);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn the_last_file_with_a_key_takes_precedence(
            present in prop::collection::vec(any::<bool>(), 6),
            arrival in Just((0..6).collect::<Vec<usize>>()).prop_shuffle(),
        ) {
            let dir = tempfile::tempdir().unwrap();
            let (defaults, overrides) = (dir.path().join("a"), dir.path().join("b"));
            fs::create_dir(&defaults).unwrap();
            fs::create_dir(&overrides).unwrap();
            let files = LocalFiles::new(&defaults).override_dir(&overrides).env_list("x,y").layers().files;
            for (at, file) in files.iter().enumerate().filter(|(at, _)| present[*at]) {
                fs::write(file.path(), format!("k: {at}")).unwrap();
            }
            let mut store = LayeredStore::default();
            for at in arrival {
                store.apply(files[at].load().unwrap().update);
            }
            let last = present.iter().rposition(|present| *present);
            let value = store.get("k").map(|entry| entry.config().rows[0].values[0].value.clone().unwrap().value);
            prop_assert_eq!(value, last.map(|last| Value::Int(i64::try_from(last).unwrap())));
        }
    }
}
