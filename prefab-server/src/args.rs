//! The options of the command line.

mod database;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{ArgAction, Args};

use crate::{
    Error,
    options::{Network, Options, PublicUrl, TlsFiles},
};
pub use database::DatabaseArgs;
use prefab_service::limits::Limits;

/// The options of `prefab serve`, for `#[command(flatten)]`.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    /// Address and port to listen on; port 0 selects a free port
    #[arg(long, env = "PREFAB_SERVER_LISTEN", default_value = "127.0.0.1:8742", value_name = "ADDRESS", value_parser = socket_address)]
    pub listen: SocketAddr,

    /// Data folder; created if it does not exist
    #[arg(long, env = "PREFAB_SERVER_DATA_DIR", default_value = "prefab-data", value_name = "FOLDER")]
    pub data_dir: PathBuf,

    /// The database.
    #[command(flatten)]
    pub database: DatabaseArgs,

    /// Start even if the database is damaged, and serve what can be read; `/readyz` then returns 503
    #[arg(long, env = "PREFAB_SERVER_ALLOW_DAMAGED")]
    pub allow_damaged: bool,

    /// Datafile or YAML file with the configs of a new project; ignored if the database has a project
    #[arg(long, env = "PREFAB_SERVER_SEED_FROM", value_name = "FILE")]
    pub seed_from: Option<PathBuf>,

    /// Certificate chain in PEM, to serve https; requires --tls-key
    #[arg(long, env = "PREFAB_SERVER_TLS_CERTIFICATE", value_name = "FILE")]
    pub tls_certificate: Option<PathBuf>,

    /// Private key in PEM of the certificate
    #[arg(long, env = "PREFAB_SERVER_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,

    /// Maximum size of a request body, in bytes
    #[arg(long, env = "PREFAB_SERVER_MAX_BODY_BYTES", default_value_t = Limits::default().body_bytes, value_name = "BYTES")]
    pub max_body_bytes: usize,

    /// Time limit for request headers, and for idle connections between requests, in seconds
    #[arg(long, env = "PREFAB_SERVER_HEADER_TIMEOUT", default_value_t = Limits::default().header_timeout.as_secs(), value_name = "SECONDS")]
    pub header_timeout: u64,

    /// Time to send a request body before a minimum rate applies, in seconds
    #[arg(long, env = "PREFAB_SERVER_BODY_TIMEOUT", default_value_t = Limits::default().body_timeout.as_secs(), value_name = "SECONDS")]
    pub body_timeout: u64,

    /// Maximum number of open connections; beyond it, the one that has been idle longest is closed
    #[arg(long, env = "PREFAB_SERVER_MAX_CONNECTIONS", default_value_t = Limits::default().connections, value_name = "COUNT")]
    pub max_connections: usize,

    /// Maximum number of open connections from one address; trusted proxies are exempt
    #[arg(long, env = "PREFAB_SERVER_MAX_CONNECTIONS_PER_ADDRESS", default_value_t = Limits::default().connections_per_address, value_name = "COUNT")]
    pub max_connections_per_address: usize,

    /// Number of threads for each kind of CPU-heavy work; 0 means one per core, at least 2
    #[arg(long, env = "PREFAB_SERVER_WORKER_THREADS", default_value_t = Limits::default().worker_threads, value_name = "COUNT")]
    pub worker_threads: usize,

    /// Maximum number of uncached front-end evaluations per second for one API key
    #[arg(long, env = "PREFAB_SERVER_MAX_EVALUATIONS_PER_SECOND", default_value_t = Limits::default().evaluations_per_second, value_name = "COUNT")]
    pub max_evaluations_per_second: usize,

    /// Maximum number of OFREP requests per second for one API key [default: unlimited]
    #[arg(long, env = "PREFAB_SERVER_OFREP_REQUESTS_PER_SECOND", value_name = "COUNT")]
    pub ofrep_requests_per_second: Option<usize>,

    /// Whether OFREP responses offer an event stream of changes
    #[arg(long, env = "PREFAB_SERVER_OFREP_STREAMS", default_value_t = true, action = ArgAction::Set, value_name = "true|false")]
    pub ofrep_streams: bool,

    /// Maximum number of open streams for one API key
    #[arg(long, env = "PREFAB_SERVER_MAX_STREAMS_PER_KEY", default_value_t = Limits::default().streams_per_key, value_name = "COUNT")]
    pub max_streams_per_key: usize,

    /// Maximum telemetry per minute from one API key, in bytes
    #[arg(long, env = "PREFAB_SERVER_MAX_TELEMETRY_BYTES", default_value_t = Limits::default().telemetry_bytes_per_minute, value_name = "BYTES")]
    pub max_telemetry_bytes: usize,

    /// Maximum telemetry per minute from one front-end API key, in bytes; these keys are public
    #[arg(long, env = "PREFAB_SERVER_MAX_FRONT_END_TELEMETRY_BYTES", default_value_t = Limits::default().front_end_telemetry_bytes_per_minute, value_name = "BYTES")]
    pub max_front_end_telemetry_bytes: usize,

    /// Number of days that audit entries are kept [default: forever]
    #[arg(long, env = "PREFAB_SERVER_AUDIT_DAYS", value_name = "DAYS")]
    pub audit_days: Option<u32>,

    /// Time limit for open streams and requests when the server stops, in seconds
    #[arg(long, env = "PREFAB_SERVER_DRAIN_TIMEOUT", default_value_t = 10, value_name = "SECONDS")]
    pub drain_timeout: u64,

    /// Number of days that evaluation counts, loggers and contexts are kept
    #[arg(long, env = "PREFAB_SERVER_EVALUATIONS_DAYS", default_value_t = 90, value_name = "DAYS")]
    pub evaluations_days: u32,

    /// Whether to store the contexts that clients report
    #[arg(long, env = "PREFAB_SERVER_COLLECT_CONTEXTS", default_value_t = true, action = ArgAction::Set, value_name = "true|false")]
    pub collect_contexts: bool,

    /// Public URL of the server, such as <https://prefab.example.com>, for sign-up and invitation links
    #[arg(long, env = "PREFAB_SERVER_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<PublicUrl>,

    /// Address or network of a proxy whose X-Forwarded-For header is trusted; can be repeated or separated by commas
    #[arg(
        long = "trusted-proxy",
        env = "PREFAB_SERVER_TRUSTED_PROXIES",
        value_delimiter = ',',
        value_name = "ADDRESS"
    )]
    pub trusted_proxies: Vec<Network>,

    /// Name of this server among those that share the database, in the page, in `prefab doctor` and in logs [default: the name of the machine and a random text]
    #[arg(long, env = "PREFAB_SERVER_NAME", value_name = "NAME")]
    pub server_name: Option<String>,
}

