//! The sync loop: fetch a checkpoint, follow the stream, wait, repeat.

use std::{pin::pin, sync::Arc, time::SystemTime};

use prefab_core::Update;
use prefab_proto::{convert, packed::PackedConfigs};
use tokio::time::{Duration, Instant, sleep, timeout, timeout_at};

use super::{
    Checkpoint, Frame, Frames, Purpose, RemoteOptions, RemoteState, Transport, UpdateSender,
    sync_state::SyncState,
};
use crate::{Finding, SourceError, SourceErrorKind, SourceUpdate, backoff::Backoff, cache::Cache};

/// A stream that lived this long was stable: the retry delays start again.
const STABLE_AFTER: Duration = Duration::from_secs(10);

/// With a cache, how long the source waits for the server before it serves the cache.
const CACHE_FALLBACK_AFTER: Duration = Duration::from_secs(2);

/// How long changes may stay unsaved, so that several changes are saved together.
const SAVE_DELAY: Duration = Duration::from_secs(1);

/// The interval between retries after the server rejected the API key, with a jitter of 25 %.
const KEY_RECHECK_INTERVAL: Duration = Duration::from_secs(60);

/// The name of the cache in provenance.
const CACHE: &str = "cache";

pub(super) struct Cycle<T> {
    transport: T,
    options: RemoteOptions,
    updates: UpdateSender,
    sync_state: SyncState,
    cache: Option<Cache>,
    /// The time of the state in the cache, until the first response of the server.
    cached_at: Option<SystemTime>,
    unsaved_since: Option<Instant>,
    /// The last time at which no change was missing: a checkpoint was received, or a stable stream was alive.
    current_at: Option<Instant>,
    /// The largest id before a message that could not be read.
    resume_from: Option<i64>,
    /// When changes since `resume_from` were last requested, in parallel with the stream.
    last_recovery_at: Option<Instant>,
    backoff: Backoff,
}

impl<T: Transport> Cycle<T> {
    pub(super) fn new(
        transport: T,
        options: RemoteOptions,
        cache: Option<Cache>,
        updates: UpdateSender,
    ) -> Self {
        Self {
            transport,
            options,
            updates,
            sync_state: SyncState::new(cache.is_some()),
            cache,
            cached_at: None,
            unsaved_since: None,
            current_at: None,
            resume_from: None,
            last_recovery_at: None,
            backoff: Backoff::default(),
        }
    }

    /// Runs while it is polled.
    pub(super) async fn run(mut self) {
        self.read_cache().await;
        loop {
            let mut wait = None;
            if self.is_behind()
                && let Err(error) = self.catch_up().await
            {
                wait = self.report_error(error).await;
            }
            // A stream does not signal when it has sent all configs, so it is opened only after a checkpoint.
            if wait.is_none() && self.sync_state.has_response() {
                let ended = self.follow().await;
                self.updates.end_stream().await;
                if let Err(error) = ended {
                    wait = self.report_error(error).await;
                }
            }
            self.save().await;
            let random = (self.options.random)();
            sleep(wait.map_or_else(|| self.backoff.next(random), |wait| wait.mul_f64(0.75 + random / 2.0)))
                .await;
        }
    }

    /// Returns whether the server must be polled: a change is missing, or there was no response for the poll interval.
    fn is_behind(&self) -> bool {
        self.resume_from.is_some()
            || self.current_at.is_none_or(|at| at.elapsed() >= self.options.poll_interval)
    }

