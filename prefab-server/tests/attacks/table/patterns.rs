//! Regular expressions: how many, how large, and where.

use serde_json::{Value as Json, json};

use crate::{
    attack::{
        Attack,
        Caller::{Admin, Editor, Publisher},
        State,
    },
    payload::{item_of_patterns, large, manage, official_flag, read, too_large},
};

pub(crate) fn attacks() -> Vec<Attack> {
    vec![
        drafts_of_refused_patterns("feature_flag", "1,500 refused patterns in a draft of a flag"),
        drafts_of_refused_patterns("segment", "1,500 refused patterns in a draft of a segment"),
        drafts_of_refused_patterns("log_level", "1,500 refused patterns in a draft of a log level"),
        is_bounded(Attack::new("800 large patterns in a flag").send_concurrently(
            2,
            Publisher,
            vec![manage("POST", "/items", &item_of_patterns("p", "feature_flag", large(800))); 2],
            &[400, 503],
        )),
        is_bounded(Attack::new("800 large patterns in a segment").send(
            Publisher,
            vec![manage("POST", "/items", &item_of_patterns("p", "segment", large(800)))],
            &[400, 503],
        )),
        is_bounded(Attack::new("800 large patterns through the official API").send(
            Admin,
            vec![official()],
            &[400, 503],
        )),
        is_bounded(Attack::new("800 large patterns in an import").send(
            Publisher,
            vec![manage(
                "POST",
                "/import?dryRun=false",
                &json!({"configs": [official_flag("p", large(800))]}),
            )],
            &[400, 503],
        )),
        is_bounded(Attack::new("800 large patterns in an import that skips what is broken").send(
            Publisher,
            vec![manage(
                "POST",
                "/import?dryRun=false&skipBroken=true",
                &json!({"configs": [official_flag("p", large(800))]}),
            )],
            &[200, 400, 503],
        )),
        is_bounded(Attack::new("an explanation of a draft with 800 large patterns").send(
            Editor,
            vec![manage("PUT", "/items/q/draft", &item_of_patterns("q", "feature_flag", large(800)))],
            &[400, 503],
        )),
        equal_patterns(),
        many_configs(),
    ]
}

fn drafts_of_refused_patterns(kind: &str, name: &'static str) -> Attack {
    let key = if kind == "log_level" { "log-level.p" } else { "p" };
    let draft = manage("PUT", &format!("/items/{key}/draft"), &item_of_patterns(key, kind, too_large(1_500)));
    is_bounded(Attack::new(name).send_concurrently(2, Editor, vec![draft; 2], &[400, 503]))
}

fn is_bounded(attack: Attack) -> Attack {
    attack.response(Admin, read("/items/p"), 404, |_| true).expect(State::MemoryGrewAtMost { mebibytes: 100 })
}

fn official() -> crate::attack::Request {
    crate::attack::Request::new("POST", "/api/v1/config/", official_flag("p", large(800)).to_string())
}

/// Equal patterns are compiled once, so that any number below the limit is accepted.
fn equal_patterns() -> Attack {
    let equal = std::iter::repeat_n(r"\pL{20}x".to_owned(), 500);
    Attack::new("500 equal patterns")
        .send(
            Publisher,
            vec![manage("POST", "/items", &item_of_patterns("equal", "feature_flag", equal))],
            &[200],
        )
        .expect(State::MemoryGrewAtMost { mebibytes: 50 })
}

/// Each config is within its limit; together they are beyond that of a ruleset.
fn many_configs() -> Attack {
    let config =
        |at: usize| official_flag(&format!("many.{at}"), (0..8).map(|n| format!(r"\pL{{20}}y{at}x{n}")));
    let configs: Vec<Json> = (0..30).map(config).collect();
    Attack::new("8 large patterns in each of 30 flags")
        .send(
            Publisher,
            vec![manage("POST", "/import?dryRun=false", &json!({ "configs": configs }))],
            &[200, 400, 503],
        )
        .expect(State::MemoryGrewAtMost { mebibytes: 150 })
}
