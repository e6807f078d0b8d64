//! Why a server did not start.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    path::PathBuf,
};

use prefab_store::{StoreError, UnavailableReason};

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The data directory cannot be made.
    #[error("data directory `{}`", path.display())]
    DataDir {
        /// The directory.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The address cannot be had.
    #[error("listening on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// The database cannot be used.
    #[error("`{}`", path.display())]
    Database {
        /// Its file.
        path: PathBuf,
        /// The cause.
        source: StoreError,
    },
    /// There is no database where one is to be.
    #[error("there is no database `{}`", path.display())]
    NoDatabase {
        /// Its file.
        path: PathBuf,
    },
    /// The file to start with cannot be used.
    #[error("seed file `{}`: {cause}", path.display())]
    Seed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        cause: String,
    },
    /// The certificate or its key cannot be used.
    #[error("certificate `{}`: {cause}", path.display())]
    Tls {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
}

impl Error {
    /// Says what to do about it, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::DataDir { source, .. } => match source.kind() {
                ErrorKind::AlreadyExists | ErrorKind::NotADirectory => {
                    Some("--data-dir takes a folder; this is a file")
                }
                ErrorKind::PermissionDenied => Some(
                    "whoever runs the server must be able to write there; --data-dir names another place",
                ),
                _ => None,
            },
            Self::Listen { source, .. } => match source.kind() {
                ErrorKind::AddrInUse => Some(
                    "another program listens there; --listen takes another address, and with port 0 any free port",
                ),
                ErrorKind::AddrNotAvailable => {
                    Some("this machine has no such address; --listen 0.0.0.0:PORT stands for all it has")
                }
                ErrorKind::PermissionDenied => Some(
                    "ports below 1024 take special rights; --listen takes another one, with a proxy before it",
                ),
                _ => None,
            },
            Self::Database { source: StoreError::Unavailable { reason, .. }, .. } => match reason {
                UnavailableReason::Damaged => Some(
                    "it is damaged, or no database of a Prefab server; `prefab restore BACKUP --overwrite` puts a backup in its place and keeps it",
                ),
                UnavailableReason::ReadOnly => {
                    Some("whoever runs the server must be able to write to it and to its folder")
                }
                UnavailableReason::DiskFull => Some("make room on its disk"),
                UnavailableReason::Busy => Some("another program keeps it locked"),
                UnavailableReason::Other => None,
            },
            Self::NoDatabase { .. } => {
                Some("--data-dir names the folder that the server has, --database the file")
            }
            Self::Database { .. } | Self::Seed { .. } | Self::Tls { .. } => None,
        }
    }
}
