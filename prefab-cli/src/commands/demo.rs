//! `prefab demo`: a server, a program and changes in one terminal.

use std::{
    fs,
    path::PathBuf,
    sync::mpsc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use prefab_client::Client;
use prefab_server::{IssuedKey, KeyKind, Options, Running};
use serde_json::{Value as Json, json};

use crate::{
    Failure, http,
    output::{self, FAINT, STRONG, VALUE},
};

const INT: &str = "my-first-int-config";
const FLAG: &str = "my-first-feature-flag";
const DEFAULTS: &str = "my-first-int-config: 30\nmy-first-feature-flag: false\n";
/// The time limit for a change, which normally arrives within a few milliseconds.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) fn run() -> Result<(), Failure> {
    let folder = Folder::new()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let result = runtime.block_on(play(&folder));
    // The program waits on its own thread, so no work remains.
    runtime.shutdown_timeout(Duration::from_secs(1));
    Ok(result?)
}

async fn play(folder: &Folder) -> anyhow::Result<()> {
    fs::write(folder.0.join(".prefab.default.config.yaml"), DEFAULTS)
        .context("cannot write the default file")?;
    step("A program has defaults in .prefab.default.config.yaml:")?;
    for line in DEFAULTS.lines() {
        output::line(&format!("     {VALUE}{line}{VALUE:#}"))?;
    }

    let server = prefab_server::serve(Options::local(folder.0.join("server"))).await?;
    step(&format!("An empty server starts at {}", server.url))?;

    let program = Program::start(folder, &server)?;
    step("The program starts and reads both:")?;
    program.say(INT)?;
    program.say(FLAG)?;

    let admin = key(&server, KeyKind::Admin)?;
    let change = Change { url: server.url.clone(), key: admin.key.clone() };
    step(&format!("{INT} is set to 50 on the server."))?;
    let started = Instant::now();
    change.create(INT, "CONFIG", "INT", json!({"int": "50"})).await?;
    let program = program.receives(INT, "50", started).await?;

    step(&format!("{FLAG} is turned on."))?;
    let started = Instant::now();
    change.create(FLAG, "FEATURE_FLAG", "BOOL", json!({"bool": true})).await?;
    let program = program.receives(FLAG, "true", started).await?;

    step("The server stops. The program keeps its values:")?;
    server.shutdown().await;
    program.say(INT)?;
    program.say(FLAG)?;

    step("The same with your own program:")?;
    output::line(&format!(
        "     {VALUE}prefab serve{VALUE:#}   then export the variables that it prints, and start the program\n"
    ))?;
    Ok(())
}

fn step(text: &str) -> std::io::Result<()> {
    output::line(&format!("\n{STRONG}◆{STRONG:#} {text}"))
}

fn key(server: &Running, kind: KeyKind) -> anyhow::Result<&IssuedKey> {
    server.keys.iter().find(|key| key.kind == kind).with_context(|| format!("the server has no {kind} key"))
}

/// A small program that uses the client.
struct Program {
    client: Client,
    changed: mpsc::Receiver<()>,
    _listening: prefab_client::Subscription,
}

impl Program {
    fn start(folder: &Folder, server: &Running) -> anyhow::Result<Self> {
        let client = Client::builder()
            .classpath_dir(&folder.0)
            .without_override_dir()
            .local_cache(false)
            .api_key(&key(server, KeyKind::Backend)?.key)
            .api_urls([&server.url])
            .build()?;
        let (sender, changed) = mpsc::channel();
        let listening = client.on_change(move |_| {
            // The receiver is gone at the end of the demo.
            let _ = sender.send(());
        });
        Ok(Self { client, changed, _listening: listening })
    }

    fn say(&self, key: &str) -> std::io::Result<()> {
        let details = self.client.details(key);
        let source = details.source.as_deref().unwrap_or_default();
        let source = source.rsplit('/').next().unwrap_or_default();
        output::line(&format!(
            "     {key} {VALUE}{}{VALUE:#}   {FAINT}from {source}{FAINT:#}",
            details.display
        ))
    }

    /// Waits until the program sees a value, on a thread outside the runtime of the server.
    async fn receives(self, key: &'static str, wanted: &'static str, since: Instant) -> anyhow::Result<Self> {
        tokio::task::spawn_blocking(move || {
            while self.client.details(key).display != wanted {
                if self.changed.recv_timeout(CHANGE_TIMEOUT).is_err() {
                    bail!("the program did not receive the value {wanted} of `{key}`");
                }
            }
            let took = since.elapsed().as_millis();
            self.say(key)?;
            output::line(&format!("     {FAINT}received after {took} ms, without a restart{FAINT:#}"))?;
            Ok(self)
        })
        .await?
    }
}

/// Changes configs with the API of the official command.
struct Change {
    url: String,
    key: String,
}

impl Change {
    async fn create(
        &self,
        key: &str,
        config_type: &str,
        value_type: &str,
        value: Json,
    ) -> anyhow::Result<()> {
        let config = json!({
            "key": key, "configType": config_type, "valueType": value_type,
            "rows": [{"values": [{"value": value}]}],
        });
        let answer = http::client(&self.url, reqwest::Client::builder)?
            .post(format!("{}/api/v1/config/", self.url))
            .basic_auth("demo", Some(&self.key))
            .header("content-type", "application/json")
            .body(config.to_string())
            .send()
            .await?;
        let status = answer.status();
        if !status.is_success() {
            bail!("the server rejected the change ({status}): {}", answer.text().await?);
        }
        Ok(())
    }
}

/// A temporary folder, removed at the end of the demo.
struct Folder(PathBuf);

impl Folder {
    fn new() -> anyhow::Result<Self> {
        let name = format!("prefab-demo-{}-{:x}", std::process::id(), fastrand::u64(..));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).with_context(|| format!("cannot create the folder `{}`", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that cannot be removed remains in the temporary folder of the system.
        let _ = fs::remove_dir_all(&self.0);
    }
}
