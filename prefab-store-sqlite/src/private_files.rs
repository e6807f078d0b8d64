//! Files that only their owner can read, because configs contain secrets and a database contains password hashes.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind},
    path::Path,
};

/// Creates a folder that only its owner can read. An existing folder stays unchanged.
///
/// # Errors
///
/// The I/O error if the folder cannot be created.
pub fn folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Creates an empty file that only its owner can read.
///
/// # Errors
///
/// The I/O error if the file cannot be created. It is [`ErrorKind::AlreadyExists`] if the file exists.
pub fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Creates a file that only its owner can read, unless the file exists.
///
/// # Errors
///
/// The I/O error if the file cannot be created.
pub fn claim(path: &Path) -> io::Result<()> {
    match create(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Writes the names of the files in the folder of a file to the disk, so that renames survive a power failure.
///
/// # Errors
///
/// The error of the operating system.
pub fn sync_folder_of(path: &Path) -> io::Result<()> {
    // Other systems cannot open a folder as a file.
    #[cfg(unix)]
    {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        Ok(())
    }
}

/// Returns whether all users of this machine may read a file.
pub fn is_open_to_all(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o004 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

/// Gives a file the owner and the group of its folder, so that a server that runs as this owner can open it. Does nothing if
/// this process is not allowed to.
///
/// # Errors
///
/// The I/O error if the file or its folder cannot be read, or if the owner cannot be changed for another reason.
pub fn give_to_owner_of_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, chown};
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let owner = fs::metadata(folder.unwrap_or(Path::new(".")))?;
        let file = fs::metadata(path)?;
        if (file.uid(), file.gid()) == (owner.uid(), owner.gid()) {
            return Ok(());
        }
        match chown(path, Some(owner.uid()), Some(owner.gid())) {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(()),
            other => other,
        }
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        Ok(())
    }
}
