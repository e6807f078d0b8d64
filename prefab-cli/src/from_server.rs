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
use prefab_core::datafile;
use prefab_management_api::{EnvironmentResponse, ExportQuery};
use serde_json::Value as Json;

use crate::{Failure, output, server::Server};

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

/// Builds a client with what clients of an environment receive. Confidential values are redacted, unless `reveal` is true.
pub(crate) fn client(
    builder: ClientBuilder,
    server: &Server,
    environment: &EnvironmentResponse,
    reveal: bool,
) -> Result<Client, Failure> {
    let query = ExportQuery {
        environment: Some(environment.id.clone()),
        schemas: Some(false),
        reveal: reveal.then_some(true),
    };
    let json = server.find::<Json>("/export", &query)?.json;
    let parsed =
        datafile::from_json(&json).with_context(|| format!("unexpected response from {}", server.url))?;
    for finding in &parsed.findings {
        output::warning(&finding.to_string());
    }
    let live = parsed.set.configs.iter().find(|config| !config.is_tombstone());
    let first = live.map(|config| config.key.clone());
    let source: std::sync::Arc<str> = server.url.as_str().into();
    let update = Update::Snapshot { set: parsed.set.into(), source: source.clone() };
    let client = builder.source(MemorySource::new(source, [update])).build()?;
    let started = Instant::now();
    while first.as_ref().is_some_and(|key| client.ruleset().entry(key).is_none()) {
        if started.elapsed() > APPLY_TIMEOUT {
            return Err(anyhow::anyhow!("the configs of {} were not applied", server.url).into());
        }
        thread::sleep(Duration::from_millis(1));
    }
    for problem in client.problems() {
        output::warning(&problem);
    }
    Ok(client)
}
