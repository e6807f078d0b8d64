//! Reads text files with a size limit.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::Path,
    sync::Arc,
};

use prefab_core::encoding::{self, EncodingError};

use crate::{Position, SourceError, SourceErrorKind};

/// Returns the text of a file without its byte order mark; `None` if the file does not exist.
///
/// A file larger than `max_bytes` is rejected by its size, before it is read.
pub(crate) fn text(path: &Path, name: &Arc<str>, max_bytes: u64) -> Result<Option<String>, SourceError> {
    let error = |kind, why: String, advice: &'static str| {
        SourceError::new(kind, Arc::clone(name), why).with_path(path).with_advice(advice)
    };
    let unreadable = |cause: io::Error| {
        let why = format!("cannot be read: {cause}");
        error(SourceErrorKind::Unreadable, why, "make it readable for the user of this program")
    };
    let too_large = |len: u64| {
        let why = format!("has at least {len} bytes; the limit is {max_bytes} bytes");
        error(SourceErrorKind::TooLarge, why, "check that it is the right file, or raise the limit")
    };

    // Before opening the file, because opening a pipe would block.
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(cause) if is_absent(&cause) => return Ok(None),
        Err(cause) => return Err(unreadable(cause)),
    };
    if !metadata.is_file() {
        let what = if metadata.is_dir() { "a directory" } else { "not a regular file" };
        return Err(error(SourceErrorKind::NotAFile, format!("is {what}"), "replace it with a file"));
    }
    if metadata.len() > max_bytes {
        return Err(too_large(metadata.len()));
    }
    let mut bytes = Vec::new();
    let file = match File::open(path) {
        Ok(file) => file,
        Err(cause) if is_absent(&cause) => return Ok(None),
        Err(cause) => return Err(unreadable(cause)),
    };
    // The file may grow while it is read.
    let read = file.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    if read as u64 > max_bytes {
        return Err(too_large(read as u64));
    }
    let text = encoding::decode(bytes).map_err(|cause| {
        let EncodingError { byte, line, column } = cause;
        let why = format!("byte {byte} is not UTF-8");
        error(SourceErrorKind::Encoding, why, "save the file in UTF-8")
            .with_position(Position { line, column })
    })?;
    Ok(Some(text))
}

/// Returns the position of the character after `before`.
pub(crate) fn position_after(before: &str) -> Position {
    let line = before.rsplit('\n').next().unwrap_or_default();
    Position { line: before.matches('\n').count() + 1, column: line.chars().count() + 1 }
}

fn is_absent(cause: &io::Error) -> bool {
    matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    fn read(path: &Path, max_bytes: u64) -> Result<Option<String>, SourceError> {
        text(path, &"test".into(), max_bytes)
    }

    fn refused(path: &Path, kind: SourceErrorKind, message: &str) {
        let error = read(path, 100).unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(error.to_string(), format!("{}{message}", path.display()));
        assert_eq!(error.path(), Some(path));
    }

    #[test]
    fn a_text_is_read_without_its_byte_order_mark() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        assert_eq!(read(&path, 100), Ok(None));
        assert_eq!(read(&path.join("below-no-directory"), 100), Ok(None));
        fs::write(&path, "\u{feff}a: ü").unwrap();
        assert_eq!(read(&path, 100), Ok(Some("a: ü".into())));
        assert_eq!(read(&path.join("below-a-file"), 100), Ok(None));
    }

    #[test]
    fn a_directory_and_invalid_text_are_errors_with_their_reason() {
        let dir = tempfile::tempdir().unwrap();
        refused(dir.path(), SourceErrorKind::NotAFile, ": is a directory; replace it with a file");
        let path = dir.path().join("latin1");
        fs::write(&path, b"a: 1\nb\xc3\xbc: \xfc\n").unwrap();
        refused(&path, SourceErrorKind::Encoding, ":2:5: byte 10 is not UTF-8; save the file in UTF-8");
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_not_opened() {
        let message = ": is not a regular file; replace it with a file";
        refused(Path::new("/dev/zero"), SourceErrorKind::NotAFile, message);
    }

    #[test]
    fn a_huge_file_is_rejected_without_reading_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("huge");
        File::create(&path).unwrap().set_len(100 << 20).unwrap();
        let start = Instant::now();
        let advice = "check that it is the right file, or raise the limit";
        let message = format!(": has at least 104857600 bytes; the limit is 100 bytes; {advice}");
        refused(&path, SourceErrorKind::TooLarge, &message);
        assert!(start.elapsed() < Duration::from_millis(50));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_without_permission_is_a_retryable_error() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        fs::write(&path, "a: 1").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
        if File::open(&path).is_ok() {
            eprintln!("skipped: this user may read every file, so permission cannot be refused");
            return;
        }
        let error = read(&path, 100).unwrap_err();
        assert_eq!(error.kind(), SourceErrorKind::Unreadable);
        assert!(error.is_retryable());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_a_circle_cannot_be_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("loop");
        std::os::unix::fs::symlink(&path, &path).unwrap();
        let error = read(&path, 100).unwrap_err();
        assert_eq!(error.kind(), SourceErrorKind::Unreadable);
        assert!(error.to_string().contains(": cannot be read: "), "{error}");
    }
}
