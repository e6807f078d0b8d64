//! How a client is made.

#[cfg(feature = "http")]
mod remote;
#[cfg(feature = "telemetry")]
mod telemetry;

use std::{path::PathBuf, sync::Arc, thread};

use prefab_core::{Config, ConfigValue, ContextSet, Entry, Layer, Provenance, Update};
use prefab_eval::Options;
use prefab_sources::{ConfigSource, DatafileSource, Finding, LocalFiles};
use tokio::sync::oneshot;

#[cfg(feature = "http")]
use self::remote::Remote;
#[cfg(not(feature = "http"))]
use crate::init_gate::InitGate;
use crate::{
    Client, Datasources, Error, OnNoDefault,
    engine::Engine,
    env,
    worker::{Work, Worker},
};
#[cfg(feature = "http")]
use prefab_sources::RemoteSource;

/// Collects what a client is to be; [`build`](Self::build) makes it.
///
/// ```
/// use prefab_client::{Client, Context, OnNoDefault};
///
/// let client = Client::builder()
///     .classpath_dir("conf")
///     .envs(["staging"])
///     .global_context(Context::new("service").with("name", "billing"))
///     .on_no_default(OnNoDefault::ReturnNone)
///     .build()?;
/// assert_eq!(client.get_optional::<i64>("no-such-key")?, None);
/// # Ok::<(), prefab_client::Error>(())
/// ```
#[must_use]
pub struct ClientBuilder {
    classpath_dir: Option<PathBuf>,
    override_dir: Option<PathBuf>,
    envs: Vec<String>,
    pub(crate) datafile: Option<PathBuf>,
    files: bool,
    watch: bool,
    /// What was doubtful about what was asked for.
    doubts: Vec<Finding>,
    /// What was asked for, if anything was.
    pub(crate) datasources: Option<Datasources>,
    on_no_default: OnNoDefault,
    namespace: Option<String>,
    global: ContextSet,
    configs: Vec<Config>,
    sources: Vec<Box<dyn ConfigSource>>,
    on_ready: Option<Box<dyn FnOnce() + Send>>,
    #[cfg(feature = "http")]
    pub(crate) remote: Remote,
    #[cfg(feature = "telemetry")]
    pub(crate) telemetry: telemetry::Settings,
}

/// Where a client begins.
impl Client {
    /// Returns a client as the environment describes it.
    ///
    /// Reads `PREFAB_CONFIG_CLASSPATH_DIR` (else `.`), `PREFAB_CONFIG_OVERRIDE_DIR` (else the home
    /// directory), `PREFAB_ENVS`, `PREFAB_DATAFILE` and `PREFAB_DATASOURCES`; with the feature `http` also
    /// `PREFAB_API_KEY`, without which no server is asked, `PREFAB_API_URL`, `PREFAB_STREAM_URL` and
    /// `PREFAB_CDN_URL`.
    ///
    /// # Errors
    ///
    /// As [`ClientBuilder::build`].
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env().build()
    }

    /// Returns a builder that reads the files of the current and of the home directory.
    ///
    /// It knows of no environment variable, `PREFAB_API_KEY` among them: [`ClientBuilder::from_env`] does, and takes
    /// options over what they say.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Returns a builder that reads nothing: for tests, with values set in the program.
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let client = Client::in_memory().value("max-jobs", 30).build()?;
    /// {
    ///     let _more = client.override_value("max-jobs", 50);
    ///     assert_eq!(client.get_or("max-jobs", 0), 50);
    /// }
    /// assert_eq!(client.get_or("max-jobs", 0), 30);
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn in_memory() -> ClientBuilder {
        ClientBuilder::in_memory()
    }
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            classpath_dir: Some(PathBuf::from(".")),
            override_dir: std::env::home_dir(),
            envs: Vec::new(),
            datafile: None,
            files: true,
            watch: true,
            doubts: Vec::new(),
            datasources: None,
            on_no_default: OnNoDefault::default(),
            namespace: None,
            global: ContextSet::new(),
            configs: Vec::new(),
            sources: Vec::new(),
            on_ready: None,
            #[cfg(feature = "http")]
            remote: Remote::default(),
            #[cfg(feature = "telemetry")]
            telemetry: telemetry::Settings::default(),
        }
    }
}

