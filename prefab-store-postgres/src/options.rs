//! The options of a PostgreSQL store.

use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

use prefab_store::{StoreError, UnavailableReason};
use tokio_postgres::{
    Config,
    config::{Host, SslMode},
};

use crate::password_file;

/// The default schema.
pub const DEFAULT_SCHEMA: &str = "prefab";

/// The default number of connections for requests.
pub const DEFAULT_POOL_SIZE: usize = 8;

/// The default time that a request waits for a connection.
const DEFAULT_POOL_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest name of a schema: a channel of notifications has the name too.
const MAX_SCHEMA_BYTES: usize = 48;

/// How long one host may take to accept a connection, unless the URL sets another.
const HOST_TIMEOUT: Duration = Duration::from_secs(1);
/// How long the log-in may take.
const LOGIN_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a connection may send nothing before it is checked.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(10);

/// How long the database has to acknowledge data.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(15);

/// How to reach a database.
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// The URL of the database.
    pub url: PostgresUrl,
    /// The URL at which notifications are received, if `url` leads to a pooler.
    pub listen_url: Option<PostgresUrl>,
    /// The password, if the URL has none.
    pub password: Option<Password>,
    /// The number of connections for requests. Two more are used for notifications and telemetry.
    pub pool_size: usize,
    /// How long a request waits for a connection.
    pub pool_timeout: Duration,
    /// The schema that contains all tables.
    pub schema: String,
    /// Whether ids are taken from a sequence, which loses changes.
    #[cfg(feature = "testing")]
    #[doc(hidden)]
    pub is_sequence: bool,
}

impl PostgresOptions {
    /// Returns options with the default pool and schema.
    pub fn new(url: PostgresUrl) -> Self {
        Self {
            url,
            listen_url: None,
            password: None,
            pool_size: DEFAULT_POOL_SIZE,
            pool_timeout: DEFAULT_POOL_TIMEOUT,
            schema: DEFAULT_SCHEMA.to_owned(),
            #[cfg(feature = "testing")]
            is_sequence: false,
        }
    }

    /// Returns the configuration of connections.
    pub(crate) fn config(&self) -> Result<Config, StoreError> {
        check_schema(&self.schema)?;
        self.with_password(&self.url)
    }

    /// Returns the configuration of the connection that receives notifications.
    pub(crate) fn listen_config(&self) -> Result<Config, StoreError> {
        self.with_password(self.listen_url.as_ref().unwrap_or(&self.url))
    }

    fn with_password(&self, url: &PostgresUrl) -> Result<Config, StoreError> {
        let mut config = url.config().map_err(|error| StoreError::unavailable("reading the URL", error))?;
        if let Some(Password(password)) = &self.password
            && config.get_password().is_none()
        {
            config.password(password);
        }
        if config.get_password().is_none()
            && let Some(password) = password_file::find(&config)
        {
            config.password(password);
        }
        if config.get_application_name().is_none() {
            config.application_name("prefab");
        }
        if config.get_connect_timeout().is_none() {
            // For each host, so that the next one is tried if one does not answer.
            config.connect_timeout(HOST_TIMEOUT);
        }
        if !url.has_parameter("keepalives_idle") {
            config.keepalives_idle(KEEPALIVE_IDLE);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(TCP_USER_TIMEOUT);
        }
        Ok(config)
    }
}

/// Returns the time that connecting may take: all hosts, and the log-in to one of them.
pub(crate) fn connect_timeout(config: &Config) -> Duration {
    let hosts = u32::try_from(config.get_hosts().len()).unwrap_or(u32::MAX).max(1);
    let each = config.get_connect_timeout().copied().unwrap_or(HOST_TIMEOUT);
    each.saturating_mul(hosts).saturating_add(LOGIN_TIMEOUT)
}

fn check_schema(schema: &str) -> Result<(), StoreError> {
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let starts = schema.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
    if starts && schema.len() <= MAX_SCHEMA_BYTES && schema.bytes().all(is_name) {
        return Ok(());
    }
    let source = format!(
        "`{schema}` cannot be the schema: expected up to {MAX_SCHEMA_BYTES} lower-case letters, digits and underscores"
    );
    Err(StoreError::Unavailable {
        operation: "reading the options of the database",
        reason: UnavailableReason::Other,
        source: source.into(),
    })
}

