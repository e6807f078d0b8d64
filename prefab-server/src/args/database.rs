//! The options of the database.

use std::{convert::Infallible, fmt, fs, path::PathBuf, str::FromStr};

use clap::Args;
use prefab_store_postgres::{DEFAULT_SCHEMA, InvalidUrl, Password, PostgresOptions, PostgresUrl};

use crate::{Error, options::Database};
use prefab_service::limits::Limits;

/// The options of the database, for `#[command(flatten)]`.
#[derive(Args, Clone, Debug)]
pub struct DatabaseArgs {
    /// Database file, or URL of a PostgreSQL database, as in <postgres://user@host/database> [default: prefab.db in the data
    /// folder]
    #[arg(long, env = "PREFAB_SERVER_DATABASE", value_name = "FILE|URL", hide_env_values = true)]
    pub database: Option<DatabaseText>,

    /// URL of the PostgreSQL server itself, to receive notifications, if `--database` leads to a pooler
    #[arg(long, env = "PREFAB_SERVER_DATABASE_LISTEN_URL", value_name = "URL", hide_env_values = true)]
    pub database_listen_url: Option<DatabaseText>,

    /// File with the password of the PostgreSQL database, if the URL has none
    #[arg(long, env = "PREFAB_SERVER_DATABASE_PASSWORD_FILE", value_name = "FILE")]
    pub database_password_file: Option<PathBuf>,

    /// Maximum number of connections to the PostgreSQL database for requests; 2 more are used for notifications and telemetry
    #[arg(long, env = "PREFAB_SERVER_DATABASE_POOL", default_value_t = Limits::default().database_connections, value_name = "COUNT")]
    pub database_pool: usize,

    /// Schema of the PostgreSQL database that contains all tables
    #[arg(long, env = "PREFAB_SERVER_DATABASE_SCHEMA", default_value = DEFAULT_SCHEMA, value_name = "NAME")]
    pub database_schema: String,
}

impl DatabaseArgs {
    /// Returns the database of a file or a URL.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn of(text: &str, schema: &str, password_file: Option<PathBuf>) -> Result<Database, Error> {
        let args = Self {
            database: Some(DatabaseText(text.to_owned())),
            database_listen_url: None,
            database_password_file: password_file,
            database_pool: Limits::default().database_connections,
            database_schema: schema.to_owned(),
        };
        Ok(args.open()?.unwrap_or_else(|| Database::File(text.into())))
    }

    /// Returns the database, or `None` if the options name none.
    ///
    /// # Errors
    ///
    /// [`Error`] if a URL is invalid, or the file with the password cannot be read.
    pub fn open(self) -> Result<Option<Database>, Error> {
        let Some(DatabaseText(text)) = self.database else { return Ok(None) };
        if !PostgresUrl::is_url(&text) {
            return Ok(Some(Database::File(text.into())));
        }
        let listen_url = self.database_listen_url.map(|DatabaseText(url)| url.parse());
        let listen_url: Option<PostgresUrl> =
            listen_url.transpose().map_err(|error: InvalidUrl| Error::from(error))?;
        let password = self.database_password_file.map(|path| {
            let read = fs::read_to_string(&path).map_err(|source| Error::PasswordFile { path, source })?;
            Ok::<_, Error>(Password(read.trim_end_matches(['\r', '\n']).to_owned()))
        });
        Ok(Some(Database::Postgres(PostgresOptions {
            listen_url,
            password: password.transpose()?,
            pool_size: self.database_pool,
            schema: self.database_schema,
            ..PostgresOptions::new(text.parse::<PostgresUrl>()?)
        })))
    }
}

/// A file or a URL. It is parsed later, because a message about an invalid option would show the password of the URL.
#[derive(Clone)]
pub struct DatabaseText(String);

impl FromStr for DatabaseText {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for DatabaseText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = if PostgresUrl::is_url(&self.0) { "postgres://…" } else { &self.0 };
        fmt::Debug::fmt(shown, f)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Command {
        #[command(flatten)]
        database: DatabaseArgs,
    }

    fn open(args: &[&str]) -> Result<Option<Database>, Error> {
        Command::try_parse_from([&["serve"], args].concat()).unwrap().database.open()
    }

    #[test]
    fn a_database_is_a_file_or_a_url() {
        assert!(open(&[]).unwrap().is_none());
        assert!(
            matches!(open(&["--database", "a.db"]).unwrap(), Some(Database::File(file)) if file.ends_with("a.db"))
        );
        let Some(Database::Postgres(options)) =
            open(&["--database", "postgres://ann@db.acme.test/prefab", "--database-pool", "3"]).unwrap()
        else {
            panic!("a file")
        };
        assert_eq!(
            (options.url.to_string().as_str(), options.pool_size),
            ("postgres://db.acme.test:5432/prefab", 3)
        );
    }

    #[test]
    fn no_message_shows_the_password() {
        for url in ["postgres://ann:s3cret@db:x/prefab", "postgres://ann:s3cret@db/p?sslmode=allow"] {
            let args = Command::try_parse_from(["serve", "--database", url]).unwrap();
            assert!(!format!("{args:?}").contains("s3cret"), "{args:?}");
            let error = args.database.open().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
        }
    }

    #[test]
    fn a_password_is_read_from_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("password");
        fs::write(&file, "s3cret\n").unwrap();
        let args = ["--database", "postgres://ann@db/p", "--database-password-file", file.to_str().unwrap()];
        let Some(Database::Postgres(options)) = open(&args).unwrap() else { panic!("a file") };
        assert_eq!(options.password.unwrap().0, "s3cret");
        fs::remove_file(&file).unwrap();
        assert!(matches!(open(&args), Err(Error::PasswordFile { .. })));
    }
}