fn socket_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "expected an address and a port, as in 127.0.0.1:8742 or [::1]:8742".to_owned())
}

impl TryFrom<ServeArgs> for Options {
    type Error = Error;

    fn try_from(args: ServeArgs) -> Result<Self, Error> {
        let ServeArgs {
            listen,
            data_dir,
            database,
            allow_damaged,
            seed_from,
            tls_certificate,
            tls_key,
            max_body_bytes,
            header_timeout,
            body_timeout,
            max_connections,
            max_connections_per_address,
            worker_threads,
            max_evaluations_per_second,
            ofrep_requests_per_second,
            ofrep_streams,
            max_streams_per_key,
            max_telemetry_bytes,
            max_front_end_telemetry_bytes,
            audit_days,
            drain_timeout,
            evaluations_days,
            collect_contexts,
            public_url,
            trusted_proxies,
            server_name,
        } = args;
        let database_connections = database.database_pool;
        Ok(Self {
            listen,
            data_dir,
            database: database.open()?,
            allow_damaged,
            seed_from,
            tls: match (tls_certificate, tls_key) {
                (Some(certificate), Some(key)) => Some(TlsFiles { certificate, key }),
                (None, None) => None,
                // Else a server whose key is missing in one of three places would use http.
                (Some(path), None) | (None, Some(path)) => return Err(Error::TlsFileAlone { path }),
            },
            limits: Limits {
                body_bytes: max_body_bytes,
                header_timeout: Duration::from_secs(header_timeout),
                body_timeout: Duration::from_secs(body_timeout),
                connections: max_connections,
                connections_per_address: max_connections_per_address,
                streams_per_key: max_streams_per_key,
                worker_threads,
                evaluations_per_second: max_evaluations_per_second,
                ofrep_requests_per_second,
                telemetry_bytes_per_minute: max_telemetry_bytes,
                front_end_telemetry_bytes_per_minute: max_front_end_telemetry_bytes,
                database_connections,
                audit_days,
                ..Limits::default()
            },
            drain_timeout: Duration::from_secs(drain_timeout),
            evaluations_days,
            collect_contexts,
            ofrep_streams,
            public_url,
            trusted_proxies,
            server_name,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory as _, Parser};

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        serve: ServeArgs,
    }

    #[test]
    fn every_option_has_help_and_a_variable() {
        let command = Command::command();
        command.clone().debug_assert();
        for argument in command.get_arguments().filter(|argument| argument.get_id() != "help") {
            let name = argument.get_id();
            assert!(argument.get_help().is_some(), "{name}");
            let variable = argument.get_env().and_then(|variable| variable.to_str()).unwrap();
            assert!(variable.starts_with("PREFAB_SERVER_"), "{name}: {variable}");
        }
    }

    #[test]
    fn the_defaults_are_those_of_the_limits() {
        let Command { serve } = Command::parse_from(["serve"]);
        assert_eq!(Options::try_from(serve).unwrap().limits, Limits::default());
    }

    #[test]
    fn a_certificate_needs_its_key() {
        for (option, file) in [("--tls-certificate", "cert.pem"), ("--tls-key", "key.pem")] {
            let Command { serve } = Command::parse_from(["serve", option, file]);
            let error = Options::try_from(serve).unwrap_err();
            assert!(matches!(&error, Error::TlsFileAlone { path } if path.ends_with(file)), "{error}");
        }
    }
}
