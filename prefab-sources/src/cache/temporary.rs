//! Replaces a file in one step, and leaves nothing behind if the process ends before that.

use std::{
    ffi::OsStr,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

/// A temporary file older than this was left behind by a process that was killed.
const MAX_AGE: Duration = Duration::from_secs(60);

const PREFIX: &str = "prefab.cache.";
const EXTENSION: &str = "tmp";

/// Replaces the content of the file at `path`. Only its owner can read it.
pub(super) fn replace(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut beside = path.to_owned().into_os_string();
    beside.push(format!(".{:016x}.{EXTENSION}", fastrand::u64(..)));
    let beside = PathBuf::from(beside);
    let written = write(&beside, parts).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Writes a new file. On Linux, it has a name only after it has been written completely.
fn write(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    if let Some(mut file) = path.parent().and_then(nameless) {
        fill(&mut file, parts)?;
        if name(&file, path).is_ok() {
            return Ok(());
        }
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    fill(&mut options.open(path)?, parts)
}

fn fill(file: &mut File, parts: &[&[u8]]) -> io::Result<()> {
    for part in parts {
        file.write_all(part)?;
    }
    file.sync_all()
}

/// Returns a file without a name, which the system removes when the process ends; `None` if the file system has none.
#[cfg(target_os = "linux")]
fn nameless(dir: &Path) -> Option<File> {
    use rustix::fs::{CWD, Mode, OFlags, openat};
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    openat(CWD, dir, flags, Mode::RUSR | Mode::WUSR).ok().map(File::from)
}

#[cfg(target_os = "linux")]
fn name(file: &File, path: &Path) -> io::Result<()> {
    use std::os::fd::AsRawFd as _;

    use rustix::fs::{AtFlags, CWD, linkat};
    let source = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(linkat(CWD, source.as_str(), CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

/// Removes old temporary files of any cache in a directory. Failures are ignored: another process may do the same.
pub(super) fn sweep(dir: &Path) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let is_old = || {
            let modified = entry.metadata().and_then(|metadata| metadata.modified());
            modified.is_ok_and(|modified| modified.elapsed().is_ok_and(|age| age > MAX_AGE))
        };
        if is_temporary(&entry.file_name()) && is_old() {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn is_temporary(name: &OsStr) -> bool {
    let path = Path::new(name);
    path.extension() == Some(OsStr::new(EXTENSION))
        && name.to_str().is_some_and(|name| name.starts_with(PREFIX))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            dir.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_replaced_file_is_the_only_one_and_only_its_owner_reads_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("prefab.cache.1.abc");
        for content in ["old", "new"] {
            replace(&path, &[content.as_bytes(), b"!"]).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), format!("{content}!"));
        }
        assert_eq!(names(dir.path()), ["prefab.cache.1.abc"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(replace(&dir.path().join("absent/file"), &[b"x"]).is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_has_no_name_while_it_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let Some(mut file) = nameless(dir.path()) else {
            eprintln!("skipped: this file system has no files without a name");
            return;
        };
        fill(&mut file, &[b"half"]).unwrap();
        assert_eq!(names(dir.path()), [] as [&str; 0]);
        name(&file, &dir.path().join("named")).unwrap();
        assert_eq!(names(dir.path()), ["named"]);
    }

    #[test]
    fn only_old_temporary_files_of_caches_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let old = SystemTime::now() - 2 * MAX_AGE;
        for (name, modified) in [
            ("prefab.cache.1.abc.0123.tmp", old),
            ("prefab.cache.2.abc.4567.tmp", SystemTime::now()),
            ("prefab.cache.1.abc", old),
            ("other.tmp", old),
        ] {
            let path = dir.path().join(name);
            fs::write(&path, "x").unwrap();
            File::options().write(true).open(path).unwrap().set_modified(modified).unwrap();
        }
        sweep(dir.path());
        assert_eq!(names(dir.path()), ["other.tmp", "prefab.cache.1.abc", "prefab.cache.2.abc.4567.tmp"]);
        sweep(&dir.path().join("absent"));
    }
}
