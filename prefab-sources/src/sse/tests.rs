use proptest::prelude::*;

use super::*;

fn decode<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Event> {
    let mut decoder = Decoder::new(Limits::default());
    let mut events = Vec::new();
    for chunk in chunks {
        decoder.push(chunk, |event| events.push(event)).unwrap();
    }
    events
}

fn check(text: &str, expected: &str) {
    let shown: Vec<String> = decode([text.as_bytes()])
        .into_iter()
        .map(|event| match event {
            Event::Comment => ":".to_owned(),
            Event::Data(data) => format!("[{}]", String::from_utf8_lossy(&data).replace('\n', "|")),
        })
        .collect();
    assert_eq!(shown.join(" "), expected, "{text:?}");
}

#[test]
fn lines_are_decoded_to_events() {
    check("data: a\n\n", "[a]");
    check("data:a\r\rdata: b\r\n\r\n", "[a] [b]");
    check("data:  a\n\n", "[ a]");
    check("data: a\ndata: b\n\n", "[a|b]");
    check("data\ndata: b\n\n", "[|b]");
    check("data\n\n", "[]");
    check(": keepalive\n\ndata: a\n\n:\n", ": [a] :");
    check("data: a\n: in between\ndata: b\n\n", ": [a|b]");
    check("event: x\nid: 7\nretry: 10\n\n", "");
    check("event: x\nid: 7\ndata: a\n\n", "[a]");
    check("database: a\nDATA: b\n\n", "");
    check("\u{feff}data: a\n\n\u{feff}data: b\n\n", "[a]");
    check("data: cut in the midd", "");
    check("data: not ended\n", "");
    check("\n\n\r\r\r\n", "");
}

const TRICKY: &str =
    "\u{feff}: hello\r\n\r\ndata: a\rdata:b\n\n:\r\r\ndata\r\n\r\rid: 1\ndata: ü\n\r\ndata: z\r\r";

#[test]
fn events_do_not_depend_on_the_chunks() {
    let bytes = TRICKY.as_bytes();
    let whole = decode([bytes]);
    assert_eq!(whole.len(), 6);
    for first in 0..=bytes.len() {
        for second in first..=bytes.len() {
            assert_eq!(decode([&bytes[..first], &bytes[first..second], &bytes[second..]]), whole);
        }
    }
    assert_eq!(decode(bytes.chunks(1)), whole);
}

#[test]
fn a_line_without_an_end_is_rejected() {
    let limits = Limits { line: 10, event: 15 };
    let refused = |text: &str| {
        let mut decoder = Decoder::new(limits);
        let mut events = 0;
        let mut results = text.as_bytes().chunks(3).map(|chunk| decoder.push(chunk, |_| events += 1));
        let error = results.find_map(Result::err).map(|error| error.to_string());
        (events, error)
    };
    let line = Some("a line is longer than 10 bytes".to_owned());
    let event = Some("an event is longer than 15 bytes".to_owned());
    assert_eq!(refused("data: 1234\n\n"), (1, None));
    assert_eq!(refused(": 12345678\n\n"), (1, None));
    assert_eq!(refused("data: 1\n\ndata: 12345\n\n"), (1, line.clone()));
    assert_eq!(refused(&"x".repeat(1000)), (0, line));
    assert_eq!(refused(&"data: 1234\n".repeat(3)), (0, None));
    assert_eq!(refused(&"data: 1234\n".repeat(1000)), (0, event.clone()));
    assert_eq!(refused(&"data\n".repeat(1000)), (0, event));
}

#[test]
fn a_large_event_takes_linear_time() {
    let mut text = b"data: ".to_vec();
    text.resize(20 << 20, b'A');
    text.extend(b"\n\n");
    let started = std::time::Instant::now();
    let events = decode(text.chunks(16 << 10));
    assert_eq!(events, [Event::Data(text[6..text.len() - 2].to_vec())]);
    assert!(started.elapsed().as_secs() < 5, "took {:?}", started.elapsed());
}

proptest! {
    #[test]
    fn any_text_in_any_chunks_has_the_same_events(
        text in prop::collection::vec(
            prop_oneof![
                Just("data"), Just(":"), Just(" "), Just("\r"), Just("\n"), Just("\r\n"), Just("id"),
                Just("x"), Just("\u{feff}"), Just("\n\n"),
            ],
            0..40,
        ),
        cuts in prop::collection::vec(1usize..9, 1..40),
    ) {
        let text = text.concat();
        let mut rest = text.as_bytes();
        let mut chunks = Vec::new();
        for cut in cuts.into_iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (chunk, after) = rest.split_at(cut.min(rest.len()));
            chunks.push(chunk);
            rest = after;
        }
        prop_assert_eq!(decode(chunks), decode([text.as_bytes()]));
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        decode(bytes.chunks(7));
    }
}
