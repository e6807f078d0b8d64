//! State that two servers on one PostgreSQL database share, as processes.

use std::{
    thread,
    time::{Duration, Instant},
};

use prefab_testing::{eventually, postgres::Postgres, within};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::postgres::{Process, Server, prefab, try_send_with};

const KEY: &str = "max-jobs";
const PROJECT: &str = "/api/manage/v1/projects/1";

struct Two {
    first: Server,
    second: Server,
    admin: String,
    backend: String,
}

impl Two {
    fn start(dir: &TempDir, database: &Postgres) -> Self {
        let first = Server::start(dir, &database.url(), "first");
        let second = Server::start(dir, &database.url(), "second");
        let (admin, backend) = (first.key("admin"), first.key("backend"));
        let config = json!({"key": KEY, "configType": "CONFIG", "valueType": "INT",
                            "rows": [{"values": [{"value": {"int": "1"}}]}]});
        assert_eq!(first.send("POST", "/api/v1/config/", &admin, &config.to_string()).0, 200);
        let two = Self { first, second, admin, backend };
        eventually("the second server has the config", || {
            two.second.send("GET", &format!("{PROJECT}/items/{KEY}"), &two.admin, "").0 == 200
        });
        two
    }

    fn json(&self, server: &Server, path: &str) -> Json {
        let (status, _, body) = server.send("GET", &format!("{PROJECT}{path}"), &self.admin, "");
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }
}

#[test]
fn two_servers_allow_no_more_log_in_attempts_than_one() {
    let Some(database) = Postgres::start() else { return };
    let dir = TempDir::new().unwrap();
    let two = Two::start(&dir, &database);
    let body = json!({"email": "ann@acme.test", "password": "not the right one"}).to_string();
    let mut statuses = Vec::new();
    for server in [&two.first, &two.second].into_iter().cycle().take(24) {
        let (status, head, _) = try_send_with(&server.url, "POST", "/api/manage/v1/session", "", "", &body)
            .unwrap_or_else(|| panic!("{statuses:?}"));
        assert!(status == 401 || head.contains("retry-after: "), "{head}");
        statuses.push(status);
    }
    let expected = [[401; 10].as_slice(), &[429; 14]].concat();
    assert_eq!(statuses, expected);
    let stored =
        database.sql("SELECT string_agg(encode(subject_hash, 'escape'), '') FROM prefab.login_attempt");
    assert!(!stored.contains("ann") && !stored.contains("127.0.0.1"), "{stored}");
    let sum = database.sql("SELECT max(count) FROM prefab.login_attempt");
    assert!(sum.parse::<u32>().unwrap() <= 12, "refused attempts are not written: {sum}");
}

fn metric(server: &Server, name: &str) -> String {
    let (_, _, body) = server.send("GET", "/metrics", "", "");
    let prefix = format!("prefab_{name} ");
    let line = body.lines().find_map(|line| line.strip_prefix(&prefix));
    line.unwrap_or_else(|| panic!("no {name}: {body}")).to_owned()
}

