//! What a client is told about telemetry.

use std::{sync::Arc, time::Duration};

use prefab_telemetry::{ContextUploadMode, Options};

use super::ClientBuilder;
use crate::{
    Error,
    telemetry::{Recorder, Reporter},
};

/// A builder's settings for telemetry.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) url: Option<String>,
    interval: Option<Duration>,
    options: Options,
}

/// What needs the feature `telemetry`.
impl ClientBuilder {
    /// Sets the address of the server that is told what the client evaluates: the first of the API at first, with
    /// `belt.` and `suspenders.` in its name become `telemetry.`.
    pub fn telemetry_url(mut self, url: impl Into<String>) -> Self {
        self.telemetry.url = Some(url.into());
        self
    }

    /// Sets how often the server is told. At first that is after 4 to 8 s, then ever more rarely, at last every
    /// 150 to 300 s.
    pub fn collect_sync_interval(mut self, interval: Duration) -> Self {
        self.telemetry.interval = Some(interval);
        self
    }

    /// Sets whether evaluations are counted, by key and answer; they are at first.
    ///
    /// Of confidential values the server learns five hexadecimal digits of a hash.
    pub fn collect_evaluation_summaries(mut self, collect: bool) -> Self {
        self.telemetry.options.collect_evaluation_summaries = collect;
        self
    }

    /// Sets what is told of contexts: at first the names and kinds of their properties, and as an example each
    /// context that has a `key`, at most once an hour.
    pub fn context_upload_mode(mut self, mode: ContextUploadMode) -> Self {
        self.telemetry.options.context_upload_mode = mode;
        self
    }

    /// Sets whether the lines that a log filter lets through are counted, by logger and level; they are at first.
    pub fn collect_loggers(mut self, collect: bool) -> Self {
        self.telemetry.options.collect_loggers = collect;
        self
    }

    /// Returns who counts and who tells, where anybody is to be told.
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
