//! The builder of a client.

mod options;
#[cfg(feature = "http")]
mod remote;
#[cfg(feature = "telemetry")]
mod telemetry;

use std::{path::PathBuf, sync::Arc, thread, time::Duration};

use prefab_core::{Config, ContextSet, Entry, Layer, Provenance, Update};
use prefab_eval::Options;
use prefab_sources::{ConfigSource, DatafileSource, Finding, LocalFiles};
use tokio::sync::oneshot;

#[cfg(feature = "http")]
use self::remote::Remote;
use crate::{
    Client, Datasources, Error, OnNoDefault,
    engine::Engine,
    env,
    init_gate::InitGate,
    worker::{Work, Worker},
};
#[cfg(feature = "http")]
use prefab_sources::RemoteSource;

/// Options for a [`Client`]; [`build`](Self::build) creates the client.
///
/// Three functions create a builder:
///
/// - [`Client::builder`] reads YAML files in the current directory and the home directory
/// - [`ClientBuilder::from_env`] does the same, and applies the settings in environment variables
/// - [`Client::in_memory`] uses no files and no server, for tests
///
/// # Examples
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
    quiet_time: Option<Duration>,
    /// Problems with the settings, for example a misspelt value.
    setting_findings: Vec<Finding>,
    /// `None` if neither the environment nor a method has set it.
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

