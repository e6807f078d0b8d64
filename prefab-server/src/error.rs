//! Errors at the start of a server.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    path::PathBuf,
};

use prefab_store_postgres::InvalidUrl;

use prefab_service::server_id::InvalidName;
use prefab_store::{StoreError, UnavailableReason};
use prefab_store_sqlite::RestoreError;

/// The reason why a server does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The data folder cannot be created.
    #[error("cannot create the data folder `{}`", path.display())]
    DataDir {
        /// The folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The address cannot be used.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// The database cannot be used.
    #[error("cannot open the database `{}`", path.display())]
    Database {
        /// The database file.
        path: PathBuf,
        /// The cause.
        source: StoreError,
    },
    /// The database does not exist.
    #[error("the database `{}` does not exist", path.display())]
    NoDatabase {
        /// The database file.
        path: PathBuf,
    },
    /// A backup cannot be restored.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// The URL of the database is invalid.
    #[error(transparent)]
    DatabaseUrl(#[from] InvalidUrl),
    /// The file with the password of the database cannot be read.
    #[error("cannot read the password of the database in `{}`", path.display())]
    PasswordFile {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The name of the server is invalid.
    #[error(transparent)]
    ServerName(#[from] InvalidName),
    /// The seed file cannot be used.
    #[error("invalid seed file `{}`: {cause}", path.display())]
    Seed {
        /// The file.
        path: PathBuf,
        /// The problem and its place.
        cause: String,
    },
    /// There is a certificate without a key, or a key without a certificate.
    #[error("`{}` needs its counterpart: https requires a certificate and a key", path.display())]
    TlsFileAlone {
        /// The file.
        path: PathBuf,
    },
    /// The certificate or its key cannot be used.
    #[error("cannot use the certificate or key `{}`: {cause}", path.display())]
    Tls {
        /// The file.
        path: PathBuf,
        /// The problem.
        cause: String,
    },
}

impl Error {
    /// Returns what to do about the error, if that is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::DataDir { source, .. } => match source.kind() {
                ErrorKind::AlreadyExists | ErrorKind::NotADirectory => {
                    Some("--data-dir requires a folder, but this is a file")
                }
                ErrorKind::PermissionDenied => Some(
                    "the user of the server process needs write permission; --data-dir selects another folder",
                ),
                _ => None,
            },
            Self::Listen { source, .. } => match source.kind() {
                ErrorKind::AddrInUse => Some(
                    "another program uses this address; --listen selects another one, and port 0 selects a free port",
                ),
                ErrorKind::AddrNotAvailable => Some(
                    "this machine does not have this address; --listen 0.0.0.0:PORT listens on all its addresses",
                ),
                ErrorKind::PermissionDenied => Some(
                    "ports below 1024 require privileges; use another port with --listen, behind a proxy",
                ),
                _ => None,
            },
            Self::Database { source: StoreError::Unavailable { reason, .. }, .. } => match reason {
                UnavailableReason::Damaged => Some(
                    "the file is damaged or is not a database of a Prefab server; `prefab restore BACKUP --overwrite` replaces it with a backup and keeps it; --allow-damaged serves what can be read",
                ),
                UnavailableReason::ReadOnly => {
                    Some("the user of the server process needs write permission for the file and its folder")
                }
                UnavailableReason::DiskFull => Some("the disk is full; free some space"),
                UnavailableReason::Busy => Some("another program has locked it"),
                UnavailableReason::Unreachable => Some(
                    "check that the database server is running, that the address is right, and that no firewall blocks it",
                ),
                UnavailableReason::OutcomeUnknown | UnavailableReason::Other => None,
            },
            Self::NoDatabase { .. } => {
                Some("--data-dir selects the data folder of the server, --database the file")
            }
            Self::TlsFileAlone { .. } => Some("set both --tls-certificate and --tls-key, or neither"),
            Self::Database { .. }
            | Self::Restore(_)
            | Self::DatabaseUrl(_)
            | Self::PasswordFile { .. }
            | Self::ServerName(_)
            | Self::Seed { .. }
            | Self::Tls { .. } => None,
        }
    }
}
