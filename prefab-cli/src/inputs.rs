//! The options of commands that evaluate: the sources of configs and the context.

use std::path::PathBuf;

use prefab_client::{Client, ContextSet, Error, MissingReason};

use crate::{
    Failure, contexts, output,
    server::{Profile, Server},
};

/// The sources of configs, and the context.
#[derive(clap::Args)]
#[expect(clippy::doc_markdown, reason = "the help is read on a terminal")]
pub(crate) struct Inputs {
    /// The contexts, as JSON: '{"user": {"key": "1", "plan": "pro"}}'
    #[arg(long, value_name = "JSON", value_parser = contexts::parse)]
    context: Option<ContextSet>,

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

    /// The namespace of the service
    #[arg(long, value_name = "NAMESPACE")]
    namespace: Option<String>,

    /// A server to read configs from, besides files [default: PREFAB_API_URL]
    #[arg(long, value_name = "URL", env = "PREFAB_URL")]
    url: Option<String>,

    /// The API key for the server; it selects the environment [default: PREFAB_API_KEY; with --url also
    /// PREFAB_ADMIN_KEY, or the one of `prefab login`]
    #[arg(long, value_name = "KEY", hide_env_values = true)]
    api_key: Option<String>,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

fn from_env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

impl Inputs {
    /// Reads all sources and prints their problems to standard error.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        self.build(false)
    }

    /// Like [`Self::client`], but watches the files for changes.
    pub(crate) fn watching_client(&self) -> Result<Client, Failure> {
        self.build(true)
    }

    /// Returns the server, for what SDKs do not receive. `None` if only files are read.
    pub(crate) fn server(&self) -> Result<Option<Server>, Failure> {
        let key = self.api_key.clone().or_else(|| from_env("PREFAB_ADMIN_KEY"));
        let has_key = key.is_some() || from_env("PREFAB_API_KEY").is_some();
        if self.datafile.is_some() || !has_key {
            return Ok(None);
        }
        Server::signed_in(self.url.clone(), key, None).map(Some)
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
        let has_key = self.api_key.is_some() || from_env("PREFAB_API_KEY").is_some();
        if self.datafile.is_some() || self.url.is_some() || has_key {
            return String::new();
        }
        match Profile::load() {
            Ok(Some(Profile { url, .. })) => {
                format!("; only files were read; pass --url {url} to read the server of `prefab login` too")
            }
            _ => "; only files were read; set PREFAB_API_KEY to read a server too".to_owned(),
        }
    }

    /// Returns the key for the server of `--url`. The client itself reads `PREFAB_API_KEY`.
    fn key(&self) -> Result<Option<String>, Failure> {
        if self.api_key.is_some() || self.datafile.is_some() || from_env("PREFAB_API_KEY").is_some() {
            return Ok(self.api_key.clone());
        }
        let Some(url) = &self.url else { return Ok(None) };
        if let Some(key) = from_env("PREFAB_ADMIN_KEY") {
            return Ok(Some(key));
        }
        let profile = Profile::load()?.filter(|profile| profile.url == url.trim_end_matches('/'));
        if profile.is_none() && from_env("PREFAB_DATASOURCES").is_none() {
            let message = format!(
                "no API key for {url}: set --api-key or PREFAB_API_KEY, or log in with `prefab login --url {url}`"
            );
            return Err(Failure::Usage(anyhow::Error::msg(message)));
        }
        Ok(profile.map(|profile| profile.key))
    }

    fn build(&self, watch: bool) -> Result<Client, Failure> {
        let mut builder =
            prefab_client::ClientBuilder::from_env().watch(watch).classpath_dir(&self.classpath_dir);
        builder = builder.envs(&self.env);
        if let Some(contexts) = &self.context {
            builder = builder.global_context(contexts.clone());
        }
        if let Some(dir) = &self.override_dir {
            builder = builder.override_dir(dir);
        }
        if let Some(namespace) = &self.namespace {
            builder = builder.namespace(namespace);
        }
        if let Some(url) = &self.url {
            builder = builder.api_urls([url]);
        }
        if let Some(key) = self.key()? {
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
