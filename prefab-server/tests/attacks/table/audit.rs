//! The audit log: flooded, and longer than one page.

use std::time::Duration;

use crate::{
    attack::{
        Attack,
        Caller::{Admin, Anonymous},
        Request, State,
    },
    payload::read,
};

const REFUSED: &str = "SELECT count(*) FROM audit WHERE action = 'key.refused'";
const MANY: &str = "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 25000)
    INSERT INTO audit (project_id, at_millis, who, origin, via, action, subject, is_refused, sentence, comment)
    SELECT 1, 1700000000000 + n, 'Ann', '', '', 'config.changed', 'known', 0, 'line ' || n, '' FROM number";

pub(crate) fn attacks() -> Vec<Attack> {
    vec![
        Attack::new("other secrets for the numbers of known keys, from invented addresses")
            .send_concurrently(8, Anonymous, (0..500).map(|at| refused("1", at)).collect(), &[401])
            .send_concurrently(
                8,
                Anonymous,
                (0..500).map(|at| refused(["2", "3", "4"][at % 3], at)).collect(),
                &[401],
            )
            // Four numbers, and an hour may end in between.
            .expect(refused_rows(8)),
        Attack::new("an export longer than a page").sql(MANY).response(
            Admin,
            read("/audit.jsonl"),
            200,
            |text| text.lines().filter(|line| line.contains("\"line ")).count() == 25_000,
        ),
    ]
}

/// Refused keys are written down every 5 seconds.
fn refused_rows(at_most: i64) -> State {
    State::Rows { sql: REFUSED, at_most, after: Duration::from_secs(6) }
}

/// A key whose number exists, with a secret that does not belong to it.
fn refused(number: &str, at: usize) -> Request {
    use base64::Engine as _;
    let key = format!("{number}-Development-P1-E1-SDK-00000000-{at:04}");
    let basic = base64::prelude::BASE64_STANDARD.encode(format!("u:{key}"));
    Request::get("/api/v1/configs/0")
        .header("authorization", format!("Basic {basic}"))
        .header("x-forwarded-for", format!("10.0.{}.{}", at / 250, at % 250))
}
