//! Reads that delay writes, and requests that keep memory.

use serde_json::json;

use crate::{
    attack::{
        Attack,
        Caller::{Admin, Anonymous, Backend, Viewer},
        Request, State,
    },
    payload::read,
};

const MANY_KEYS: &str =
    "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 10000)
    INSERT INTO api_key (project_id, environment_id, kind, hash, created_at_millis)
    SELECT 1, 1, 'backend', randomblob(32), 0 FROM number";
const MANY_EVALUATIONS: &str =
    "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 100000)
    INSERT INTO evaluation (project_id, key, environment_id, hour, config_id, value, count)
    SELECT 1, 'key' || n % 1000, 1, unixepoch() / 3600 - n % 20, n, '{}', 1 FROM number";
const MANY_ENTRIES: &str =
    "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 20000)
    INSERT INTO audit (project_id, at_millis, who, origin, via, action, subject, is_refused, sentence, comment)
    SELECT 1, 1700000000000 + n, 'Ann', '', '', 'config.changed', 'known', 0, 'line ' || n, '' FROM number";

pub(crate) fn attacks() -> Vec<Attack> {
    vec![
        Attack::new("/readyz beside 10,000 keys").sql(MANY_KEYS).load(16, Anonymous, Request::get("/readyz")),
        Attack::new("charts of 100,000 evaluations")
            .sql(MANY_EVALUATIONS)
            .load(16, Viewer, read("/evaluations?by=hour"))
            .load(4, Viewer, read("/usage")),
        Attack::new("exports of 20,000 audit entries").sql(MANY_ENTRIES).load(4, Admin, read("/audit.jsonl")),
        Attack::new("checkpoints of a Quonfig SDK").load(16, Backend, Request::get("/api/v2/configs")),
        Attack::new("90 log-ins")
            .send_concurrently(60, Anonymous, (0..90).map(log_in).collect(), &[401, 429, 503])
            .expect(State::MemoryGrewAtMost { mebibytes: 64 }),
    ]
}

fn log_in(number: usize) -> Request {
    let body = json!({"email": format!("u{number}@example.com"), "password": "correct horse battery"});
    Request::new("POST", "/api/manage/v1/session", body.to_string())
}
