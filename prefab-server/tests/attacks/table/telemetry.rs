//! A front-end key reports counts and names that no client has.

use std::time::Duration;

use prefab_proto::wire::{self, telemetry_event::Payload};
use prost::Message as _;
use serde_json::{Value as Json, json};

use crate::{
    attack::{
        Attack,
        Caller::{Admin, FrontEnd, Neighbor, NeighborFrontEnd, Viewer},
        Request, State,
    },
    payload::{evaluations, read, report},
};

const MAXIMUM: &str = "9223372036854775807";
const EVALUATIONS: &str = "SELECT count(*) FROM evaluation WHERE project_id = 1";
const LOGGERS: &str = "SELECT count(*) FROM logger WHERE project_id = 1";

pub(crate) fn attacks() -> Vec<Attack> {
    vec![
        others_still_report(Attack::new("two counters at the maximum").send(
            FrontEnd,
            vec![two_maximums()],
            &[200],
        ))
        .response(Admin, read("/items"), 200, |text| text.contains("known"))
        .response(Admin, read("/usage"), 200, is_not_negative)
        .response(Viewer, read("/evaluations?by=day"), 200, is_not_negative)
        .response(Viewer, read("/evaluations?key=known"), 200, is_not_negative),
        others_still_report(Attack::new("the same counters again, after a flush").send(
            FrontEnd,
            vec![two_maximums()],
            &[200],
        ))
        .response(Viewer, read("/evaluations?key=known"), 200, is_not_negative),
        others_still_report(Attack::new("a negative count").send(
            FrontEnd,
            vec![counter("-9223372036854775808")],
            &[200],
        ))
        .response(Viewer, read("/evaluations?key=known"), 200, is_not_negative),
        others_still_report(
            Attack::new("a logger at the maximum, then one more")
                .send(FrontEnd, vec![logger(MAXIMUM)], &[200])
                .response(Viewer, read("/loggers"), 200, |text| text.contains("a.b"))
                .send(FrontEnd, vec![logger("1")], &[200])
                .response(Viewer, read("/loggers"), 200, is_not_negative),
        ),
        others_still_report(Attack::new("a logger with a negative count").send(
            FrontEnd,
            vec![logger("-1")],
            &[200],
        ))
        .response(Viewer, read("/loggers"), 200, is_not_negative),
        others_still_report(
            Attack::new("maximums as protobuf, in both forms of loggers")
                .send(FrontEnd, vec![protobuf(), protobuf(), known_loggers(), known_loggers()], &[200])
                .response(Viewer, read("/loggers"), 200, is_not_negative)
                .response(Viewer, read("/evaluations?key=known"), 200, is_not_negative),
        ),
        Attack::new("keys that the project does not have")
            .send(FrontEnd, vec![invented_keys()], &[200])
            .response(Viewer, read("/evaluations"), 200, is_not_negative)
            .expect(rows("SELECT count(*) FROM evaluation WHERE key LIKE 'invented%'", 0))
            .expect(rows("SELECT count(*) FROM evaluated_key WHERE key LIKE 'invented%'", 0)),
        Attack::new("config ids that the project does not have")
            .send(FrontEnd, vec![invented_ids()], &[200])
            .response(Viewer, read("/evaluations?key=known"), 200, is_not_negative)
            .expect(rows(EVALUATIONS, 100)),
        Attack::new("values that no config has")
            .send(FrontEnd, vec![invented_values()], &[200])
            .response(Viewer, read("/evaluations?key=known"), 200, is_not_negative)
            .expect(rows(EVALUATIONS, 100)),
        Attack::new("more loggers than are stored")
            .send(FrontEnd, (0..4).map(invented_loggers).collect(), &[200])
            .response(Viewer, read("/loggers"), 200, |text| text.contains("invented"))
            .expect(rows(LOGGERS, 100)),
        Attack::new("contexts that no user has")
            .send(FrontEnd, vec![invented_contexts()], &[200])
            .response(Viewer, read("/contexts"), 200, |_| true)
            .expect(rows("SELECT count(*) FROM context_property WHERE project_id = 1", 5_000))
            .expect(rows("SELECT count(*) FROM context_example WHERE project_id = 1", 5_000)),
        Attack::new("more bytes than a front-end key may report").send(
            FrontEnd,
            vec![Request::new("POST", "/api/v1/evaluated-keys", vec![0; 1_000_000])],
            &[429],
        ),
    ]
}

