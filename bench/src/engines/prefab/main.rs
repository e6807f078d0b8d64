//! Prefab: the engine, the client, the client with telemetry, prepared handles, and a live handle.

mod client;
mod engine;
mod live;
mod own;
mod prepared;
mod server;

use anyhow::{Context as _, Result, ensure};
use prefab_bench::{Entry, User, Work, host, prefab_form};
use prefab_core::{ConfigSet, Context, ContextSet, StoredConfig, datafile};
use prefab_eval::EvaluatedValue;
use prefab_proto::{convert, packed};

fn main() -> Result<()> {
    if let Some(file) = own::asked_for() {
        return own::measure(&file);
    }
    host(&[
        Entry::of::<engine::Engine>(),
        Entry::of::<client::Offline>(),
        Entry::of::<client::Counting>(),
        Entry::of::<prepared::Prepared>(),
        Entry::of::<live::Handle>(),
    ])
}

/// Writes the work as a server message.
fn write(work: &Work) -> Result<Vec<u8>> {
    let parsed = datafile::from_json(&prefab_form::datafile(work)).context("reading our own datafile")?;
    ensure!(parsed.findings.is_empty(), "our own datafile: {:?}", parsed.findings);
    Ok(convert::encode(&parsed.set))
}

/// Reads a server message.
fn read(document: &[u8]) -> Result<ConfigSet<StoredConfig>> {
    let packed = packed::pack(document).context("reading configs from protobuf")?;
    ensure!(packed.findings.is_empty(), "our own message: {:?}", packed.findings);
    Ok(packed.set)
}

fn contexts(user: &User) -> ContextSet {
    let mut context = Context::new("user").with("key", user.key.as_str());
    for (name, value) in user.properties() {
        context.set(name, value);
    }
    context.into()
}

fn letter(value: &EvaluatedValue<'_>) -> u8 {
    match value {
        EvaluatedValue::String(text) => prefab_bench::first_letter(text),
        _ => 0,
    }
}
