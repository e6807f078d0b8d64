//! The table of limits.

use std::time::Duration;

use super::{Limits, MAX_QUONFIG_EVENT_BYTES};
use crate::ofrep::MAX_BODY_BYTES as MAX_OFREP_BODY_BYTES;
use crate::telemetry::{MAX_EXAMPLES, MAX_PROPERTIES};
use prefab_openfeature_mapping::contexts::{MAX_DEPTH, MAX_PROPERTIES as MAX_PROPERTIES_PER_CONTEXT};
use prefab_store::{REFUSALS_PER_HOUR, REFUSALS_PER_PROJECT};

/// One row of the table of limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The limited resource.
    pub name: &'static str,
    /// The limit, with its unit.
    pub value: String,
    /// The option of `prefab serve` that changes it, if one exists.
    pub option: Option<&'static str>,
    /// The effect of exceeding it.
    pub beyond: &'static str,
}

impl Limits {
    /// Lists all limits, with the effect of exceeding each.
    ///
    /// ```
    /// let table = prefab_service::limits::Limits::default().table();
    /// assert!(table.iter().any(|limit| limit.name == "Request body" && limit.value == "4 MiB"));
    /// ```
    #[expect(clippy::too_many_lines, reason = "one row per limit, in the order of the page")]
    pub fn table(&self) -> Vec<Limit> {
        // No `..`: a new limit must be described here.
        let Self {
            body_bytes,
            header_timeout,
            body_timeout,
            body_bytes_per_second,
            connections,
            connections_per_address,
            http2_idle_timeout,
            streams_per_key,
            delayed_responses,
            stream_write_timeout,
            event_streams_per_principal,
            response_cache_bytes,
            worker_threads,
            queued_jobs,
            job_timeout,
            evaluations_per_second,
            ofrep_requests_per_second,
            waiting_refetches,
            evaluation_cache_bytes,
            telemetry_bytes_per_minute,
            front_end_telemetry_bytes_per_minute,
            evaluation_rows_per_hour,
            logger_rows,
            environments_per_project,
            import_configs,
            explain_properties,
            patterns_per_config,
            pattern_bytes_per_config,
            schema_nodes,
            schema_steps,
            database_connections,
            database_wait,
            audit_days,
        } = self;
        let row = |name, value, option, beyond| Limit { name, value, option, beyond };
        vec![
            row(
                "Request body",
                bytes(*body_bytes),
                Some("--max-body-bytes"),
                "413; the body is not read further",
            ),
            row(
                "Time for request headers",
                time(*header_timeout),
                Some("--header-timeout"),
                "The connection is closed",
            ),
            row(
                "Time for a request body",
                time(*body_timeout),
                Some("--body-timeout"),
                "The minimum rate applies",
            ),
            row(
                "Minimum rate of a request body",
                format!("{}/s", bytes(*body_bytes_per_second)),
                None,
                "408; the connection is closed",
            ),
            row(
                "Open connections",
                connections.to_string(),
                Some("--max-connections"),
                "The connection that has been idle longest is closed; if none is idle, the new one is",
            ),
            row(
                "Open connections per address",
                connections_per_address.to_string(),
                Some("--max-connections-per-address"),
                "New connections from that address are closed; trusted proxies are exempt",
            ),
            row("Idle HTTP/2 connection", time(*http2_idle_timeout), None, "The connection is closed"),
            row(
                "Streams per API key",
                streams_per_key.to_string(),
                Some("--max-streams-per-key"),
                "The stream ends with a comment, because no status code suits all clients; 429 for Quonfig SDKs",
            ),
            row(
                "Configs in an event of a Quonfig SDK",
                bytes(MAX_QUONFIG_EVENT_BYTES),
                None,
                "503 for the stream; the SDK polls, which has no such limit in the server",
            ),
            row(
                "Delayed responses to streams with an invalid key",
                delayed_responses.to_string(),
                None,
                "401 without a delay",
            ),
            row(
                "Time for a peer to read",
                time(*stream_write_timeout),
                None,
                "The connection is closed, of HTTP/2 only the stream; a client that reconnects receives the current state",
            ),
            row(
                "Event streams per person, token or admin key",
                event_streams_per_principal.to_string(),
                None,
                "429",
            ),
            row(
                "Cached checkpoint responses per environment",
                bytes(*response_cache_bytes),
                None,
                "The response is encoded for each request; the full checkpoint is always cached",
            ),
            row(
                "Worker threads per kind of CPU-heavy work",
                if *worker_threads == 0 {
                    "one per core, at least 2".to_owned()
                } else {
                    worker_threads.to_string()
                },
                Some("--worker-threads"),
                "The job waits",
            ),
            row(
                "Jobs of one project that wait for a worker thread, and passwords that wait to be hashed",
                queued_jobs.to_string(),
                None,
                "503 with `Retry-After`",
            ),
            row("Time for CPU-heavy work", time(*job_timeout), None, "503 with `Retry-After`"),
            row(
                "Uncached front-end evaluations per API key",
                format!("{evaluations_per_second}/s"),
                Some("--max-evaluations-per-second"),
                "429 with `Retry-After`",
            ),
            row(
                "OFREP requests per API key",
                ofrep_requests_per_second.map_or("unlimited".to_owned(), |count| format!("{count}/s")),
                Some("--ofrep-requests-per-second"),
                "429 with `Retry-After`",
            ),
            row(
                "Body of an OFREP request",
                bytes(MAX_OFREP_BODY_BYTES),
                None,
                "400 with the error code `INVALID_CONTEXT`",
            ),
            row(
                "Evaluation context of an OFREP request",
                format!("{MAX_PROPERTIES_PER_CONTEXT} properties, {MAX_DEPTH} structures inside each other"),
                None,
                "400 with the error code `INVALID_CONTEXT`",
            ),
            row(
                "OFREP requests that wait for a version of another server",
                format!("{waiting_refetches}, each for at most 2 s"),
                None,
                "The request is answered with the version that the server has",
            ),
            row(
                "Cached front-end evaluations per environment",
                bytes(*evaluation_cache_bytes),
                None,
                "Entries that have not been used recently are dropped",
            ),
            row(
                "Cached parts of front-end evaluations, of all environments",
                bytes(*evaluation_cache_bytes),
                None,
                "Parts that have not been used recently are dropped",
            ),
            row(
                "Telemetry per API key",
                format!("{}/min", bytes(*telemetry_bytes_per_minute)),
                Some("--max-telemetry-bytes"),
                "429",
            ),
            row(
                "Telemetry per front-end API key",
                format!("{}/min", bytes(*front_end_telemetry_bytes_per_minute)),
                Some("--max-front-end-telemetry-bytes"),
                "429",
            ),
            row(
                "Evaluation counts per environment and hour",
                format!("{evaluation_rows_per_hour} rows"),
                None,
                "New counts are dropped and counted in `prefab_telemetry_dropped_total`; front-end keys may use half, and a count with a long value uses several rows of it",
            ),
            row(
                "Loggers per environment",
                format!("{logger_rows} rows"),
                None,
                "New loggers are dropped and counted in `prefab_telemetry_dropped_total`; front-end keys may use half",
            ),
            row(
                "Context properties per environment",
                format!("{MAX_PROPERTIES} rows"),
                None,
                "The oldest are deleted; new ones of front-end keys are dropped beyond half",
            ),
            row(
                "Example contexts per environment",
                MAX_EXAMPLES.to_string(),
                None,
                "The oldest are deleted; besides, half as many of front-end keys are kept",
            ),
            row(
                "Refused API keys and log-ins in the audit log per hour",
                format!("{REFUSALS_PER_PROJECT} entries per project, {REFUSALS_PER_HOUR} in all"),
                None,
                "Further refusals are counted in one entry per project",
            ),
            row(
                "Environments per project",
                environments_per_project.to_string(),
                None,
                "400; the environment or the import is refused",
            ),
            row("Configs per import", import_configs.to_string(), None, "400; nothing is imported"),
            row(
                "Context properties per request to explain an evaluation",
                explain_properties.to_string(),
                None,
                "400",
            ),
            row(
                "Patterns per config",
                patterns_per_config.to_string(),
                None,
                "The config is refused; in an SDK the criterion does not match, and a finding reports it",
            ),
            row(
                "Compiled patterns per config",
                bytes(*pattern_bytes_per_config),
                None,
                "The config is refused; in an SDK the criterion does not match, and a finding reports it",
            ),
            row(
                "JSON Schema with its references expanded",
                format!("{schema_nodes} nodes"),
                None,
                "The schema is refused; one that an older version stored is skipped",
            ),
            row(
                "Check of a value against its JSON Schema",
                format!("{schema_steps} steps"),
                None,
                "The value is refused",
            ),
            row(
                "Connections to a PostgreSQL database",
                format!("{database_connections}, and 2 for notifications and telemetry"),
                Some("--database-pool"),
                "The request waits",
            ),
            row(
                "Time for a connection to a PostgreSQL database",
                time(*database_wait),
                None,
                "503 with `Retry-After`",
            ),
            row(
                "Age of audit entries",
                audit_days.map_or("unlimited".to_owned(), |days| format!("{days} days")),
                Some("--audit-days"),
                "Older entries are deleted",
            ),
        ]
    }
}

fn bytes(count: usize) -> String {
    match count {
        count if count >= 1 << 20 && count % (1 << 20) == 0 => format!("{} MiB", count >> 20),
        count if count >= 1 << 10 && count % (1 << 10) == 0 => format!("{} KiB", count >> 10),
        count => format!("{count} bytes"),
    }
}

fn time(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    /// `PREFAB_BLESS=1` rewrites the page.
    #[test]
    fn the_limits_page_is_current() {
        let mut page = String::from(
            "# Limits\n\nEverything that a client can send to `prefab serve` is limited in bytes, number, time and CPU. This table \
             lists every limit with its default.\n\n| limit | default | option | beyond it |\n| --- | --- | --- | --- |\n",
        );
        for Limit { name, value, option, beyond } in Limits::default().table() {
            let option = option.map_or(String::new(), |option| format!("`{option}`"));
            writeln!(page, "| {name} | {value} | {option} | {beyond} |").unwrap();
        }
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/limits.md");
        if std::env::var_os("PREFAB_BLESS").is_some() {
            std::fs::write(path, &page).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap();
        assert!(written.starts_with(&page), "docs/limits.md differs from the table; run with PREFAB_BLESS=1");
    }
}
