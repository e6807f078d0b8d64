//! Who may do what: confidential values, the owner of the installation, and log-ins that strangers block.

use serde_json::json;

use crate::{
    attack::{
        Attack,
        Caller::{Admin, Anonymous, Editor, Neighbor, Publisher, Viewer},
        Request, State,
    },
    payload::{manage, read},
};

const MANAGE: &str = "/api/manage/v1";

pub(crate) fn attacks() -> Vec<Attack> {
    let mut attacks = vec![Attack::new("a confidential value is saved").send(
        Admin,
        vec![manage("POST", "/items", &secret()), manage("PUT", "/items/db.pass/draft", &secret())],
        &[200],
    )];
    for (name, path) in [
        ("a confidential value in an item", "/items/db.pass"),
        ("a confidential value in a difference", "/items/db.pass/diff"),
        ("a confidential value in a draft", "/items/db.pass/draft"),
        ("a confidential value in an export", "/export"),
        ("a confidential value in a datafile", "/export?environment=Development"),
    ] {
        let reveal =
            if path.contains('?') { format!("{path}&reveal=true") } else { format!("{path}?reveal=true") };
        let mut attack =
            Attack::new(name).response(Admin, read(&reveal), 200, |text| text.contains("hunter2"));
        for who in [Viewer, Editor, Publisher] {
            attack = attack.response(who, read(path), 200, |text| !text.contains("hunter2"));
        }
        for who in [Viewer, Editor] {
            attack = attack.response(who, read(&reveal), 403, |text| !text.contains("hunter2"));
        }
        attacks.push(attack);
    }
    attacks.extend([
        Attack::new("projects of an admin end the backups of the owner")
            .send(
                Admin,
                vec![Request::new("POST", format!("{MANAGE}/projects"), r#"{"name": "mine"}"#)],
                &[403],
            )
            .response(Neighbor, Request::get(format!("{MANAGE}/backup")), 200, |_| true),
        Attack::new("an admin takes the owner's account over").send(
            Admin,
            vec![manage("POST", "/people/1/password-reset", &json!({}))],
            &[403],
        ),
        Attack::new("log-ins with long e-mail addresses")
            .send_concurrently(16, Anonymous, (0..8).map(long_log_in).collect(), &[400, 429])
            .expect(State::MemoryGrewAtMost { mebibytes: 64 }),
        Attack::new("a stranger locks a person out")
            .send(
                Anonymous,
                (0..15).map(|_| log_in("198.51.100.1", "wrong horse battery")).collect(),
                &[401, 429],
            )
            .send(Anonymous, vec![log_in("192.0.2.1", "wrong horse battery")], &[401]),
    ]);
    attacks
}

fn secret() -> serde_json::Value {
    json!({"item": {"key": "db.pass", "type": "config", "valueType": "string", "default": {"rules": [
        {"value": {"type": "string", "value": "hunter2", "confidential": true}}]}}})
}

fn long_log_in(at: usize) -> Request {
    let email = format!("{at}{}@example.com", "a".repeat(1 << 20));
    Request::new("POST", format!("{MANAGE}/session"), json!({"email": email, "password": "x"}).to_string())
}

fn log_in(address: &str, password: &str) -> Request {
    let body = json!({"email": "owner@example.com", "password": password}).to_string();
    Request::new("POST", format!("{MANAGE}/session"), body).header("x-forwarded-for", address)
}