    /// Fetches a checkpoint.
    async fn catch_up(&mut self) -> Result<(), SourceError> {
        let since = self.resume_from.unwrap_or_else(|| self.sync_state.high_water_mark());
        let purpose = if self.current_at.is_none() { Purpose::Start } else { Purpose::CatchUp };
        let fetched = {
            let mut fetch = pin!(self.transport.checkpoint(since, purpose));
            let early = match self.cached_at {
                None => None,
                Some(cached_at) => {
                    let early = timeout(CACHE_FALLBACK_AFTER, &mut fetch).await.ok();
                    if early.is_none() {
                        serve_from_cache(&mut self.updates, cached_at, (self.options.now)()).await;
                    }
                    early
                }
            };
            match early {
                Some(fetched) => fetched,
                None => fetch.await,
            }
        };
        let Checkpoint { source, configs } = fetched?;
        self.current_at = Some(Instant::now());
        self.resume_from = None;
        // Only the first response to a request for all configs is complete.
        let is_whole = since == 0 && !self.sync_state.has_response();
        let loaded = match configs {
            Some(configs) => Some(self.apply(configs, &source, is_whole)),
            None => self.updates.has_open_errors().then(|| empty_update(&source)),
        };
        self.updates.respond(loaded, &source, (self.options.now)()).await;
        self.save().await;
        Ok(())
    }

    /// Follows the stream until it ends, breaks or is idle for too long.
    async fn follow(&mut self) -> Result<(), SourceError> {
        let source = self.transport.stream_name();
        let mut frames = self.transport.open(self.sync_state.high_water_mark()).await?;
        let opened = Instant::now();
        let mut heard_at = opened;
        let ended = loop {
            let silent_at = heard_at + self.options.idle_timeout;
            let save_at = self.unsaved_since.map_or(silent_at, |since| since + SAVE_DELAY);
            let frame = match timeout_at(silent_at.min(save_at), frames.next()).await {
                Ok(None) => break Ok(()),
                Ok(Some(Err(error))) => break Err(error),
                Ok(Some(Ok(frame))) => frame,
                Err(_) if self.unsaved_since.is_some() => {
                    self.save().await;
                    continue;
                }
                Err(_) => break Err(idle_error(&source, self.options.idle_timeout)),
            };
            heard_at = Instant::now();
            // Many streams open successfully and are cut before they send a change.
            if heard_at.duration_since(opened) >= STABLE_AFTER {
                self.current_at = Some(heard_at);
            }
            // The stream delivers, so newer changes will follow. That it is open proves less: a proxy may buffer it.
            self.cached_at = None;
            self.frame(frame, &source).await;
            if self.resume_from.is_some()
                && self.last_recovery_at.is_none_or(|at| at.elapsed() >= STABLE_AFTER)
            {
                self.last_recovery_at = Some(Instant::now());
                // On an error the stream continues, and its next frame triggers the next attempt.
                let _ = self.catch_up().await;
            }
        };
        let lived = heard_at.duration_since(opened);
        if lived >= STABLE_AFTER {
            self.backoff.reset();
        }
        if lived >= self.options.poll_interval {
            // Without changes, too: the cache records until when its state was current.
            self.unsaved_since.get_or_insert(heard_at);
        }
        ended
    }

    async fn frame(&mut self, frame: Frame, source: &Arc<str>) {
        match frame {
            Frame::Configs(configs) if has_changes(&configs) => {
                if configs.is_damaged() {
                    self.resume_from.get_or_insert(self.sync_state.high_water_mark());
                }
                let loaded = self.apply(configs, source, false);
                self.updates.respond(Some(loaded), source, (self.options.now)()).await;
            }
            Frame::Configs(_) | Frame::Alive => {
                let loaded = self.updates.has_open_errors().then(|| empty_update(source));
                self.updates.respond(loaded, source, (self.options.now)()).await;
            }
            Frame::Unreadable(why) => {
                let mut loaded = empty_update(source);
                let why = format!("skipped a message: {why}");
                loaded.findings.push(Finding::new(Arc::clone(source), why));
                self.updates.update(loaded).await;
                // Newer messages will raise the mark above the ids of this one.
                self.resume_from.get_or_insert(self.sync_state.high_water_mark());
            }
        }
    }

    fn apply(&mut self, configs: PackedConfigs, source: &Arc<str>, is_whole: bool) -> SourceUpdate {
        self.sync_state.apply(&configs);
        self.cached_at = None;
        self.unsaved_since.get_or_insert_with(Instant::now);
        loaded(configs, source, is_whole)
    }

