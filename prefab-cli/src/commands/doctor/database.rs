//! Checks of the database of a server, for its operators.

use prefab_management_api::{DatabaseHealth, HealthResponse, ServerHealth};

use super::Findings;
use crate::{
    Failure,
    output::{self, FAINT},
    server::{Credential, KeySource, Reply, Server},
};

/// The share of `max_connections` that the servers can use without a warning. Other programs need the rest.
const MAX_SHARE_PERCENT: i64 = 90;

/// The maximum difference between the clocks of a server and its database.
const MAX_CLOCK_DIFFERENCE_MILLIS: i64 = 2_000;

/// Checks the database and lists the servers on it.
pub(super) fn check(findings: &mut Findings, url: &str, admin_key: &str) -> Result<(), Failure> {
    let credential =
        Credential { url: url.to_owned(), key: admin_key.to_owned(), source: KeySource::AdminVariable };
    let health: Result<Reply<HealthResponse>, Failure> =
        Server::new(credential, None).and_then(|server| server.get("/health"));
    let Ok(health) = health else {
        return findings.report(
            false,
            "the state of the database cannot be read",
            "PREFAB_ADMIN_KEY must be an admin key of this server that is not revoked",
        );
    };
    let Some(database) = &health.database else {
        return findings.report(false, "the database does not answer", "see the log of the server");
    };
    for (good, what, then) in results(database, &health.servers) {
        findings.report(good, &what, then)?;
    }
    for ServerHealth { name, clients, age_millis } in &health.servers {
        let seen = match age_millis {
            Some(age) => format!("reported {} s ago", age / 1_000),
            None => "answers this request".to_owned(),
        };
        output::line(&format!("      {FAINT}server {name}: {clients} clients, {seen}{FAINT:#}"))?;
    }
    Ok(())
}

/// Returns whether each property is good, a description, and what to do otherwise.
fn results(database: &DatabaseHealth, servers: &[ServerHealth]) -> Vec<(bool, String, &'static str)> {
    let DatabaseHealth { version, schema, is_listening, connections, max_connections, .. } = database;
    let schema = schema.as_ref().map_or(String::new(), |schema| format!(", schema {schema}"));
    let mut results = vec![(true, format!("the database is {version}{schema}"), "")];
    if let (Some(each), Some(max)) = (connections, max_connections) {
        let sum = i64::try_from(each * servers.len()).unwrap_or(i64::MAX);
        let what = format!(
            "{servers} use up to {sum} of {max} connections of the database",
            servers = counted(servers.len())
        );
        let then = "lower --database-pool, raise `max_connections`, or use a pooler";
        results.push((sum.saturating_mul(100) <= max.saturating_mul(MAX_SHARE_PERCENT), what, then));
    }
    if let Some(is_listening) = is_listening {
        let what = if *is_listening {
            "notifications of the database arrive"
        } else {
            "notifications of the database do not arrive, so the server polls every second"
        };
        let then = "if --database leads to a pooler, pass the address of the database as --database-listen-url; a server that \
                    has just started needs a few seconds";
        results.push((*is_listening, what.to_owned(), then));
    }
    let difference = database.clock_difference_millis;
    let what = format!("the clocks of the server and the database differ by {} ms", difference.abs());
    let is_near = difference.abs() <= MAX_CLOCK_DIFFERENCE_MILLIS;
    results.push((is_near, what, "synchronize both clocks with NTP"));
    results
}

fn counted(servers: usize) -> String {
    if servers == 1 { "1 server can".to_owned() } else { format!("{servers} servers can") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_of_all_pools_fits_the_database() {
        let database = DatabaseHealth {
            kind: "postgresql".to_owned(),
            version: "PostgreSQL 15.20".to_owned(),
            schema: Some("prefab".to_owned()),
            is_listening: Some(true),
            connections_in_use: Some(1),
            connections: Some(10),
            max_connections: Some(100),
            clock_difference_millis: -3,
        };
        let server =
            |at: usize| ServerHealth { name: format!("web-{at}"), clients: 0, age_millis: Some(1_000) };
        let check = |servers: usize, database: &DatabaseHealth, good: [bool; 4], second: &str| {
            let servers: Vec<_> = (0..servers).map(server).collect();
            let results = results(database, &servers);
            assert_eq!(results.iter().map(|(good, ..)| *good).collect::<Vec<_>>(), good);
            assert_eq!(results[1].1, second);
        };
        check(9, &database, [true; 4], "9 servers can use up to 90 of 100 connections of the database");
        let full = [true, false, true, true];
        check(10, &database, full, "10 servers can use up to 100 of 100 connections of the database");
        let late =
            DatabaseHealth { is_listening: Some(false), clock_difference_millis: 5_000, ..database.clone() };
        let wrong = [true, true, false, false];
        check(1, &late, wrong, "1 server can use up to 10 of 100 connections of the database");
    }
}
