//! Splits a report into messages of limited size.

use prefab_proto::wire::{self, telemetry_event::Payload};
use prost::Message as _;

/// The maximum size of a message, in bytes. Our server accepts 4 MiB; others may accept less.
const MAX_MESSAGE_BYTES: usize = 1 << 20;

/// One message of a report.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) message: Vec<u8>,
    /// The number of entries, which are lost with the message.
    pub(super) entries: u64,
}

/// Splits a report, if it is too large for one message.
pub(super) fn parts(events: wire::TelemetryEvents) -> Vec<Part> {
    split(events, MAX_MESSAGE_BYTES)
}

fn split(events: wire::TelemetryEvents, max_bytes: usize) -> Vec<Part> {
    let wire::TelemetryEvents { instance_hash, events } = events;
    let mut payloads: Vec<Payload> = events.into_iter().rev().filter_map(|event| event.payload).collect();
    let (mut parts, mut part, mut size) = (Vec::new(), Vec::new(), 0);
    // A stack: both halves of a payload are pushed where the payload was.
    while let Some(payload) = payloads.pop() {
        // Some bytes more for the length prefixes.
        let length = payload_len(&payload) + 16;
        if length > max_bytes {
            match halves(payload) {
                Ok((front, back)) => payloads.extend([back, front]),
                Err(whole) => parts.push(encode(&instance_hash, vec![whole])),
            }
            continue;
        }
        if size + length > max_bytes {
            parts.push(encode(&instance_hash, std::mem::take(&mut part)));
            size = 0;
        }
        size += length;
        part.push(payload);
    }
    if !part.is_empty() {
        parts.push(encode(&instance_hash, part));
    }
    parts
}

fn encode(instance_hash: &str, payloads: Vec<Payload>) -> Part {
    let entries = payloads.iter().map(entries).fold(0, u64::saturating_add);
    let events =
        payloads.into_iter().map(|payload| wire::TelemetryEvent { payload: Some(payload) }).collect();
    let message = wire::TelemetryEvents { instance_hash: instance_hash.to_owned(), events }.encode_to_vec();
    Part { message, entries }
}

fn payload_len(payload: &Payload) -> usize {
    match payload {
        Payload::Summaries(it) => it.encoded_len(),
        Payload::ExampleContexts(it) => it.encoded_len(),
        Payload::ClientStats(it) => it.encoded_len(),
        Payload::Loggers(it) => it.encoded_len(),
        Payload::ContextShapes(it) => it.encoded_len(),
    }
}

