//! Builder options for telemetry.

use std::{sync::Arc, time::Duration};

use prefab_telemetry::{ContextUploadMode, Options};

use super::ClientBuilder;
use crate::{
    Error,
    telemetry::{Recorder, Reporter},
};

/// Settings for telemetry.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) url: Option<String>,
    interval: Option<Duration>,
    options: Options,
}

/// Options for telemetry.
#[cfg_attr(docsrs, doc(cfg(feature = "telemetry")))]
impl ClientBuilder {
    /// Sets the address that receives telemetry reports. Default: the first API address, with `belt.` and `suspenders.`
    /// replaced by `telemetry.`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let builder = Client::builder().telemetry_url("https://telemetry.example.com");
    /// ```
    pub fn telemetry_url(mut self, url: impl Into<String>) -> Self {
        self.telemetry.url = Some(url.into());
        self
    }

    /// Sets the interval between reports. Default: 4 to 8 s at the start, then growing to 150 to 300 s. The minimum is
    /// 10 ms.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use prefab_client::Client;
    ///
    /// let builder = Client::builder().collect_sync_interval(Duration::from_secs(30));
    /// ```
    pub fn collect_sync_interval(mut self, interval: Duration) -> Self {
        self.telemetry.interval = Some(interval);
        self
    }

    /// Sets whether evaluations are counted, by config key and result. Default: `true`.
    ///
    /// Of a confidential value, the report contains only five hexadecimal digits of a hash.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let builder = Client::builder().collect_evaluation_summaries(false);
    /// ```
    pub fn collect_evaluation_summaries(mut self, collect: bool) -> Self {
        self.telemetry.options.collect_evaluation_summaries = collect;
        self
    }

    /// Sets what is reported of contexts. Default: [`ContextUploadMode::PeriodicExample`].
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::{Client, ContextUploadMode};
    ///
    /// let builder = Client::builder().context_upload_mode(ContextUploadMode::ShapeOnly);
    /// ```
    pub fn context_upload_mode(mut self, mode: ContextUploadMode) -> Self {
        self.telemetry.options.context_upload_mode = mode;
        self
    }

    /// Sets whether the lines that pass a log filter are counted, by logger and level. Default: `true`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_client::Client;
    ///
    /// let builder = Client::builder().collect_loggers(false);
    /// ```
    pub fn collect_loggers(mut self, collect: bool) -> Self {
        self.telemetry.options.collect_loggers = collect;
        self
    }

    /// Returns the recorder and the reporter, or `None` if nothing is collected or there is no address.
    pub(crate) fn reporting(&self) -> Result<Option<(Arc<Recorder>, Reporter)>, Error> {
        let Settings { url: _, interval, options } = &self.telemetry;
        let Some(sink) = self.report_sink().filter(|_| collects(options)).transpose()? else {
            return Ok(None);
        };
        let recorder = Arc::new(Recorder::new(*options));
        let reporter = Reporter::new(Arc::clone(&recorder), sink, *interval);
        Ok(Some((recorder, reporter)))
    }
}

fn collects(options: &Options) -> bool {
    let Options { collect_evaluation_summaries, context_upload_mode, collect_loggers, limits: _ } = *options;
    collect_evaluation_summaries || context_upload_mode != ContextUploadMode::None || collect_loggers
}