#[test]
fn the_clients_of_all_servers_are_counted() {
    let Some(database) = Postgres::start() else { return };
    let dir = TempDir::new().unwrap();
    let two = Two::start(&dir, &database);
    let clients: Vec<Process> = [&two.first, &two.second, &two.second]
        .into_iter()
        .map(|server| {
            let mut client = prefab(&dir);
            client.args(["watch", KEY, "--json"]);
            client.env("PREFAB_API_KEY", &two.backend).env("PREFAB_API_URL", &server.url);
            let client = Process::start(client);
            client.line();
            client
        })
        .collect();
    let counted = |server: &Server| (metric(server, "servers"), metric(server, "clients"));
    let of = |servers: &str, clients: &str| (servers.to_owned(), clients.to_owned());
    let limit = Duration::from_secs(25);
    within(limit, "both servers count all clients", || {
        counted(&two.first) == of("2", "3") && counted(&two.second) == of("2", "3")
    });
    for (name, value) in [("store_up", "1"), ("store_connections_max", "10")] {
        assert_eq!(metric(&two.first, name), value, "{name}");
    }
    within(limit, "notifications are proven", || metric(&two.first, "store_listening") == "1");
    let health = two.json(&two.first, "/health");
    let sum = |name: &str| {
        let environments = health["environments"].as_array().unwrap().iter();
        environments.map(|one| one[name].as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!((sum("connected"), sum("elsewhere")), (3, 2), "{health}");
    let servers = health["servers"].as_array().unwrap();
    let server =
        |at: usize| (servers[at]["name"].as_str().unwrap(), servers[at]["clients"].as_u64().unwrap());
    assert_eq!((servers.len(), server(0), server(1)), (2, ("first", 1), ("second", 2)), "{health}");
    let shown = &health["database"];
    assert_eq!((&shown["kind"], &shown["schema"]), (&json!("postgresql"), &json!("prefab")), "{health}");
    assert!(shown["clockDifferenceMillis"].as_i64().unwrap().abs() < 1_000, "{health}");

    let doctor = prefab(&dir)
        .args(["doctor", "--url", &two.first.url, "--api-key", &two.backend])
        .env("PREFAB_ADMIN_KEY", &two.admin)
        .output()
        .unwrap();
    let printed = String::from_utf8(doctor.stdout).unwrap();
    for part in [
        ", schema prefab",
        "2 servers can use up to 20 of 100 connections",
        "notifications of the database arrive",
        "the clocks of the server and the database differ by",
        "server first: 1 clients, answers this request",
        "server second: 2 clients, reported",
    ] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    drop(clients);
}

#[test]
fn a_change_is_read_from_the_other_server_of_a_round_robin() {
    let Some(database) = Postgres::start() else { return };
    let dir = TempDir::new().unwrap();
    let two = Two::start(&dir, &database);
    let servers = [&two.first.url, &two.second.url];
    let mut round = servers.into_iter().cycle();
    let item = format!("{PROJECT}/items/{KEY}");
    let value = format!("{item}/value");
    let mut is_stale_without = 0;
    for number in 2..42 {
        let change = json!({"value": {"type": "int", "value": number}}).to_string();
        let writer = round.next().unwrap();
        let (status, head, body) =
            try_send_with(writer, "PUT", &value, &two.admin, "", &change).expect("an answer");
        assert_eq!(status, 200, "{body}");
        let id: Json = serde_json::from_str::<Json>(&body).unwrap()["id"].clone();
        let last_id =
            head.lines().find_map(|line| line.strip_prefix("x-prefab-last-id: ")).unwrap().to_owned();
        assert_eq!(id, last_id);
        let reader = round.next().unwrap();
        let read = |headers: &str| {
            let (status, head, body) =
                try_send_with(reader, "GET", &item, &two.admin, headers, "").expect("an answer");
            assert!(status == 200 && !head.contains("x-prefab-behind"), "{head}");
            serde_json::from_str::<Json>(&body).unwrap()["id"].clone()
        };
        is_stale_without += usize::from(read("") != id);
        assert_eq!(read(&format!("x-prefab-last-id: {last_id}\r\n")), id, "the reader has the change");
        // The next turn writes to the other server.
        if number % 2 == 0 {
            round.next();
        }
    }
    // Otherwise the test proves nothing.
    assert!(is_stale_without > 0);

    let started = Instant::now();
    let headers = format!("x-prefab-last-id: {}\r\n", i64::MAX);
    let (status, head, _) =
        try_send_with(servers[0], "GET", &item, &two.admin, &headers, "").expect("an answer");
    assert!(status == 200 && head.contains("x-prefab-behind: true"), "{head}");
    let took = started.elapsed();
    assert!((Duration::from_secs(2)..Duration::from_secs(4)).contains(&took), "{took:?}");
}

#[test]
fn a_removal_continues_on_the_other_server_after_its_owner_was_killed() {
    let Some(database) = Postgres::start() else { return };
    let dir = TempDir::new().unwrap();
    let mut two = Two::start(&dir, &database);
    let set = json!({"environment": "Production", "user": "7", "value": {"type": "int", "value": 60},
                     "expiresIn": "2s"});
    let path = format!("{PROJECT}/items/{KEY}/override");
    let (status, _, body) = two.first.send("PUT", &path, &two.admin, &set.to_string());
    assert_eq!(status, 200, "{body}");
    let killed = thread::scope(|scope| {
        // The removal waits for this lock, with the lease.
        scope.spawn(|| {
            database.sql("BEGIN; SELECT 1 FROM prefab.project FOR UPDATE; SELECT pg_sleep(8); ROLLBACK")
        });
        let mut owner = String::new();
        within(Duration::from_secs(7), "a server has the lease", || {
            owner = database.sql(
                "SELECT coalesce(max(split_part(owner, ':', 1)), '') FROM prefab.lease
                 WHERE name = 'scheduled-removals'",
            );
            !owner.is_empty()
        });
        let server = if owner == "first" { &mut two.first } else { &mut two.second };
        server.process.child.kill().unwrap();
        server.process.child.wait().unwrap();
        owner
    });
    let survivor = if killed == "first" { &two.second } else { &two.first };
    within(Duration::from_secs(45), "the other server removes the override", || {
        two.json(survivor, "/overrides") == json!([])
    });
    let audit = two.json(survivor, "/audit?who=expiry");
    assert_eq!(audit.as_array().unwrap().len(), 1, "it is removed once: {audit}");
}