impl ClientBuilder {
    /// Returns a builder with what the environment says; the variables are those of [`Client::from_env`]. A method
    /// called on it wins over a variable.
    pub fn from_env() -> Self {
        let mut builder = Self::default();
        if let Some(dir) = env::setting(env::CLASSPATH_DIR) {
            builder.classpath_dir = Some(dir.into());
        }
        if let Some(dir) = env::setting(env::OVERRIDE_DIR) {
            builder.override_dir = Some(dir.into());
        }
        if let Some(text) = env::setting(env::DATASOURCES) {
            let (datasources, doubt) = env::datasources(&text);
            builder.datasources = Some(datasources);
            builder.doubts.extend(doubt);
        }
        let names = env::setting(env::ENVS).unwrap_or_default();
        builder.envs.extend(names.split(',').map(str::trim).map(ToOwned::to_owned));
        builder.datafile = env::setting(env::DATAFILE).map(PathBuf::from);
        #[cfg(feature = "http")]
        {
            builder.remote = Remote::from_env();
        }
        builder
    }

    pub(crate) fn in_memory() -> Self {
        Self { files: false, watch: false, datasources: Some(Datasources::LocalOnly), ..Self::default() }
    }

    /// Sets the directory of `.prefab.default.config.yaml` and the environments' files; `.` at first.
    pub fn classpath_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.classpath_dir = Some(dir.into());
        self
    }

    /// Sets the directory of the files that win over everything else; the home directory at first.
    pub fn override_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.override_dir = Some(dir.into());
        self
    }

    /// Reads no override files.
    pub fn without_override_dir(mut self) -> Self {
        self.override_dir = None;
        self
    }

    /// Adds environments, whose files `.prefab.<env>.config.yaml` are read; later ones win.
    ///
    /// They stand before those that `PREFAB_ENVS` names.
    pub fn envs<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        let from_environment = std::mem::take(&mut self.envs);
        self.envs = names.into_iter().map(Into::into).chain(from_environment).collect();
        self
    }

    /// Reads a datafile instead of YAML files and a server.
    pub fn datafile(mut self, path: impl Into<PathBuf>) -> Self {
        self.datafile = Some(path.into());
        self
    }

    /// Sets where configs are taken from.
    pub fn datasources(mut self, datasources: Datasources) -> Self {
        self.datasources = Some(datasources);
        self
    }

    /// Sets whether files are watched, so that a saved edit holds within a second; they are at first.
    pub fn watch(mut self, watch: bool) -> Self {
        self.watch = watch;
        self
    }

    /// Sets what [`Client::get_optional`] does where there is no value.
    pub fn on_no_default(mut self, on_no_default: OnNoDefault) -> Self {
        self.on_no_default = on_no_default;
        self
    }

    /// Sets the client's namespace, `services.users.web`, for rules that ask for it.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// Sets the contexts that hold for every call: of the service, the machine, the pod.
    pub fn global_context(mut self, contexts: impl Into<ContextSet>) -> Self {
        self.global = contexts.into();
        self
    }

    /// Adds a value of the program's own, below files and server.
    pub fn value(self, key: impl Into<String>, value: impl Into<ConfigValue>) -> Self {
        self.config(Config::constant(key, value))
    }

    /// Adds values of the program's own, from pairs.
    ///
    /// ```
    /// # use prefab_client::Client;
    /// let client = Client::in_memory().values([("max-jobs", 30), ("max-users", 5)]).build()?;
    /// assert_eq!(client.get_or("max-users", 0), 5);
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn values<K: Into<String>, V: Into<ConfigValue>>(
        self,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        pairs.into_iter().fold(self, |builder, (key, value)| builder.value(key, value))
    }

    /// Adds a config of the program's own, with rules and all, below files and server.
    pub fn config(mut self, config: Config) -> Self {
        self.configs.push(config);
        self
    }

    /// Adds a source of the program's own.
    pub fn source(mut self, source: impl ConfigSource) -> Self {
        self.sources.push(Box::new(source));
        self
    }

    /// Calls `on_ready` once, when the server has been heard from; at once where there is none. It is called
    /// on the client's own thread.
    pub fn on_ready(mut self, on_ready: impl FnOnce() + Send + 'static) -> Self {
        self.on_ready = Some(Box::new(on_ready));
        self
    }

    /// Builds the client. Files are read before this returns; a server is not waited for.
    ///
    /// The first call that asks for a value waits for the server, for a limited time. In async code, which
    /// must not wait like that, use [`build_async`](Self::build_async).
    ///
    /// A YAML file that cannot be read or does not parse costs that file alone: it is logged, and among
    /// [`Client::problems`].
    ///
    /// # Errors
    ///
    /// [`Error::Source`] for a datafile that cannot be read: it is all that the client would have.
    /// [`Error::MissingApiKey`] where a server is asked for and there is no key for it.
    /// [`Error::Worker`] where no thread can be started.
    pub fn build(mut self) -> Result<Client, Error> {
        #[cfg(feature = "http")]
        let (gate, remote) = self.remote()?;
        #[cfg(not(feature = "http"))]
        let gate = InitGate::open();
        let options = Options { namespace: self.namespace.clone(), ..Options::default() };
        #[cfg_attr(not(feature = "telemetry"), expect(unused_mut, reason = "the recorder is put in"))]
        let mut engine = Engine::new(&options, self.global.clone(), gate);
        #[cfg(feature = "telemetry")]
        let (recorder, reporter) = match &remote {
            Some(_) => self.reporting()?.unzip(),
            None => (None, None),
        };
        #[cfg(feature = "telemetry")]
        {
            engine.recorder = recorder;
        }
        let engine = Arc::new(engine);
        let program = Arc::new(Provenance::new(Layer::Program, "program"));
        let entries = self.configs.iter().map(|config| Entry::new(config.clone(), Arc::clone(&program)));
        engine.apply(Update::Replace { slot: Layer::Program.into(), entries: entries.collect() });

        engine.record_findings("settings", std::mem::take(&mut self.doubts));
        let mut sources = self.load(&engine)?;
        if !self.watch {
            sources.clear();
        }
        sources.extend(self.sources);
        #[cfg(feature = "http")]
        let state = remote.as_ref().map(RemoteSource::state);
        #[cfg(feature = "http")]
        sources.extend(remote.map(|remote| Box::new(remote) as Box<dyn ConfigSource>));
        let work = Work {
            sources,
            on_ready: self.on_ready,
            #[cfg(feature = "http")]
            remote: state,
            #[cfg(feature = "telemetry")]
            reporter,
        };
        let worker = if work.is_empty() { None } else { Some(Worker::start(&engine, work)?) };
        Ok(Client::new(engine, self.on_no_default, worker))
    }

    /// Builds the client and waits until the server has been heard from, without keeping a thread of the
    /// caller's runtime.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build) and [`Client::ready`].
    pub async fn build_async(self) -> Result<Client, Error> {
        let (done, client) = oneshot::channel();
        let failed = |cause: std::io::Error| Error::Worker { cause: cause.to_string() };
        let build = move || {
            // Whoever asked may have gone.
            let _ = done.send(self.build());
        };
        thread::Builder::new().name("prefab-build".to_owned()).spawn(build).map_err(failed)?;
        let client =
            client.await.map_err(|_| failed(std::io::Error::other("it did not come to an end")))??;
        client.ready().await?;
        Ok(client)
    }

    /// Reads the files once and returns what to watch.
    fn load(&self, engine: &Engine) -> Result<Vec<Box<dyn ConfigSource>>, Error> {
        if let Some(path) = &self.datafile {
            let source = DatafileSource::new(path);
            engine.apply_source_update(source.name(), Ok(source.load()?));
            return Ok(vec![Box::new(source)]);
        }
        if !self.files {
            return Ok(Vec::new());
        }
        let classpath = self.classpath_dir.clone().unwrap_or_else(|| PathBuf::from("."));
        let mut files = LocalFiles::new(classpath).envs(&self.envs);
        if let Some(dir) = &self.override_dir {
            files = files.override_dir(dir);
        }
        let mut layers = files.layers();
        if let Some(dir) = self.classpath_dir.as_deref().filter(|dir| !dir.is_dir()) {
            let message = "there was no such directory at the start; name the one that has \
                           `.prefab.default.config.yaml`";
            layers.findings.push(Finding::new(dir.display().to_string(), message));
        }
        engine.record_findings("local files", layers.findings);
        let mut watched: Vec<Box<dyn ConfigSource>> = Vec::new();
        for file in layers.files {
            engine.apply_source_update(file.name(), file.load());
            watched.push(Box::new(file));
        }
        Ok(watched)
    }
}
