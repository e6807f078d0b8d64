//! How a server is set up.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

pub use crate::{network::Network, public_url::PublicUrl};
use prefab_service::limits::Limits;

/// How a server is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where data is kept. It is created if it is not there.
    pub data_dir: PathBuf,
    /// The database file, if it is not `prefab.db` in the data directory.
    pub database: Option<PathBuf>,
    /// A datafile, or a YAML file by its name, whose configs a new project starts with.
    pub seed_from: Option<PathBuf>,
    /// The certificate and key for https; plain http without.
    pub tls: Option<TlsFiles>,
    /// What clients may take.
    pub limits: Limits,
    /// How long streams and requests may take to end when the server stops.
    pub drain_timeout: Duration,
    /// For how many days evaluations, loggers and contexts are remembered.
    pub evaluations_days: u32,
    /// Whether contexts that clients report are kept, for people to look at.
    pub collect_contexts: bool,
    /// How others reach this server, where that is not by the address it listens on: for links that it hands out.
    pub public_url: Option<PublicUrl>,
    /// The proxies before this server, which are believed when they say for whom they ask.
    pub trusted_proxies: Vec<Network>,
}

impl Options {
    /// Returns the options for a server on a free port of this machine.
    pub fn local(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data_dir: data_dir.into(),
            database: None,
            seed_from: None,
            tls: None,
            limits: Limits::default(),
            drain_timeout: Duration::from_secs(10),
            evaluations_days: 90,
            collect_contexts: true,
            public_url: None,
            trusted_proxies: Vec::new(),
        }
    }
}

/// The files of an https server, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate and those that vouch for it.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}
