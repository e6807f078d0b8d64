//! What every question needs: where configs come from, and for whom.

use std::path::PathBuf;

use prefab_client::{Client, ContextSet, Error, MissingReason};

use crate::{
    Failure, contexts, output,
    server::{Profile, Server},
};

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

    /// A server to ask, too [default: PREFAB_API_URL]
    #[arg(long, value_name = "URL", env = "PREFAB_URL")]
    url: Option<String>,

    /// The SDK key or admin key to ask it with, whose environment answers [default: PREFAB_API_KEY; with --url
    /// also PREFAB_ADMIN_KEY, or the one signed in with]
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

    /// Says how to ask a server, too, where files alone were read.
    pub(crate) fn advice(&self) -> String {
        let has_key = self.api_key.is_some() || from_env("PREFAB_API_KEY").is_some();
        if self.datafile.is_some() || self.url.is_some() || has_key {
            return String::new();
        }
        match Profile::load() {
            Ok(Some(Profile { url, .. })) => {
                format!("; only files were read: --url {url} asks the server that you are signed in to, too")
            }
            _ => "; only files were read: to ask a server, too, set PREFAB_API_KEY to a key of it".to_owned(),
        }
    }

    /// Finds the key for a server that is named; what `PREFAB_API_KEY` says needs no finding.
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
                "who asks {url}? Give a key with --api-key or PREFAB_API_KEY, or sign in with `prefab login --url {url}`"
            );
            return Err(Failure::Wrong(anyhow::Error::msg(message)));
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
