//! The provider, through the trait and the client of the SDK.
#![allow(clippy::unwrap_used, reason = "a test and its helpers")]

mod contexts;
#[cfg(feature = "tracing")]
mod hook;
mod results;
mod status;
mod telemetry;
mod values;

use std::fs;

use open_feature::{EvaluationContext, EvaluationError};
use prefab_client::{Client, ClientBuilder, Datasources};
use prefab_openfeature::PrefabProvider;
use prefab_testing::upstream::{KEY, Upstream};
use serde_json::{Value as Json, json};

/// Returns a client with the configs of a datafile.
fn client(configs: &Json) -> Client {
    builder(configs).build().unwrap()
}

fn builder(configs: &Json) -> ClientBuilder {
    let folder = tempfile::tempdir().unwrap();
    // The file is read once, when the client is built, so it can be removed with the folder after that.
    let path = folder.keep().join("datafile.json");
    let pointer = json!({"projectId": "3", "projectEnvId": "143"});
    fs::write(&path, json!({"configServicePointer": pointer, "configs": configs}).to_string()).unwrap();
    Client::in_memory().datafile(path)
}

/// Returns a client of a server, without files.
fn remote(server: &Upstream) -> ClientBuilder {
    Client::in_memory().datasources(Datasources::All).api_key(KEY).api_urls([server.url()]).local_cache(false)
}

fn provider(configs: &Json) -> PrefabProvider {
    PrefabProvider::new(client(configs))
}

/// Returns a config without rules.
fn constant(key: &str, value: &Json) -> Json {
    json!({"id": "7", "projectId": "3", "key": key, "configType": "CONFIG", "rows": [{"values": [{"value": value}]}]})
}

fn nothing() -> EvaluationContext {
    EvaluationContext::default()
}

fn message(error: EvaluationError) -> String {
    error.message.unwrap()
}
