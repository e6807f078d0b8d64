//! Streams in number, and streams whose peer does not read.

use std::time::Duration;

use serde_json::json;

use crate::{
    attack::{
        Attack,
        Caller::{Admin, Backend, Editor, Publisher, Viewer},
        Request, Sends, State,
    },
    payload::manage,
};

const EVENTS: &str = "/api/manage/v1/projects/1/events";

pub(crate) fn attacks() -> Vec<Attack> {
    vec![
        Attack::new("more event streams than a token may have")
            .subscribe(Viewer, EVENTS, 25, 20)
            .subscribe(Editor, EVENTS, 2, 2)
            .close()
            .expect(no_streams()),
        Attack::new("more event streams than an admin key may have")
            .subscribe(Admin, EVENTS, 25, 20)
            .close()
            .expect(no_streams()),
        stalled("one stalled reader", 1),
        stalled("20 stalled readers", 20),
        stalled_quonfig(),
    ]
}

/// Changes come to many times what the operating system keeps for a connection.
fn stalled(name: &'static str, count: usize) -> Attack {
    Attack::new(name)
        .connect(count, Sends::Unread { who: Backend, path: "/api/v1/sse/config", headers: &[] })
        .send(Publisher, (0..120).map(large_change).collect(), &[200])
        .expect(no_streams())
        .expect(State::MemoryGrewAtMost { mebibytes: 60 })
}

/// Each change sends all configs to these streams again.
fn stalled_quonfig() -> Attack {
    let headers = &[("x-quonfig-sdk-version", "python-2.1.0")];
    Attack::new("20 stalled readers of a Quonfig SDK, which receives all configs at every change")
        .connect(20, Sends::Unread { who: Backend, path: "/api/v2/sse/config", headers })
        .send(Publisher, (0..120).map(large_change).collect(), &[200])
        .expect(no_streams())
        .expect(State::MemoryGrewAtMost { mebibytes: 60 })
}

fn large_change(number: usize) -> Request {
    let text = format!("{number}{}", "x".repeat(64 << 10));
    manage("PUT", "/items/known/value", &json!({"value": {"type": "string", "value": text}}))
}

fn no_streams() -> State {
    State::Metric { name: "prefab_streams", at_most: 0.0, within: Duration::from_secs(8) }
}
