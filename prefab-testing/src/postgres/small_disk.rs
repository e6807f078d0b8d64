//! A disk that can be filled.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use super::{Postgres, folder, give_to_server};
use crate::skip;

/// A small file system in memory, which is removed when it is dropped. Only root can mount it.
#[derive(Debug)]
pub struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    /// Mounts a disk, or reports that the test is skipped.
    pub fn mount(megabytes: u32) -> Option<Self> {
        let folder = folder();
        let size = format!("size={megabytes}m");
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder.path()).output();
        if !mount.is_ok_and(|mount| mount.status.success()) {
            skip("a file system can only be mounted by root");
            return None;
        }
        give_to_server(folder.path());
        Some(Self { folder })
    }

    /// Returns the folder of the disk.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file until the disk is full.
    pub fn fill(&self) {
        let mut file = File::options().create(true).append(true).open(self.filler()).unwrap();
        for size in [1 << 20, 4 << 10, 1] {
            loop {
                match file.write(&vec![0; size]) {
                    Ok(1..) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    other => panic!("{other:?}"),
                }
            }
        }
    }

    /// Removes the file that fills the disk.
    pub fn free(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // The server may have files open for another moment.
        let _ = Command::new("umount").arg("--lazy").arg(self.folder.path()).status();
    }
}

impl Postgres {
    /// Moves the tables, but not the log, to another disk. No client may be connected.
    pub fn move_tables(&self, disk: &SmallDisk) {
        self.sql_in("template1", &format!("CREATE TABLESPACE small LOCATION '{}'", disk.path().display()));
        self.sql_in("template1", "ALTER DATABASE postgres SET TABLESPACE small");
    }

    /// Moves the log of the database, which every commit writes, to another disk. The server restarts.
    pub fn move_log(&mut self, disk: &SmallDisk) {
        self.kill();
        let (log, moved) = (self.data().join("pg_wal"), disk.path().join("pg_wal"));
        super::copy(&log, &moved);
        fs::remove_dir_all(&log).unwrap();
        std::os::unix::fs::symlink(moved, log).unwrap();
        self.restart();
    }
}