/// A password. It is not shown.
#[derive(Clone)]
pub struct Password(pub String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

/// How a connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsMode {
    /// Never.
    Disable,
    /// If the database server supports it. Its certificate is not verified.
    Prefer,
    /// Always. The certificate is verified only if the URL names roots.
    Require,
    /// Always. The certificate and the name of the database server are verified.
    VerifyFull,
}

/// The URL of a database: `postgres://user@host/database`. Its password is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl {
    /// The URL without the parameters of TLS.
    url: String,
    pub(crate) tls: TlsMode,
    /// A file with the certificates that are trusted.
    pub(crate) roots: Option<PathBuf>,
}

impl PostgresUrl {
    /// Returns whether a text is the URL of a PostgreSQL database.
    pub fn is_url(text: &str) -> bool {
        text.starts_with("postgres://") || text.starts_with("postgresql://")
    }

    /// Returns whether the URL sets a parameter.
    fn has_parameter(&self, name: &str) -> bool {
        let parameters = self.url.split_once('?').map_or("", |(_, query)| query).split('&');
        parameters.filter_map(|parameter| parameter.split_once('=')).any(|(found, _)| found == name)
    }

    fn config(&self) -> Result<Config, InvalidUrl> {
        let mut config: Config =
            self.url.parse().map_err(|error: tokio_postgres::Error| InvalidUrl(cause(&error)))?;
        config.ssl_mode(match self.tls {
            TlsMode::Disable => SslMode::Disable,
            TlsMode::Prefer => SslMode::Prefer,
            TlsMode::Require | TlsMode::VerifyFull => SslMode::Require,
        });
        Ok(config)
    }
}

fn cause(error: &tokio_postgres::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

impl FromStr for PostgresUrl {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, InvalidUrl> {
        if !Self::is_url(text) {
            return Err(InvalidUrl("it starts with neither postgres:// nor postgresql://".to_owned()));
        }
        let (base, query) = text.split_once('?').unwrap_or((text, ""));
        let (mut tls, mut roots, mut kept) = (TlsMode::Prefer, None, Vec::new());
        let mut names_system = false;
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some(("sslmode", mode)) => tls = tls_mode(mode)?,
                Some(("sslrootcert", "system")) => names_system = true,
                Some(("sslrootcert", file)) => roots = Some(PathBuf::from(decoded(file))),
                _ => kept.push(parameter),
            }
        }
        if names_system && tls != TlsMode::VerifyFull {
            // Other modes would not verify the certificate, which the parameter suggests.
            return Err(InvalidUrl("sslrootcert=system requires sslmode=verify-full".to_owned()));
        }
        let query = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
        let url = Self { url: format!("{base}{query}"), tls, roots };
        url.config()?;
        Ok(url)
    }
}

fn tls_mode(mode: &str) -> Result<TlsMode, InvalidUrl> {
    match mode {
        "disable" => Ok(TlsMode::Disable),
        "prefer" => Ok(TlsMode::Prefer),
        "require" => Ok(TlsMode::Require),
        "verify-full" => Ok(TlsMode::VerifyFull),
        other => Err(InvalidUrl(format!(
            "`{other}` is not an sslmode: expected disable, prefer, require or verify-full"
        ))),
    }
}