/// Constructors.
impl Client {
    /// Builds a client with the settings in environment variables.
    ///
    /// | variable | meaning | default |
    /// | --- | --- | --- |
    /// | `PREFAB_CONFIG_CLASSPATH_DIR` | directory of the default files | `.` |
    /// | `PREFAB_CONFIG_OVERRIDE_DIR` | directory of the override files | the home directory |
    /// | `PREFAB_ENVS` | environments whose files are read, comma-separated | none |
    /// | `PREFAB_DATAFILE` | datafile to read instead of YAML files and a server | none |
    /// | `PREFAB_DATASOURCES` | `LOCAL_ONLY` disables all network access; `ALL` requires an API key | `ALL` with an API key, else `LOCAL_ONLY` |
    /// | `PREFAB_API_KEY` | API key for the server (feature `http`) | none |
    /// | `PREFAB_API_URL` | API addresses, comma-separated; required with an API key (feature `http`) | none |
    /// | `PREFAB_STREAM_URL` | stream addresses, comma-separated (feature `http`) | derived from `PREFAB_API_URL` |
    /// | `PREFAB_CDN_URL` | address of a copy of the API, for example a CDN, requested first (feature `http`) | none |
    /// | `PREFAB_GRPC_URL` | address of a gRPC server (feature `grpc`) | none |
    ///
    /// Use [`ClientBuilder::from_env`] to combine these variables with other options.
    ///
    /// # Errors
    ///
    /// The same as for [`ClientBuilder::build`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use prefab_client::Client;
    ///
    /// let client = Client::from_env()?;
    /// let limit: i64 = client.get("max-jobs")?;
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env().build()
    }

    /// Returns a builder that reads the YAML files of the current directory and of the home directory.
    ///
    /// It ignores all environment variables, including `PREFAB_API_KEY`. [`ClientBuilder::from_env`] reads them.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let client = Client::builder().classpath_dir("conf").value("max-jobs", 30).build()?;
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Returns a builder that reads no files and connects to no server, for tests.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let client = Client::in_memory().value("max-jobs", 30).build()?;
    /// {
    ///     let _override = client.override_value("max-jobs", 50);
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
            quiet_time: None,
            setting_findings: Vec::new(),
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
    /// Returns a builder with the settings in environment variables; see [`Client::from_env`] for the list.
    ///
    /// Options set on the builder take precedence over the variables.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use prefab_client::{ClientBuilder, Context};
    ///
    /// let service = Context::new("service").with("name", "billing");
    /// let client = ClientBuilder::from_env().global_context(service).build()?;
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn from_env() -> Self {
        let mut builder = Self::default();
        if let Some(dir) = env::setting(env::CLASSPATH_DIR) {
            builder.classpath_dir = Some(dir.into());
        }
        if let Some(dir) = env::setting(env::OVERRIDE_DIR) {
            builder.override_dir = Some(dir.into());
        }
        if let Some(text) = env::setting(env::DATASOURCES) {
            let (datasources, finding) = env::datasources(&text);
            builder.datasources = Some(datasources);
            builder.setting_findings.extend(finding);
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

    /// Builds the client. Reads files before it returns, and connects to the server in the background.
    ///
    /// Calls that read a value block until the server first responds, for at most `init_timeout` (10 s by default). In
    /// async code, use [`build_async`](Self::build_async) instead.
    ///
    /// A YAML file that cannot be read or parsed is skipped. The reason is logged and listed by [`Client::problems`].
    ///
    /// # Errors
    ///
    /// - [`Error::Source`] if the datafile cannot be read or an address is invalid
    /// - [`Error::MissingApiKey`] if a server is configured but no API key is set
    /// - [`Error::MissingApiUrl`] if an API key is set but no server is configured
    /// - [`Error::Worker`] if the client's thread cannot be started
    ///
    /// With `OnInitFailure::Return`, this always returns a client. The client evaluates the configs that it could load,
    /// and [`Client::problems`] lists the failure. If it cannot connect to its server, [`Client::state`] is
    /// [`Closed`](crate::ClientStatus::Closed).
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let client = Client::in_memory().value("max-jobs", 30).build()?;
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn build(mut self) -> Result<Client, Error> {
        #[cfg(feature = "http")]
        let (gate, remote, is_cut_off) = match self.remote() {
            Err(failure) => {
                self.tolerate(failure)?;
                (InitGate::open(), None, true)
            }
            Ok((gate, remote)) => (gate, remote, false),
        };
        #[cfg(not(feature = "http"))]
        let gate = InitGate::open();
        let options = Options { namespace: self.namespace.clone(), ..Options::default() };
        #[cfg_attr(not(feature = "http"), expect(unused_mut, reason = "a server sets the state"))]
        let mut engine = Engine::new(&options, self.global.clone(), gate);
        #[cfg(feature = "telemetry")]
        let (recorder, reporter) = match &remote {
            Some(_) => match self.reporting() {
                Ok(reporting) => reporting.unzip(),
                Err(failure) => {
                    self.tolerate(failure)?;
                    (None, None)
                }
            },
            None => (None, None),
        };
        #[cfg(feature = "telemetry")]
        {
            engine.recorder = recorder;
        }
        #[cfg(feature = "http")]
        match &remote {
            Some(remote) => engine.state.set_connection(remote.connection()),
            None if is_cut_off => engine.state.close(),
            None => {}
        }
        let engine = Arc::new(engine);
        let program = Arc::new(Provenance::new(Layer::Program, "program"));
        let entries = self.configs.iter().map(|config| Entry::new(config.clone(), Arc::clone(&program)));
        engine.apply(Update::Replace { slot: Layer::Program.into(), entries: entries.collect() });

        engine.record_findings("settings", std::mem::take(&mut self.setting_findings));
        let tolerates_failures = self.tolerates_failures();
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
        let worker = if work.is_empty() { Ok(None) } else { Worker::start(&engine, work).map(Some) };
        let worker = match worker {
            Err(failure) if tolerates_failures => {
                engine.mark_worker_missing(&failure);
                None
            }
            worker => worker?,
        };
        Ok(Client::new(engine, self.on_no_default, worker))
    }

    /// Builds the client and waits for the first response from the server, without blocking a thread.
    ///
    /// If no server is configured, this does not wait.
    ///
    /// # Errors
    ///
    /// The same as for [`build`](Self::build) and [`Client::ready`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use prefab_client::ClientBuilder;
    ///
    /// # async fn run() -> Result<(), prefab_client::Error> {
    /// let client = ClientBuilder::from_env().build_async().await?;
    /// assert!(client.enabled("new-checkout"));
    /// # Ok(()) }
    /// ```
    pub async fn build_async(self) -> Result<Client, Error> {
        let (done, client) = oneshot::channel();
        let failed = |cause: std::io::Error| Error::Worker { cause: cause.to_string() };
        let build = move || {
            // The caller may have dropped its future.
            let _ = done.send(self.build());
        };
        thread::Builder::new().name("prefab-build".to_owned()).spawn(build).map_err(failed)?;
        let client = client
            .await
            .map_err(|_| failed(std::io::Error::other("the thread that builds the client panicked")))??;
        client.ready().await?;
        Ok(client)
    }

    /// Records a failure as a problem, if failures are tolerated.
    #[cfg(feature = "http")]
    fn tolerate(&mut self, failure: Error) -> Result<(), Error> {
        if !self.tolerates_failures() {
            return Err(failure);
        }
        self.setting_findings.push(Finding::new("settings", failure.to_string()));
        Ok(())
    }

    #[cfg(not(feature = "http"))]
    #[expect(clippy::unused_self, reason = "same signature as with the feature `http`")]
    fn tolerates_failures(&self) -> bool {
        false
    }

    /// Reads the files once and returns the sources to watch.
    fn load(&self, engine: &Engine) -> Result<Vec<Box<dyn ConfigSource>>, Error> {
        if let Some(path) = &self.datafile {
            let mut source = DatafileSource::new(path);
            if let Some(time) = self.quiet_time {
                source = source.quiet_time(time);
            }
            let loaded = source.load();
            if let (Err(failure), false) = (&loaded, self.tolerates_failures()) {
                return Err(failure.clone().into());
            }
            engine.apply_source_update(source.name(), loaded);
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
            let message = "directory not found; set PREFAB_CONFIG_CLASSPATH_DIR or `classpath_dir` to the directory \
                           of `.prefab.default.config.yaml`";
            layers.findings.push(Finding::new(dir.display().to_string(), message));
        }
        engine.record_findings("local files", layers.findings);
        let mut watched: Vec<Box<dyn ConfigSource>> = Vec::new();
        for mut file in layers.files {
            if let Some(time) = self.quiet_time {
                file = file.quiet_time(time);
            }
            engine.apply_source_update(file.name(), file.load());
            watched.push(Box::new(file));
        }
        Ok(watched)
    }
}
