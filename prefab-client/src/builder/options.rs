//! The options that every client has.

use std::{path::PathBuf, time::Duration};

use prefab_core::{Config, ConfigValue, ContextSet};
use prefab_sources::ConfigSource;

use super::ClientBuilder;
use crate::{Datasources, OnNoDefault};

/// Options of every client.
impl ClientBuilder {
    /// Sets the directory of `.prefab.default.config.yaml` and of the environments' files. Default: `.`.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use prefab_client::Client;
    ///
    /// std::fs::write(dir.join(".prefab.default.config.yaml"), "max-jobs: 30\n")?;
    /// let client = Client::builder().classpath_dir(dir).without_override_dir().build()?;
    /// assert_eq!(client.get::<i64>("max-jobs")?, 30);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn classpath_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.classpath_dir = Some(dir.into());
        self
    }

    /// Sets the directory of the override files, which take precedence over all other sources. Default: the home
    /// directory.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use prefab_client::Client;
    ///
    /// std::fs::write(dir.join(".prefab.default.config.yaml"), "max-jobs: 5\n")?;
    /// let client = Client::builder().override_dir(dir).value("max-jobs", 30).build()?;
    /// assert_eq!(client.get::<i64>("max-jobs")?, 5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn override_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.override_dir = Some(dir.into());
        self
    }

    /// Reads no override files.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let client = Client::builder().without_override_dir().build()?;
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn without_override_dir(mut self) -> Self {
        self.override_dir = None;
        self
    }

    /// Adds environments. For each one, the file `.prefab.<environment>.config.yaml` is read; later ones take precedence.
    ///
    /// Environments added here come before those of `PREFAB_ENVS`.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use prefab_client::Client;
    ///
    /// std::fs::write(dir.join(".prefab.default.config.yaml"), "max-jobs: 30\n")?;
    /// std::fs::write(dir.join(".prefab.staging.config.yaml"), "max-jobs: 50\n")?;
    /// let client = Client::builder().classpath_dir(dir).without_override_dir().envs(["staging"]).build()?;
    /// assert_eq!(client.get::<i64>("max-jobs")?, 50);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn envs<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        let from_environment = std::mem::take(&mut self.envs);
        self.envs = names.into_iter().map(Into::into).chain(from_environment).collect();
        self
    }

    /// Reads a datafile: all configs of a project in one JSON file. It replaces YAML files and the server.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use prefab_client::Client;
    ///
    /// let client = Client::builder().datafile("prefab.production.143.config.json").build()?;
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn datafile(mut self, path: impl Into<PathBuf>) -> Self {
        self.datafile = Some(path.into());
        self
    }

    /// Sets where the client reads configs from. Default: a server if there is an API key, and files.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::{Client, Datasources};
    ///
    /// let client = Client::builder().datasources(Datasources::LocalOnly).build()?;
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn datasources(mut self, datasources: Datasources) -> Self {
        self.datasources = Some(datasources);
        self
    }

    /// Sets how long a watched file that became shorter, empty or absent must stay the same before it is applied. Default: 2 s.
    ///
    /// Many programs save a file by truncating it and writing it again. Until then, the previous values stay in effect.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use prefab_client::Client;
    ///
    /// let client = Client::builder().file_quiet_time(Duration::from_secs(10)).build()?;
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn file_quiet_time(mut self, time: Duration) -> Self {
        self.quiet_time = Some(time);
        self
    }

    /// Sets whether files are watched, so that a saved file is applied within a second, and one that became shorter after the
    /// [`file_quiet_time`](Self::file_quiet_time). Default: `true`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let client = Client::builder().watch(false).build()?;
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn watch(mut self, watch: bool) -> Self {
        self.watch = watch;
        self
    }

    /// Sets what [`Client::get_optional`](crate::Client::get_optional) returns if there is no value. Default: [`OnNoDefault::Raise`], an error.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::{Client, OnNoDefault};
    ///
    /// let client = Client::in_memory().on_no_default(OnNoDefault::ReturnNone).build()?;
    /// assert_eq!(client.get_optional::<bool>("no-such-key")?, None);
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn on_no_default(mut self, on_no_default: OnNoDefault) -> Self {
        self.on_no_default = on_no_default;
        self
    }

    /// Sets the namespace of the client, for rules that match it, for example `services.users.web`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let client = Client::in_memory().namespace("services.users.web").build()?;
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// Sets the contexts of all calls: of the service, the machine or the pod.
    ///
    /// A context of a call, a bound client or a [`scope`](crate::scope) hides the global context of the same name.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::{Client, Context};
    ///
    /// let client = Client::in_memory().global_context(Context::new("pod").with("region", "eu")).build()?;
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn global_context(mut self, contexts: impl Into<ContextSet>) -> Self {
        self.global = contexts.into();
        self
    }

    /// Adds a value of the program. Files and the server take precedence over it.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let client = Client::in_memory().value("max-jobs", 30).value("greeting", "hello").build()?;
    /// assert_eq!(client.get::<String>("greeting")?, "hello");
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn value(self, key: impl Into<String>, value: impl Into<ConfigValue>) -> Self {
        self.config(Config::constant(key, value))
    }

    /// Adds values of the program, from pairs of key and value.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
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

    /// Adds a config of the program, with rules. Files and the server take precedence over it.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::{Client, Config};
    ///
    /// let client = Client::in_memory().config(Config::constant("max-jobs", 30)).build()?;
    /// assert_eq!(client.get::<i64>("max-jobs")?, 30);
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn config(mut self, config: Config) -> Self {
        self.configs.push(config);
        self
    }

    /// Adds a source of configs; see [`source`](crate::source).
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::{Client, Layer, source::MemorySource};
    ///
    /// let source = MemorySource::from_pairs(Layer::Program, [("max-jobs", 30)]);
    /// let client = Client::in_memory().source(source).build()?;
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn source(mut self, source: impl ConfigSource) -> Self {
        self.sources.push(Box::new(source));
        self
    }

    /// Calls `on_ready` once: after the first response of the server, or immediately without a server.
    ///
    /// The call is made on the client's own thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let (sender, ready) = std::sync::mpsc::channel();
    /// let client = Client::in_memory().on_ready(move || drop(sender.send(()))).build()?;
    /// ready.recv().unwrap();
    /// # Ok::<(), prefab_client::Error>(())
    /// ```
    pub fn on_ready(mut self, on_ready: impl FnOnce() + Send + 'static) -> Self {
        self.on_ready = Some(Box::new(on_ready));
        self
    }
}