/// Decodes `%2F` and the like in a parameter.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let pair = (byte == b'%').then(|| rest.clone().take(2).collect::<Vec<_>>());
        let byte_of_pair =
            pair.and_then(|pair| u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok());
        if byte_of_pair.is_some() {
            rest.nth(1);
        }
        bytes.push(byte_of_pair.unwrap_or(byte));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl fmt::Display for PostgresUrl {
    /// Shows the hosts and the database, without the user, the password and the parameters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Parsed, because a password can contain every separator. The URL was parsed before.
        let Ok(config) = self.config() else { return f.write_str("postgres://") };
        f.write_str("postgres://")?;
        for (at, host) in config.get_hosts().iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            match host {
                Host::Tcp(host) if host.contains(':') => write!(f, "{comma}[{host}]")?,
                Host::Tcp(host) => write!(f, "{comma}{host}")?,
                #[cfg(unix)]
                Host::Unix(path) => write!(f, "{comma}{}", path.display())?,
            }
            // One port can apply to all hosts.
            let ports = config.get_ports();
            if let Some(port) = ports.get(at).or_else(|| ports.first()) {
                write!(f, ":{port}")?;
            }
        }
        write!(f, "/{}", config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// Why a text is not the URL of a database. It does not contain the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid URL of a PostgreSQL database: {0}")]
pub struct InvalidUrl(String);

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> PostgresUrl {
        text.parse().unwrap()
    }

    #[test]
    fn the_password_is_never_shown() {
        for text in [
            "postgres://ann:s3cret@db.acme.test:5432/prefab?sslmode=verify-full",
            "postgresql://ann:s3cret@db.acme.test:5432/prefab?password=s3cret",
            "postgres://ann:s3cret?x@db.acme.test:5432/prefab",
        ] {
            let shown = url(text);
            assert_eq!(shown.to_string(), "postgres://db.acme.test:5432/prefab");
            let options = PostgresOptions {
                password: Some(Password("s3cret".to_owned())),
                ..PostgresOptions::new(shown)
            };
            assert!(!format!("{options:?}").contains("s3cret"), "{options:?}");
        }
        for invalid in ["postgres://ann:s3cret@db:x/prefab", "postgres://ann:s3cret@db/p?sslmode=s3cret2"] {
            let error = invalid.parse::<PostgresUrl>().unwrap_err().to_string();
            assert!(!error.contains("s3cret@"), "{error}");
        }
    }

    #[test]
    fn parameters_of_tls_are_read() {
        let check = |query: &str, mode: TlsMode, roots: Option<&str>| {
            let url = url(&format!("postgres://h1,h2/db{query}"));
            assert_eq!((url.tls, url.roots.as_deref()), (mode, roots.map(std::path::Path::new)), "{query}");
            assert_eq!(url.config().unwrap().get_hosts().len(), 2);
        };
        check("", TlsMode::Prefer, None);
        check("?sslmode=disable", TlsMode::Disable, None);
        check("?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem", TlsMode::VerifyFull, Some("/etc/ca.pem"));
        check("?target_session_attrs=read-write&sslmode=require", TlsMode::Require, None);
        assert!("postgres://h/db?sslmode=allow".parse::<PostgresUrl>().is_err());
        check("?sslrootcert=system&sslmode=verify-full", TlsMode::VerifyFull, None);
        assert!("postgres://h/db?sslmode=require&sslrootcert=system".parse::<PostgresUrl>().is_err());
        assert!("mysql://h/db".parse::<PostgresUrl>().is_err());
    }

    #[test]
    fn times_of_the_url_are_kept() {
        let check = |query: &str, idle: u64, unacknowledged: u64| {
            let options = PostgresOptions::new(url(&format!("postgres://h/db{query}")));
            let config = options.config().unwrap();
            let found = (config.get_keepalives_idle(), config.get_tcp_user_timeout().copied());
            let seconds = Duration::from_secs;
            assert_eq!(found, (seconds(idle), Some(seconds(unacknowledged))), "{query}");
        };
        check("", 10, 15);
        check("?keepalives_idle=60&sslmode=disable", 60, 15);
        check("?tcp_user_timeout=40&keepalives_idle=7200", 7200, 40);
    }

    #[test]
    fn a_schema_needs_no_quotes() {
        let with = |schema: &str| PostgresOptions {
            schema: schema.to_owned(),
            ..PostgresOptions::new(url("postgres://h/db"))
        };
        assert!(with("prefab_2").config().is_ok());
        for schema in ["", "2prefab", "Prefab", "a\"b", &"a".repeat(49)] {
            assert!(with(schema).config().is_err(), "{schema}");
        }
    }
}
