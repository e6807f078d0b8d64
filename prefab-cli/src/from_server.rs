//! Evaluations of an environment as the server has it, and names of environments in their results.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use prefab_client::{
    Client, ClientBuilder, EvaluationDetails,
    source::{MemorySource, Update},
};
use prefab_core::{Config, ConfigSet, Layer, datafile};
use prefab_management_api::{EnvironmentResponse, ExportQuery};
use serde_json::Value as Json;

use crate::{
    Failure,
    commands::environments,
    output,
    redacted::{Dependents, dependents},
    server::Server,
};

/// The source of values that the server confirmed.
const REMOTE: &str = "remote_api";

/// The source of values from an earlier run.
const CACHE: &str = "cache";

/// The time limit until the client has applied what was downloaded.
const APPLY_TIMEOUT: Duration = Duration::from_secs(10);

/// A client with all sources, and the names of the environments of the server.
pub(crate) struct Reader {
    pub(crate) client: Client,
    pub(crate) environments: Vec<EnvironmentResponse>,
    /// Whether the server has confirmed the values of the cache.
    pub(crate) is_current: bool,
    /// The keys that cannot be evaluated, because the server redacts a value that decides their result.
    pub(crate) redacted: Dependents,
}

impl Reader {
    /// Evaluates a key.
    pub(crate) fn details(&self, key: &str) -> EvaluationDetails {
        let mut details = self.client.details(key);
        if self.is_current && details.source.as_deref() == Some(CACHE) {
            details.source = Some(REMOTE.to_owned());
        }
        details
    }

    /// Returns the reason why a key cannot be evaluated here, if the server redacts a value that decides its result.
    pub(crate) fn redaction(&self, details: &EvaluationDetails) -> Option<String> {
        let owner = self.redacted.get(&details.key)?;
        // A file may replace the config of the server.
        let is_remote = self.client.ruleset().entry(&details.key)?.provenance().layer == Layer::Remote;
        is_remote.then(|| {
            format!(
                "cannot evaluate `{}`: it depends on a confidential value in `{owner}`, which the server redacts; set \
                 --api-key to the API key of a program, or explain it on the page",
                details.key
            )
        })
    }

    /// Explains a key.
    pub(crate) fn explain(&self, key: &str) -> String {
        let explanation = self.client.explain(key);
        let lines = explanation.lines().map(|line| {
            let line = self.with_environment_name(line);
            match line.strip_suffix(", from cache (remote)") {
                Some(start) if self.is_current => format!("{start}, from {REMOTE} (remote)"),
                _ => line,
            }
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Returns a line of an explanation with the name of an environment instead of its number.
    fn with_environment_name(&self, line: &str) -> String {
        let (start, end) = if line.trim_start().starts_with("because rule ") {
            (" of environment ", ",")
        } else if line.trim_start().starts_with("rules of environment ") {
            ("rules of environment ", ":")
        } else {
            return line.to_owned();
        };
        let name = || {
            let (before, rest) = line.split_once(start)?;
            let (id, after) = rest.split_once(end)?;
            let environment = self.environments.iter().find(|environment| environment.id == id)?;
            Some(format!("{before}{start}{}{end}{after}", environment.name))
        };
        name().unwrap_or_else(|| line.to_owned())
    }
}

/// Builds a reader with what clients of an environment receive. Confidential values are redacted, except in the item
/// `revealed`.
pub(crate) fn reader(
    builder: ClientBuilder,
    server: &Server,
    environment: &EnvironmentResponse,
    revealed: Option<&str>,
) -> Result<Reader, Failure> {
    let query = ExportQuery {
        environment: Some(environment.id.clone()),
        schemas: Some(false),
        ..ExportQuery::default()
    };
    let mut set = export(server, &query)?;
    if let Some(key) = revealed {
        let query = ExportQuery { key: Some(key.to_owned()), reveal: Some(true), ..query };
        for config in export(server, &query)?.configs {
            set.configs.retain(|other| other.key != config.key);
            set.configs.push(config);
        }
    }
    let redacted = dependents(&set.configs);
    let live = set.configs.iter().filter(|config| !config.is_tombstone());
    let keys: Vec<String> = live.map(|config| config.key.clone()).collect();
    let source: std::sync::Arc<str> = server.url.as_str().into();
    let update = Update::Snapshot { set: set.into(), source: source.clone() };
    let client = builder.source(MemorySource::new(source, [update])).build()?;
    wait_until_applied(&client, &keys, &server.url)?;
    for problem in client.problems() {
        output::warning(&problem);
    }
    Ok(Reader { client, environments: environments::all(server)?, is_current: true, redacted })
}

fn export(server: &Server, query: &ExportQuery) -> Result<ConfigSet<Config>, Failure> {
    let json = server.find::<Json>("/export", query)?.json;
    let parsed =
        datafile::from_json(&json).with_context(|| format!("unexpected response from {}", server.url))?;
    for finding in &parsed.findings {
        output::warning(&finding.to_string());
    }
    Ok(parsed.set)
}

/// Waits until the client evaluates the configs of the server. Files may contain some of their keys, too.
fn wait_until_applied(client: &Client, keys: &[String], url: &str) -> Result<(), Failure> {
    let started = Instant::now();
    let is_applied = || {
        let rules = client.ruleset();
        let layer = |key: &String| rules.entry(key).map(|entry| entry.provenance().layer);
        keys.iter().any(|key| layer(key) == Some(Layer::Remote))
            || keys.iter().all(|key| layer(key) > Some(Layer::Remote))
    };
    while !is_applied() {
        if started.elapsed() > APPLY_TIMEOUT {
            return Err(anyhow::anyhow!("the configs of {url} were not applied").into());
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}
