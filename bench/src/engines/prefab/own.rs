//! Measurements that only Prefab has: decoding, a change of one config, exact memory.

use std::{fs, hint::black_box, path::PathBuf, time::Duration};

use anyhow::{Context as _, Result, ensure};
use arc_swap::ArcSwap;
use prefab_bench::{Edition, Own, Spread, Work, cpu_time, traffic};
use prefab_client::Client;
use prefab_core::{Config, ConfigSet, LayeredStore, Pointer, Update};
use prefab_eval::{Options, Ruleset};
use prefab_proto::wire;
use prost::Message as _;

use crate::{
    client::{Fed, Offline},
    read, write,
};

const MANY: usize = 10_000;
const LOADS: usize = 15;
const CHANGES: i64 = 300;

/// Returns the file for the figures if the command line is `own FILE`.
pub(crate) fn asked_for() -> Option<PathBuf> {
    let mut words = std::env::args().skip(1);
    (words.next()? == "own").then(|| words.next().map(PathBuf::from))?
}

pub(crate) fn measure(file: &std::path::Path) -> Result<()> {
    let message = write(&Work::beside(MANY, Edition::First))?;
    let own = Own {
        configs: read(&message)?.configs.len(),
        wire_bytes: message.len(),
        heap_bytes: allocation_counter::measure(|| std::mem::forget(black_box(ready(&message))))
            .bytes_current,
        decode_millis: loads(|| wire::Configs::decode(message.as_slice()).map_err(Into::into))?,
        ready_millis: loads(|| ready(&message))?,
        change_micros: changes(&message)?,
        change_to_listener_micros: changes_to_listener(&message)?,
        traffic: traffic::<Offline>(MANY)?,
    };
    fs::write(file, serde_json::to_vec_pretty(&own)?)?;
    Ok(())
}

fn ready(message: &[u8]) -> Result<(LayeredStore, Ruleset)> {
    let mut store = LayeredStore::default();
    store.apply(Update::Snapshot { set: read(message)?, source: "bench".into() });
    let rules = Ruleset::from_store(&store, &Options::default());
    Ok((store, rules))
}

fn loads<T>(load: impl Fn() -> Result<T>) -> Result<Spread> {
    drop(load()?);
    let mut times = Vec::with_capacity(LOADS);
    for _ in 0..LOADS {
        let start = cpu_time();
        let loaded = black_box(load()?);
        times.push(millis(cpu_time().saturating_sub(start)));
        drop(loaded);
    }
    Ok(Spread::of(times))
}

/// Repeated changes of one flag, with a new id and another value.
fn change(round: i64) -> Update {
    let mut config = Config::constant("part-00.setting-00000", round % 2 == 0);
    config.id = 10_000_000 + round;
    let pointer = Pointer { project_id: 1, start_at_id: config.id, project_env_id: 7 };
    let set = ConfigSet { configs: vec![config], pointer: Some(pointer), ..ConfigSet::default() };
    Update::Merge { set: set.into(), source: "bench".into() }
}

fn changes(message: &[u8]) -> Result<Spread> {
    let (mut store, rules) = ready(message)?;
    let current = ArcSwap::from_pointee(rules);
    let mut times = Vec::new();
    for round in 0..CHANGES {
        let update = change(round);
        let start = cpu_time();
        let changed = store.apply(update);
        let next = current.load().with_changes(&store, &changed);
        // Drops the old ruleset here, as the client does.
        current.store(next.into());
        times.push(millis(cpu_time().saturating_sub(start)) * 1e3);
        ensure!(changed.len() == 1, "one config changes, not {}", changed.len());
    }
    Ok(Spread::of(times))
}

fn changes_to_listener(message: &[u8]) -> Result<Spread> {
    let fed = Fed::new(Client::in_memory(), message).context("a client with 10,000 configs")?;
    let mut times = Vec::new();
    for round in 0..CHANGES {
        let update = change(round);
        let start = std::time::Instant::now();
        fed.apply(update)?;
        times.push(millis(start.elapsed()) * 1e3);
    }
    Ok(Spread::of(times))
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
