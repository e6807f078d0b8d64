//! The options of a server.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

pub use prefab_store_postgres::{Password, PostgresOptions, PostgresUrl};

pub use crate::{network::Network, public_url::PublicUrl};
use prefab_service::limits::Limits;

/// The options of a server.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address to listen on. Port 0 selects a free port.
    pub listen: SocketAddr,
    /// The data folder. It is created if it does not exist.
    pub data_dir: PathBuf,
    /// The database. By default, the file `prefab.db` in the data folder.
    pub database: Option<Database>,
    /// Whether to start with a damaged database, and serve what can be read.
    pub allow_damaged: bool,
    /// A datafile, or a YAML file by its extension, with the configs of a new project.
    pub seed_from: Option<PathBuf>,
    /// The certificate and key for https. Without them, the server uses http.
    pub tls: Option<TlsFiles>,
    /// The limits for clients.
    pub limits: Limits,
    /// The time limit for open streams and requests when the server stops.
    pub drain_timeout: Duration,
    /// The number of days for which evaluation counts, loggers and contexts are stored.
    pub evaluations_days: u32,
    /// Whether the server stores the contexts that clients report.
    pub collect_contexts: bool,
    /// Whether OFREP responses offer an event stream of changes.
    pub ofrep_streams: bool,
    /// The public URL of the server, for links, if it differs from the address.
    pub public_url: Option<PublicUrl>,
    /// The proxies whose `X-Forwarded-For` header is trusted.
    pub trusted_proxies: Vec<Network>,
    /// The name of this server among those that share the database. By default, the name of the machine and a random text.
    pub server_name: Option<String>,
}

impl Options {
    /// Returns the options for a server on a free port of this machine.
    pub fn local(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data_dir: data_dir.into(),
            database: None,
            allow_damaged: false,
            seed_from: None,
            tls: None,
            limits: Limits::default(),
            drain_timeout: Duration::from_secs(10),
            evaluations_days: 90,
            collect_contexts: true,
            ofrep_streams: true,
            public_url: None,
            trusted_proxies: Vec::new(),
            server_name: None,
        }
    }
}

/// Where a server stores its data.
#[derive(Clone, Debug)]
pub enum Database {
    /// A SQLite file.
    File(PathBuf),
    /// A PostgreSQL database, which several servers can share.
    Postgres(PostgresOptions),
}

/// The files of an https server, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate chain.
    pub certificate: PathBuf,
    /// The private key of the certificate.
    pub key: PathBuf,
}
