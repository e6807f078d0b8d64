//! What every question needs: where configs come from, and for whom.

use std::path::PathBuf;

use prefab_client::{Client, ContextSet, Error};

use crate::{Failure, contexts, output, server::Server};

/// Where configs come from, and for whom.
#[derive(clap::Args)]
#[expect(clippy::doc_markdown, reason = "the help is read on a terminal")]
pub(crate) struct Inputs {
    /// The contexts to ask for, as JSON: '{"user": {"key": "1", "plan": "pro"}}'
    #[arg(long, value_name = "JSON", value_parser = contexts::parse)]
    context: Option<ContextSet>,

    /// An environment whose file `.prefab.<ENV>.config.yaml` is read; may be given again, later ones win
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

    /// The namespace of the asking service
    #[arg(long, value_name = "NAMESPACE")]
    namespace: Option<String>,

    /// A server to ask, too; its key is PREFAB_API_KEY's without --api-key [default: PREFAB_API_URL]
    #[arg(long, value_name = "URL", env = "PREFAB_URL")]
    url: Option<String>,

    /// The SDK key or admin key to ask it with
    #[arg(long, value_name = "KEY", hide_env_values = true)]
    api_key: Option<String>,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What to do where files alone were read.
pub(crate) const ASK_A_SERVER: &str =
    "; only files were read: to ask a server, too, set PREFAB_API_KEY to a key of it";

fn from_env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

impl Inputs {
    /// Reads everything and says on standard error what is wrong with parts of it.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        self.build(false)
    }

    /// The same for a command that stays: files are watched.
    pub(crate) fn watching_client(&self) -> Result<Client, Failure> {
        self.build(true)
    }

    /// Finds the server that is asked, too, to be asked what SDKs are not told; none where files alone are read.
    pub(crate) fn server(&self) -> Result<Option<Server>, Failure> {
        let key = self.api_key.clone().or_else(|| from_env("PREFAB_ADMIN_KEY"));
        let is_asked = key.is_some() || from_env("PREFAB_API_KEY").is_some();
        if self.datafile.is_some() || !is_asked {
            return Ok(None);
        }
        Server::signed_in(self.url.clone(), key, None).map(Some)
    }

    /// Writes why there is no value, and, to somebody who may have a server in mind, that none was asked.
    pub(crate) fn tell(&self, error: &Error) {
        let is_unknown = matches!(error, Error::MissingDefault { unmatched: false, near: None, .. });
        let advice = if is_unknown && self.reads_files_alone() { ASK_A_SERVER } else { "" };
        output::error(&format!("{error}{advice}"));
    }

    /// Tells whether neither a server nor a datafile is asked.
    pub(crate) fn reads_files_alone(&self) -> bool {
        self.datafile.is_none() && self.api_key.is_none() && from_env("PREFAB_API_KEY").is_none()
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
        if let Some(key) = &self.api_key {
            builder = builder.api_key(key);
        }
        if let Some(path) = &self.datafile {
            builder = builder.datafile(path);
        }
        let client = builder.build()?;
        // Where there is a server, what is wrong with it shows once it had its time to answer.
        let heard = tokio::runtime::Builder::new_current_thread().build()?.block_on(client.ready());
        let problems = client.problems();
        for problem in &problems {
            output::warning(problem);
        }
        if let Err(error) = heard
            && problems.is_empty()
        {
            output::warning(&error.to_string());
        }
        Ok(client)
    }
}
