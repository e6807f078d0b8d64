//! The options of commands that evaluate: the sources of configs and the context.

use std::path::PathBuf;

use anyhow::Context as _;
use prefab_client::{Client, ClientBuilder, ClientStatus, ContextSet, Datasources, Error, MissingReason};
use prefab_management_api::EnvironmentResponse;

use crate::{
    Failure,
    commands::environments,
    contexts,
    from_server::{self, Reader},
    output,
    redacted::Dependents,
    server::{Profile, Server, variable},
};

/// The sources of configs, and the context.
#[derive(clap::Args)]
#[expect(clippy::doc_markdown, reason = "the help is read on a terminal")]
pub(crate) struct Inputs {
    /// A property of a context: user.key=ann; or contexts as JSON: '{"user": {"key": "1", "plan": "pro"}}'. Can be repeated
    #[arg(long, value_name = "PROPERTY=VALUE", value_parser = contexts::parse)]
    context: Vec<ContextSet>,

    /// An environment whose file `.prefab.<ENV>.config.yaml` is read; can be repeated, later ones take precedence
    #[arg(long, value_name = "ENV")]
    env: Vec<String>,

    /// A datafile to read instead of YAML files
    #[arg(long, value_name = "FILE", env = "PREFAB_DATAFILE")]
    datafile: Option<PathBuf>,

    /// The directory of the default files
    #[arg(long, value_name = "DIR", env = "PREFAB_CONFIG_CLASSPATH_DIR", default_value = ".")]
    classpath_dir: PathBuf,

    /// The directory of the override files [default: the home directory]
    #[arg(long, value_name = "DIR", env = "PREFAB_CONFIG_OVERRIDE_DIR")]
    override_dir: Option<PathBuf>,

    /// The namespace of the service, for rules of namespaces: services.user_service
    #[arg(long, value_name = "NAMESPACE")]
    namespace: Option<String>,

    /// A server to read configs from, besides files [default: PREFAB_API_URL, else the one of `prefab login`]
    #[arg(long, value_name = "URL", env = "PREFAB_URL")]
    url: Option<String>,

    /// The API key for the server; it selects the environment [default: PREFAB_API_KEY, else the one of
    /// `prefab login`; with --url also PREFAB_ADMIN_KEY]
    #[arg(long, value_name = "KEY", hide_env_values = true)]
    api_key: Option<String>,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// The environment of a single evaluation.
#[derive(clap::Args)]
pub(crate) struct OnServer {
    /// Evaluate what the server has for this environment, given by name or number, and read no files. Requires
    /// `prefab login` or an admin key
    #[arg(short, long, value_name = "ENVIRONMENT", conflicts_with_all = ["datafile", "env"])]
    environment: Option<String>,
}

impl Inputs {
    /// Reads all sources and prints their problems to standard error. A server returns confidential values redacted.
    pub(crate) fn read(&self, on_server: &OnServer) -> Result<Reader, Failure> {
        self.read_with(on_server, None)
    }

    /// Like [`Self::read`]. A server returns the confidential values of the item `revealed` in clear, and records that.
    pub(crate) fn read_with(&self, on_server: &OnServer, revealed: Option<&str>) -> Result<Reader, Failure> {
        let (server, environment) = match (&on_server.environment, self.token_login()?) {
            (Some(name), _) => {
                let server = self.management()?;
                let environment = environments::named(&server, Some(name))?;
                (server, environment.context("no environment: set --environment")?)
            }
            (None, Some(server)) => {
                let environment = environments::first_choice(&server)?;
                (server, environment)
            }
            (None, None) => {
                let client = self.build(false)?;
                return Ok(Reader {
                    is_current: matches!(client.state().status, ClientStatus::Live | ClientStatus::Polling),
                    client,
                    environments: Vec::new(),
                    redacted: Dependents::new(),
                });
            }
        };
        let builder = match on_server.environment {
            Some(_) => self.with_options(Client::in_memory()),
            None => self.with_files(false).datasources(Datasources::LocalOnly),
        };
        from_server::reader(builder, &server, &environment, revealed)
    }

    /// Like [`Self::read`] without an environment, but watches the files and the server for changes.
    pub(crate) fn watching_client(&self) -> Result<Client, Failure> {
        self.build(true)
    }

    /// Returns the server, for what SDKs do not receive. `None` if only files are read.
    pub(crate) fn server(&self) -> Result<Option<Server>, Failure> {
        let has_key = self.api_key.is_some()
            || variable("PREFAB_ADMIN_KEY").is_some()
            || variable("PREFAB_API_KEY").is_some()
            || self.login()?.is_some();
        if self.datafile.is_some() || !has_key {
            return Ok(None);
        }
        self.management().map(Some)
    }

    /// Returns the names of the environments, if the management API of the server can be used.
    pub(crate) fn environment_names(&self) -> Vec<EnvironmentResponse> {
        let is_for_programs = self.api_key.is_none()
            && variable("PREFAB_ADMIN_KEY").is_none()
            && !matches!(self.login(), Ok(Some(_)));
        if is_for_programs {
            return Vec::new();
        }
        let server = self.server().ok().flatten();
        server.and_then(|server| environments::all(&server).ok()).unwrap_or_default()
    }

