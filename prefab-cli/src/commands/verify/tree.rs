//! The source files below some directories.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};

/// Extensions of the languages that have a Prefab SDK.
const EXTENSIONS: &[&str] =
    &["rs", "py", "js", "jsx", "mjs", "cjs", "ts", "tsx", "vue", "svelte", "rb", "go", "java", "kt"];

/// Directories with files that other people wrote or a build created. Hidden directories are skipped, too.
const SKIPPED: &[&str] = &["target", "node_modules", "vendor", "dist", "build", "__pycache__", "venv"];

/// Larger files are generated.
const MAX_BYTES: u64 = 2 * 1024 * 1024;

/// The maximum number of source files.
const MAX_FILES: usize = 200_000;

/// Returns the source files at and below the paths, sorted. Symbolic links to directories are not followed.
pub(super) fn files(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut directories = Vec::new();
    for path in paths {
        let metadata = fs::metadata(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        if metadata.is_dir() {
            directories.push(path.clone());
        } else {
            files.push(path.clone());
        }
    }
    while let Some(directory) = directories.pop() {
        let failed = || format!("cannot read the directory `{}`", directory.display());
        for entry in fs::read_dir(&directory).with_context(failed)? {
            let entry = entry.with_context(failed)?;
            let kind = entry.file_type().with_context(failed)?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if kind.is_dir() && !name.starts_with('.') && !SKIPPED.contains(&&*name) {
                directories.push(entry.path());
            } else if kind.is_file() && is_source(&entry.path()) {
                files.push(entry.path());
            }
            if files.len() > MAX_FILES {
                bail!("there are more than {MAX_FILES} source files; name the directories with your code");
            }
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

fn is_source(path: &Path) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| EXTENSIONS.contains(&extension))
}

/// Returns the text of a file, or `None` if it is too large or not text.
pub(super) fn text(path: &Path) -> anyhow::Result<Option<String>> {
    let failed = || format!("cannot read `{}`", path.display());
    if fs::metadata(path).with_context(failed)?.len() > MAX_BYTES {
        return Ok(None);
    }
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(None),
        Err(error) => Err(error).with_context(failed),
    }
}