    /// Reports an error. Returns how long to wait, unless the backoff determines it.
    async fn report_error(&mut self, error: SourceError) -> Option<Duration> {
        if error.is_unauthorized() {
            self.updates.report_error(error.clone(), RemoteState::Unauthorized(error)).await;
            return Some(KEY_RECHECK_INTERVAL);
        }
        let Some(cached_at) = self.cached_at else {
            self.updates.report_error(error.clone(), RemoteState::Failed(error)).await;
            return None;
        };
        // First the error: a caller that waits for the state sees it.
        let state = self.updates.state().clone();
        self.updates.report_error(error, state).await;
        serve_from_cache(&mut self.updates, cached_at, (self.options.now)()).await;
        None
    }

    async fn read_cache(&mut self) {
        let Some(cache) = &self.cache else { return };
        let source: Arc<str> = CACHE.into();
        match cache.read().await {
            Ok(None) => {}
            Ok(Some(cached)) => {
                self.sync_state.restore(&cached.configs);
                self.cached_at = Some(cached.saved_at);
                self.updates.update(loaded(cached.configs, &source, true)).await;
            }
            Err(why) => {
                let mut loaded = empty_update(&source);
                loaded.findings.push(Finding::new(source, why));
                self.updates.update(loaded).await;
            }
        }
    }

    /// Saves changes that have not been saved.
    async fn save(&mut self) {
        if self.unsaved_since.take().is_none() {
            return;
        }
        let (Some(cache), Some(bytes)) = (&mut self.cache, self.sync_state.encode()) else { return };
        if let Err(why) = cache.write(bytes, (self.options.now)()).await {
            let source: Arc<str> = CACHE.into();
            let mut loaded = empty_update(&source);
            loaded.findings.push(Finding::new(source, why));
            self.updates.update(loaded).await;
        }
    }
}

/// Continues with the cache, and reports its age.
async fn serve_from_cache(updates: &mut UpdateSender, cached_at: SystemTime, now: SystemTime) {
    if updates.is_ready() {
        return;
    }
    let source: Arc<str> = CACHE.into();
    let age = now.duration_since(cached_at).unwrap_or_default();
    let mut loaded = empty_update(&source);
    let message = format!("the server does not respond; values are from {} ago", format_age(age));
    loaded.findings.push(Finding::new(Arc::clone(&source), message));
    updates.serve_cache(loaded, &source, cached_at).await;
}

fn loaded(configs: PackedConfigs, source: &Arc<str>, is_whole: bool) -> SourceUpdate {
    let PackedConfigs { set, findings, newest_id: _ } = configs;
    let findings = findings.into_iter().map(|finding| {
        let convert::InvalidConfig { key, place, cause } = finding;
        Finding::new(Arc::clone(source), format!("`{place}`: {cause}")).with_key(key)
    });
    let findings = findings.collect();
    let source = Arc::clone(source);
    let update = if is_whole { Update::Snapshot { set, source } } else { Update::Merge { set, source } };
    SourceUpdate { update, findings }
}

/// Returns an update without changes, to carry findings.
fn empty_update(source: &Arc<str>) -> SourceUpdate {
    let set = prefab_core::ConfigSet { keep_alive: true, ..prefab_core::ConfigSet::default() };
    Update::Merge { set, source: Arc::clone(source) }.into()
}

/// Returns whether a message contains anything. Without a pointer, an empty message is a keepalive.
fn has_changes(configs: &PackedConfigs) -> bool {
    !configs.set.configs.is_empty() || !configs.findings.is_empty() || configs.set.pointer.is_some()
}

fn idle_error(source: &Arc<str>, limit: Duration) -> SourceError {
    let why = format!("the stream was idle for {} s", limit.as_secs());
    SourceError::new(SourceErrorKind::Unavailable, Arc::clone(source), why)
}

fn format_age(age: Duration) -> String {
    match age.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}