    fn management(&self) -> Result<Server, Failure> {
        let key = self.api_key.clone().or_else(|| variable("PREFAB_ADMIN_KEY"));
        Server::signed_in(self.url.clone(), key, project()?)
    }

    /// Returns the saved login if its server is read: no other key or source is given.
    fn login(&self) -> Result<Option<Profile>, Failure> {
        let local_only =
            variable("PREFAB_DATASOURCES").is_some_and(|text| text.eq_ignore_ascii_case("LOCAL_ONLY"));
        let has_key = self.api_key.is_some() || variable("PREFAB_API_KEY").is_some();
        if has_key || local_only || self.datafile.is_some() {
            return Ok(None);
        }
        let url = self.url.clone().or_else(|| variable("PREFAB_API_URL"));
        let is_meant =
            |profile: &Profile| url.as_ref().is_none_or(|url| profile.url == url.trim_end_matches('/'));
        Ok(Profile::load()?.filter(is_meant))
    }

    /// Returns the server of a login with a management token. SDKs cannot use tokens.
    fn token_login(&self) -> Result<Option<Server>, Failure> {
        match self.login()? {
            Some(profile) if profile.is_token() => self.management().map(Some),
            _ => Ok(None),
        }
    }

    /// Prints the reason for a missing value, with a hint if only files were read.
    pub(crate) fn print_error(&self, error: &Error) {
        let is_unknown = matches!(
            error,
            Error::MissingDefault {
                reason: MissingReason::UnknownKey | MissingReason::NoConfigs,
                suggestion: None,
                ..
            }
        );
        let advice = if is_unknown { self.advice() } else { String::new() };
        output::error(&format!("{error}{advice}"));
    }

    /// Returns a hint about servers if only files were read.
    pub(crate) fn advice(&self) -> String {
        let has_key = self.api_key.is_some() || variable("PREFAB_API_KEY").is_some();
        let has_login = matches!(self.login(), Ok(Some(_)));
        if self.datafile.is_some() || self.url.is_some() || has_key || has_login {
            return String::new();
        }
        "; only files were read; log in with `prefab login`, or set PREFAB_API_KEY, to read a server too"
            .to_owned()
    }

    /// Returns the server and the key. The client itself reads `PREFAB_API_URL` and `PREFAB_API_KEY`.
    fn remote(&self) -> Result<(Option<String>, Option<String>), Failure> {
        let url = self.url.clone();
        if self.api_key.is_some() || self.datafile.is_some() || variable("PREFAB_API_KEY").is_some() {
            return Ok((url, self.api_key.clone()));
        }
        if let (Some(_), Some(key)) = (&url, variable("PREFAB_ADMIN_KEY")) {
            return Ok((url, Some(key)));
        }
        match (self.login()?, &url) {
            (Some(login), _) if login.is_token() => {
                let message = "`watch` requires an API key, but the saved login is a management token; set --api-key or \
                               PREFAB_API_KEY, or set PREFAB_DATASOURCES=LOCAL_ONLY to watch only files";
                Err(Failure::Usage(anyhow::Error::msg(message)))
            }
            (Some(login), _) => Ok((Some(login.url), Some(login.key))),
            (None, Some(url)) if variable("PREFAB_DATASOURCES").is_none() => {
                let message = format!(
                    "no API key for {url}: set --api-key or PREFAB_API_KEY, or log in with `prefab login --url {url}`"
                );
                Err(Failure::Usage(anyhow::Error::msg(message)))
            }
            (None, _) => Ok((url, None)),
        }
    }

    fn with_options(&self, mut builder: ClientBuilder) -> ClientBuilder {
        if !self.context.is_empty() {
            builder = builder.global_context(contexts::combine(&self.context));
        }
        if let Some(namespace) = &self.namespace {
            builder = builder.namespace(namespace);
        }
        builder
    }

    fn with_files(&self, watch: bool) -> ClientBuilder {
        let mut builder = ClientBuilder::from_env().watch(watch).classpath_dir(&self.classpath_dir);
        builder = builder.envs(&self.env);
        if let Some(dir) = &self.override_dir {
            builder = builder.override_dir(dir);
        }
        self.with_options(builder)
    }

    fn build(&self, watch: bool) -> Result<Client, Failure> {
        let mut builder = self.with_files(watch);
        let (url, key) = self.remote()?;
        if let Some(url) = url {
            builder = builder.api_urls([url]);
        }
        if let Some(key) = key {
            builder = builder.api_key(key);
        }
        if let Some(path) = &self.datafile {
            builder = builder.datafile(path);
        }
        output::discard_log();
        let client = builder.build()?;
        // Problems with a server appear after its first response or the timeout.
        let ready = tokio::runtime::Builder::new_current_thread().build()?.block_on(client.ready());
        let problems = client.problems();
        for problem in &problems {
            output::warning(problem);
        }
        if let Err(error) = ready
            && problems.is_empty()
        {
            output::warning(&error.to_string());
        }
        Ok(client)
    }
}

/// Returns the project of `PREFAB_PROJECT`.
fn project() -> Result<Option<i64>, Failure> {
    let Some(text) = variable("PREFAB_PROJECT") else { return Ok(None) };
    let number = text.trim().parse();
    number.map(Some).map_err(|_| {
        let message = format!("invalid value `{text}` of PREFAB_PROJECT: expected the number of a project");
        Failure::Usage(anyhow::Error::msg(message))
    })
}
