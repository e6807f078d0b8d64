//! A server in memory with faults that tests set.

use std::sync::{Arc, Mutex, MutexGuard};

use prefab_core::{Config, ConfigSet, ConfigType, Pointer};
use prefab_proto::packed::{self, PackedConfigs};
use tokio::sync::mpsc;

use crate::{
    SourceError, SourceErrorKind,
    remote::{Checkpoint, Frame, Frames, Purpose, Transport},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    Well,
    /// The connection is refused.
    Away,
    /// Requests time out.
    Hanging,
    /// The API key is rejected.
    Refusing,
    /// The stream opens and stays silent.
    Silent,
    /// The stream sends changes and ends.
    Ending,
    /// The stream ends before it sends changes.
    Cutting,
    /// Checkpoints contain nothing newer than this id.
    Stale(i64),
}

#[derive(Clone)]
pub(super) struct Server(Arc<Mutex<World>>);

struct World {
    log: Vec<Config>,
    checkpoint: Mood,
    stream: Mood,
    requests: Vec<String>,
    opened: usize,
    listening: Vec<mpsc::UnboundedSender<Frame>>,
}

impl Server {
    pub(super) fn with(configs: &[(&str, i64)]) -> Self {
        let log = configs.iter().map(|(key, id)| config(key, *id)).collect();
        Self(Arc::new(Mutex::new(World {
            log,
            checkpoint: Mood::Well,
            stream: Mood::Well,
            requests: Vec::new(),
            opened: 0,
            listening: Vec::new(),
        })))
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    /// Sets the fault of all requests, and ends open streams.
    pub(super) fn mood(&self, mood: Mood) {
        self.checkpoint_mood(mood);
        self.stream_mood(mood);
    }

    pub(super) fn checkpoint_mood(&self, mood: Mood) {
        self.world().checkpoint = mood;
    }

    pub(super) fn stream_mood(&self, mood: Mood) {
        let mut world = self.world();
        world.stream = mood;
        world.listening.clear();
    }

    pub(super) fn set(&self, key: &str, id: i64) {
        self.change(config(key, id));
    }

    /// Makes a change that no stream delivers.
    pub(super) fn set_silently(&self, key: &str, id: i64) {
        let mut world = self.world();
        world.log.retain(|old| old.key != key);
        world.log.push(config(key, id));
    }

    pub(super) fn delete(&self, key: &str, id: i64) {
        let key = key.to_owned();
        self.change(Config { id, key, config_type: ConfigType::Deleted, ..Config::default() });
    }

    pub(super) fn keep_alive(&self) {
        self.send(|| Frame::Alive);
    }

    pub(super) fn send_garbage(&self) {
        self.send(|| Frame::Unreadable("it is garbage".to_owned()));
    }

    /// Sends a valid message with a damaged config.
    pub(super) fn send_damaged(&self) {
        self.send(|| Frame::Configs(packed::pack([1 << 3 | 2, 1, 0xff]).unwrap()));
    }

    pub(super) fn requests(&self) -> Vec<String> {
        self.world().requests.clone()
    }

    pub(super) fn opened(&self) -> usize {
        self.world().opened
    }

    /// Returns the number of open streams.
    pub(super) fn streams(&self) -> usize {
        self.world().listening.iter().filter(|listening| !listening.is_closed()).count()
    }

    pub(super) fn newest(&self) -> i64 {
        self.world().log.iter().map(|config| config.id).max().unwrap_or_default()
    }

    fn change(&self, config: Config) {
        self.send(|| Frame::Configs(message(vec![config.clone()])));
        let mut world = self.world();
        world.log.retain(|old| old.key != config.key);
        world.log.push(config);
    }

    fn send(&self, frame: impl Fn() -> Frame) {
        let mut world = self.world();
        if world.stream != Mood::Silent {
            world.listening.retain(|listening| listening.send(frame()).is_ok());
        }
    }
}

impl World {
    fn newer_than(&self, since: i64, until: i64) -> PackedConfigs {
        let changes = self.log.iter().filter(|config| config.id > since && config.id <= until);
        message(changes.filter(|config| since > 0 || !config.is_tombstone()).cloned().collect())
    }
}

impl Transport for Server {
    type Frames = mpsc::UnboundedReceiver<Frame>;

    fn server_id(&self) -> String {
        "memory".to_owned()
    }

    fn address(&self) -> String {
        self.server_id()
    }

    async fn checkpoint(&mut self, since: i64, _: Purpose) -> Result<Checkpoint, SourceError> {
        let mood = {
            let mut world = self.world();
            world.requests.push(format!("checkpoint {since}"));
            world.checkpoint
        };
        answer(mood, "remote_api").await?;
        let until = if let Mood::Stale(until) = mood { until } else { i64::MAX };
        let configs = self.world().newer_than(since, until);
        Ok(Checkpoint { source: "remote_api".into(), configs: Some(configs) })
    }

    async fn open(&mut self, since: i64) -> Result<Self::Frames, SourceError> {
        let mood = {
            let mut world = self.world();
            world.requests.push(format!("stream {since}"));
            if world.requests.len() > 1_000 {
                world.requests.clear();
            }
            world.opened += 1;
            world.stream
        };
        answer(mood, "streaming").await?;
        let (sender, frames) = mpsc::unbounded_channel();
        let mut world = self.world();
        if mood != Mood::Silent {
            let _ = sender.send(Frame::Alive);
            let changes = world.newer_than(since, i64::MAX);
            if !changes.set.configs.is_empty() && mood != Mood::Cutting {
                let _ = sender.send(Frame::Configs(changes));
            }
        }
        if !matches!(mood, Mood::Ending | Mood::Cutting) {
            world.listening.push(sender);
        }
        Ok(frames)
    }

    fn stream_name(&self) -> Arc<str> {
        "streaming".into()
    }
}

impl Frames for mpsc::UnboundedReceiver<Frame> {
    async fn next(&mut self) -> Option<Result<Frame, SourceError>> {
        self.recv().await.map(Ok)
    }
}

async fn answer(mood: Mood, name: &str) -> Result<(), SourceError> {
    match mood {
        Mood::Well | Mood::Silent | Mood::Ending | Mood::Cutting | Mood::Stale(_) => Ok(()),
        Mood::Away => Err(SourceError::new(SourceErrorKind::Unavailable, name, "away")),
        Mood::Refusing => Err(SourceError::new(SourceErrorKind::Unauthorized, name, "refused")),
        Mood::Hanging => {
            tokio::time::sleep(std::time::Duration::from_secs(4)).await;
            Err(SourceError::new(SourceErrorKind::Unavailable, name, "too slow"))
        }
    }
}

fn config(key: &str, id: i64) -> Config {
    Config { id, ..Config::constant(key, id) }
}

fn message(configs: Vec<Config>) -> PackedConfigs {
    let pointer = Some(Pointer { project_id: 1, start_at_id: 0, project_env_id: 308 });
    packed::pack_decoded(&(&ConfigSet { configs, pointer, ..ConfigSet::default() }).into())
}
