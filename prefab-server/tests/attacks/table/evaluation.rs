//! Evaluations for front ends, with patterns that backtrack and with many flags.

use serde_json::{Value as Json, json};

use crate::{
    attack::{
        Attack,
        Caller::{FrontEnd, Publisher, Viewer},
        Request, State,
    },
    payload::{backtracking, evaluate, item_of_patterns, manage, official_flag},
};

pub(crate) fn attacks() -> Vec<Attack> {
    let explain =
        json!({"key": "slow.0", "environment": "Development", "contexts": {"user": {"key": "a".repeat(60)}}});
    vec![
        Attack::new("10,000 backtracking patterns in one flag")
            .send(
                Publisher,
                vec![manage(
                    "POST",
                    "/items",
                    &item_of_patterns("slow", "feature_flag", backtracking(10_000)),
                )],
                &[400],
            )
            .send_concurrently(2, FrontEnd, several(4, |_| "a".repeat(60)), &[200]),
        Attack::new("backtracking patterns within the limit of each flag")
            .send(Publisher, vec![flags_that_backtrack()], &[200])
            .send_concurrently(
                8,
                FrontEnd,
                several(16, |at| format!("{}{at}", "a".repeat(60))),
                &[200, 429, 503],
            )
            .send_concurrently(4, Viewer, vec![manage("POST", "/explain", &explain); 4], &[200, 503]),
        Attack::new("long texts for patterns that backtrack").send_concurrently(
            8,
            FrontEnd,
            several(8, |at| format!("{}{at}", "a".repeat(4_000))),
            &[200, 429, 503],
        ),
        Attack::new("one flag that backtracks, by OFREP")
            .send(Publisher, vec![flags_that_backtrack()], &[200])
            .send_concurrently(
                16,
                FrontEnd,
                ofrep("/slow.0", 64, |at| format!("{}{at}", "a".repeat(60))),
                &[200, 429, 503],
            ),
        Attack::new("16 connections evaluate 1,000 flags by OFREP")
            .send(Publisher, vec![many_flags(1_000)], &[200])
            .send_concurrently(16, FrontEnd, ofrep("", 200, |at| at.to_string()), &[200, 429, 503])
            .expect(State::MemoryGrewAtMost { mebibytes: 100 }),
        Attack::new("1,000 flags by OFREP for a long targeting key")
            .send(Publisher, vec![many_flags(1_000)], &[200])
            .send_concurrently(
                16,
                FrontEnd,
                ofrep("", 4, |at| format!("{at}{}", "u".repeat(60_000))),
                &[200, 429, 503],
            )
            .expect(State::MemoryGrewAtMost { mebibytes: 100 }),
        Attack::new("64 connections ask by OFREP for a version that does not exist").send_concurrently(
            64,
            FrontEnd,
            ofrep("?flagConfigEtag=9223372036854775807", 1, |at| at.to_string()),
            &[200, 429, 503],
        ),
        Attack::new("16 connections evaluate 1,000 flags")
            .send(Publisher, vec![many_flags(1_000)], &[200])
            .send_concurrently(16, FrontEnd, several(200, |at| at.to_string()), &[200, 429, 503])
            .expect(State::MemoryGrewAtMost { mebibytes: 100 }),
        Attack::new("a client that refuses compression")
            // A key may evaluate again after a second.
            .expect(State::CpuAtMost { percent: 100 })
            .send(FrontEnd, vec![evaluation("plain").header("accept-encoding", "gzip;q=0, zstd;q=0")], &[200])
            .expect(State::NoHeader("content-encoding")),
    ]
}

fn evaluation(user: &str) -> Request {
    Request::get(evaluate(user))
}

fn several(count: usize, user: fn(usize) -> String) -> Vec<Request> {
    (0..count).map(|at| evaluation(&user(at))).collect()
}

fn ofrep(path: &str, count: usize, user: fn(usize) -> String) -> Vec<Request> {
    let request = |at| {
        let body = json!({"context": {"targetingKey": user(at)}});
        Request::new("POST", format!("/ofrep/v1/evaluate/flags{path}"), body.to_string())
    };
    (0..count).map(request).collect()
}

fn flags_that_backtrack() -> Request {
    let flag = |at: usize| {
        official_flag(&format!("slow.{at}"), backtracking(300).map(move |one| format!("{one}{at}")))
    };
    import(&(0..5).map(flag).collect::<Vec<_>>())
}

fn many_flags(count: usize) -> Request {
    let flag = |at: usize| {
        json!({"key": format!("flag.{at}"), "configType": "FEATURE_FLAG", "valueType": "BOOL",
               "rows": [{"values": [{"value": {"bool": true}}]}]})
    };
    import(&(0..count).map(flag).collect::<Vec<_>>())
}

fn import(configs: &[Json]) -> Request {
    manage("POST", "/import?dryRun=false", &json!({ "configs": configs }))
}
