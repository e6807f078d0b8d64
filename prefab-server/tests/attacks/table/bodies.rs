//! Connections that begin a request and do not finish it, without a key.

use std::time::Duration;

use crate::attack::{Attack, Sends, State};

/// Each path that reads a body before it knows the caller.
const OPEN_TO_ALL: [(&str, &str); 4] = [
    ("slow bodies: log-in", "/api/manage/v1/session"),
    ("slow bodies: sign-up", "/api/manage/v1/sign-up"),
    ("slow bodies: password reset", "/api/manage/v1/password-reset"),
    ("slow bodies: reports of the page", "/page/csp-reports"),
];

pub(crate) fn attacks() -> Vec<Attack> {
    let mut attacks: Vec<Attack> = OPEN_TO_ALL.iter().map(|(name, path)| slow_bodies(name, path)).collect();
    attacks.push(ends_in_time(
        Attack::new("slow bodies in chunks").connect(
            70,
            Sends::Bytes(
                b"POST /api/manage/v1/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\
                  1\r\n{\r\n"
                    .to_vec(),
            ),
        ),
    ));
    attacks.push(ends_in_time(Attack::new("bodies of paths that do not exist").connect(
        70,
        Sends::Bytes(b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{".to_vec()),
    )));
    attacks
}

fn slow_bodies(name: &'static str, path: &str) -> Attack {
    let bytes = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{{");
    ends_in_time(Attack::new(name).connect(70, Sends::Bytes(bytes.into_bytes())))
}

/// The connections still open are the few of these checks.
fn ends_in_time(attack: Attack) -> Attack {
    let within = Duration::from_secs(4);
    attack.expect(State::Metric { name: "prefab_connections", at_most: 5.0, within })
}