fn entries(payload: &Payload) -> u64 {
    let count = match payload {
        Payload::Summaries(it) => it.summaries.iter().map(|summary| summary.counters.len()).sum(),
        Payload::ExampleContexts(it) => it.examples.len(),
        Payload::Loggers(it) => it.loggers.len(),
        Payload::ContextShapes(it) => it.shapes.len(),
        // These were dropped before. If this message is lost, the next report contains them.
        Payload::ClientStats(it) => return it.dropped_event_count,
    };
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// Returns both halves of a payload with several entries, or else the payload.
fn halves(payload: Payload) -> Result<(Payload, Payload), Payload> {
    match payload {
        Payload::Summaries(mut front) => {
            let mut back =
                wire::ConfigEvaluationSummaries { start: front.start, end: front.end, summaries: Vec::new() };
            match &mut front.summaries[..] {
                [] => return Err(Payload::Summaries(front)),
                [one] if one.counters.len() < 2 => return Err(Payload::Summaries(front)),
                [one] => back.summaries.push(wire::ConfigEvaluationSummary {
                    key: one.key.clone(),
                    r#type: one.r#type,
                    counters: half(&mut one.counters),
                }),
                _ => back.summaries = half(&mut front.summaries),
            }
            Ok((Payload::Summaries(front), Payload::Summaries(back)))
        }
        Payload::ExampleContexts(mut front) if front.examples.len() > 1 => {
            let back = wire::ExampleContexts { examples: half(&mut front.examples) };
            Ok((Payload::ExampleContexts(front), Payload::ExampleContexts(back)))
        }
        Payload::Loggers(mut front) if front.loggers.len() > 1 => {
            let (loggers, start_at, end_at) = (half(&mut front.loggers), front.start_at, front.end_at);
            let back = wire::LoggersTelemetryEvent { loggers, start_at, end_at };
            Ok((Payload::Loggers(front), Payload::Loggers(back)))
        }
        Payload::ContextShapes(mut front) if front.shapes.len() > 1 => {
            let back =
                wire::ContextShapes { shapes: half(&mut front.shapes), namespace: front.namespace.clone() };
            Ok((Payload::ContextShapes(front), Payload::ContextShapes(back)))
        }
        whole => Err(whole),
    }
}

fn half<T>(entries: &mut Vec<T>) -> Vec<T> {
    entries.split_off(entries.len() / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(key: &str, counters: i64) -> wire::ConfigEvaluationSummary {
        let counter = |count| wire::ConfigEvaluationCounter { count, ..Default::default() };
        wire::ConfigEvaluationSummary {
            key: key.into(),
            r#type: 1,
            counters: (1..=counters).map(counter).collect(),
        }
    }

    fn event(payload: Payload) -> wire::TelemetryEvent {
        wire::TelemetryEvent { payload: Some(payload) }
    }

    #[test]
    fn parts_contain_all_entries_and_none_is_too_large() {
        let summaries = vec![summary("many", 1_000), summary("few", 3), summary(&"long".repeat(300), 1)];
        let examples = vec![wire::ExampleContext { timestamp: 7, context_set: None }; 300];
        let logger = |nth| wire::Logger { logger_name: format!("my_app.module{nth}"), ..Default::default() };
        let shape = |nth| wire::ContextShape { name: format!("user{nth}"), ..Default::default() };
        let whole = wire::TelemetryEvents {
            instance_hash: "me".into(),
            events: vec![
                event(Payload::Summaries(wire::ConfigEvaluationSummaries { start: 1, end: 2, summaries })),
                event(Payload::ExampleContexts(wire::ExampleContexts { examples })),
                event(Payload::ContextShapes(wire::ContextShapes {
                    shapes: (0..90).map(shape).collect(),
                    namespace: None,
                })),
                event(Payload::Loggers(wire::LoggersTelemetryEvent {
                    loggers: (0..80).map(logger).collect(),
                    start_at: 1,
                    end_at: 2,
                })),
                event(Payload::ClientStats(wire::ClientStats { start: 1, end: 2, dropped_event_count: 5 })),
            ],
        };
        for max_bytes in [500, 1_000, 5_000, 1 << 20] {
            let parts = split(whole.clone(), max_bytes);
            let (mut counters, mut others, mut total) = (0, 0, 0);
            for Part { message, entries } in &parts {
                let part = wire::TelemetryEvents::decode(&message[..]).unwrap();
                assert_eq!(part.instance_hash, "me");
                let is_one_long_key = message.windows(8).any(|window| window == b"longlong");
                assert!(
                    message.len() <= max_bytes + 8 || is_one_long_key,
                    "{} of {max_bytes} bytes",
                    message.len()
                );
                total += entries;
                for payload in part.events.into_iter().filter_map(|event| event.payload) {
                    match payload {
                        Payload::Summaries(it) => {
                            assert_eq!((it.start, it.end), (1, 2));
                            counters +=
                                it.summaries.iter().map(|summary| summary.counters.len()).sum::<usize>();
                        }
                        Payload::ExampleContexts(it) => others += it.examples.len(),
                        Payload::ContextShapes(it) => others += it.shapes.len(),
                        Payload::Loggers(it) => others += it.loggers.len(),
                        Payload::ClientStats(_) => others += 1,
                    }
                }
            }
            assert_eq!((counters, others, total), (1_004, 300 + 90 + 80 + 1, 1_004 + 470 + 5));
            assert_eq!(parts.len() == 1, max_bytes == 1 << 20, "{} parts", parts.len());
        }
    }
}