/// Checks that reports of another project are counted.
fn others_still_report(attack: Attack) -> Attack {
    attack
        .send(NeighborFrontEnd, vec![report(&evaluations("probe", &[json!({"count": 1})]))], &[200])
        .response(Neighbor, neighbor("/evaluations?key=probe"), 200, |text| {
            let json: Json = serde_json::from_str(text).unwrap();
            json["total"].as_i64().is_some_and(|total| total >= 1)
        })
        .response(Neighbor, neighbor("/loggers"), 200, |_| true)
}

fn neighbor(path: &str) -> Request {
    Request::get(format!("/api/manage/v1/projects/2{path}"))
}

fn is_not_negative(text: &str) -> bool {
    !text.contains(":-")
}

fn rows(sql: &'static str, at_most: i64) -> State {
    State::Rows { sql, at_most, after: Duration::ZERO }
}

fn two_maximums() -> Request {
    let counter = |value: i64| json!({"configId": value.to_string(), "count": MAXIMUM, "selectedValue": {"int": value}});
    report(&evaluations("known", &[counter(1), counter(2)]))
}

fn counter(count: &str) -> Request {
    report(&evaluations("known", &[json!({"count": count, "selectedValue": {"int": 1}})]))
}

fn logger(debugs: &str) -> Request {
    report(&json!({"loggers": {"loggers": [{"loggerName": "a.b", "debugs": debugs}]}}))
}

fn wire_loggers() -> Vec<wire::Logger> {
    let names = ["a.b", "a.b", "c"];
    let logger = |name: &str| wire::Logger {
        logger_name: name.to_owned(),
        debugs: Some(i64::MAX),
        errors: Some(i64::MIN),
        ..wire::Logger::default()
    };
    names.map(logger).into()
}

fn protobuf() -> Request {
    let counter = wire::ConfigEvaluationCounter { count: i64::MAX, ..Default::default() };
    let counters = vec![counter.clone(), counter];
    let summary = wire::ConfigEvaluationSummary { key: "known".to_owned(), r#type: 1, counters };
    let summaries = wire::ConfigEvaluationSummaries { summaries: vec![summary], ..Default::default() };
    let loggers = wire::LoggersTelemetryEvent { loggers: wire_loggers(), ..Default::default() };
    let event = |payload| wire::TelemetryEvent { payload: Some(payload) };
    let events = vec![event(Payload::Summaries(summaries)), event(Payload::Loggers(loggers))];
    let body = wire::TelemetryEvents { instance_hash: String::new(), events }.encode_to_vec();
    Request::new("POST", "/api/v1/telemetry", body).header("content-type", "application/x-protobuf")
}

fn known_loggers() -> Request {
    let body = wire::Loggers { loggers: wire_loggers(), ..Default::default() }.encode_to_vec();
    Request::new("POST", "/api/v1/known-loggers", body)
}

fn invented_keys() -> Request {
    let summary =
        |at: usize| json!({"key": format!("invented.{at}"), "type": "CONFIG", "counters": [{"count": 1}]});
    let summaries: Vec<Json> = (0..500).map(summary).collect();
    report(&json!({"summaries": {"start": 1, "end": 2, "summaries": summaries}}))
}

fn invented_ids() -> Request {
    let counter =
        |at: usize| json!({"configId": at.to_string(), "count": 1, "selectedValue": {"string": "a"}});
    report(&evaluations("known", &(0..500).map(counter).collect::<Vec<_>>()))
}

fn invented_values() -> Request {
    let counter = |at: usize| json!({"count": 1, "selectedValue": {"string": format!("invented {at}")}});
    report(&evaluations("known", &(0..500).map(counter).collect::<Vec<_>>()))
}

fn invented_loggers(report_number: usize) -> Request {
    let logger = |at: usize| json!({"loggerName": format!("invented.{report_number}.{at}"), "debugs": 1});
    report(&json!({"loggers": {"loggers": (0..250).map(logger).collect::<Vec<_>>()}}))
}

fn invented_contexts() -> Request {
    let example = |at: usize| {
        let values = json!({ "key": {"string": format!("u-{at}")}, format!("property{at}"): {"int": at} });
        json!({"timestamp": 1, "contextSet": {"contexts": [{"type": "user", "values": values}]}})
    };
    let examples: Vec<Json> = (0..2_000).map(example).collect();
    report(&json!({"exampleContexts": { "examples": examples }}))
}
