//! A stream of one server.

use std::collections::VecDeque;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use prefab_proto::packed;
use reqwest::{
    StatusCode,
    header::{ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_TYPE},
};

use super::{
    Http, head,
    origin::{Origin, root},
};
use crate::{
    SourceError,
    remote::{Frame, Frames},
    sse::{Decoder, Event, Limits},
};

impl Http {
    pub(super) async fn open_stream(&self, origin: &Origin, since: i64) -> Result<EventFrames, SourceError> {
        let request = self
            .get(origin, "/api/v1/sse/config")?
            .header(ACCEPT, "text/event-stream")
            // A compressed stream is buffered until there is enough data.
            .header(ACCEPT_ENCODING, "identity")
            .header(CACHE_CONTROL, "no-cache")
            .header("x-prefab-start-at-id", since);
        let response = head(origin, request, self.timeout).await?;
        let media = response.headers().get(CONTENT_TYPE).and_then(|media| media.to_str().ok());
        let is_stream = media.is_some_and(|media| media.trim_start().starts_with("text/event-stream"));
        if response.status() != StatusCode::OK || !is_stream {
            let media = media.unwrap_or("no content type");
            return Err(origin.protocol(format!("responded with {media} instead of text/event-stream")));
        }
        // A line of base64 is a third longer than the message, and begins with the field name.
        let line = self.max_bytes.saturating_mul(4) / 3 + 16;
        Ok(EventFrames {
            origin: origin.clone(),
            response,
            decoder: Decoder::new(Limits { line, event: line }),
            ready: VecDeque::new(),
        })
    }
}

/// An open stream.
pub(crate) struct EventFrames {
    origin: Origin,
    response: reqwest::Response,
    decoder: Decoder,
    ready: VecDeque<Result<Frame, SourceError>>,
}

impl Frames for EventFrames {
    async fn next(&mut self) -> Option<Result<Frame, SourceError>> {
        if let Some(frame) = self.ready.pop_front() {
            return Some(frame);
        }
        let chunk = match self.response.chunk().await {
            Ok(chunk) => chunk?,
            Err(cause) => {
                return Some(Err(self
                    .origin
                    .unavailable(format!("closed the connection: {}", root(&cause)))));
            }
        };
        let ready = &mut self.ready;
        if let Err(too_long) = self.decoder.push(&chunk, |event| ready.push_back(Ok(frame(event)))) {
            ready.push_back(Err(self.origin.protocol(format!("sent too much data: {too_long}"))));
        }
        // Any bytes are a keepalive, even without a complete event.
        Some(ready.pop_front().unwrap_or(Ok(Frame::Alive)))
    }
}

pub(crate) fn frame(event: Event) -> Frame {
    let Event::Data(mut data) = event else { return Frame::Alive };
    data.retain(|byte| !byte.is_ascii_whitespace());
    if data.is_empty() {
        return Frame::Alive;
    }
    let bytes = match STANDARD.decode(&data) {
        Ok(bytes) => bytes,
        Err(cause) => return Frame::Unreadable(format!("invalid base64: {cause}")),
    };
    match packed::pack(bytes) {
        Ok(configs) => Frame::Configs(configs),
        Err(cause) => Frame::Unreadable(format!("does not parse: {cause}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(data: &str, expected: &str) {
        let shown = match frame(Event::Data(data.into())) {
            Frame::Alive => "alive".to_owned(),
            Frame::Configs(configs) => {
                let keys =
                    configs.set.configs.iter().map(|config| format!("{}@{}", config.key(), config.id()));
                keys.collect::<Vec<_>>().join(" ")
            }
            Frame::Unreadable(why) => why,
        };
        assert_eq!(shown, expected, "{data}");
    }

    #[test]
    fn the_frames_of_official_servers_are_read() {
        check(
            "CjEI5YC6iY+tmR4QygEaCW15LnN0cmluZyoUEhISEBIOdXBkYXRlZC1ieS1zc2U4AUgCEgYIygEYtAI=",
            "my.string@17000000000000101",
        );
        check("ChYI5oC6iY+tmR4QygEaBm15LmludDgGEgYIygEYtAI=", "my.int@17000000000000102");
        check("ChYI5oC6iY+tmR4QygEa\nBm15LmludDgGEgYIygEYtAI=", "my.int@17000000000000102");
        check("KAE=", "");
        check("", "alive");
    }

    #[test]
    fn an_invalid_message_is_unreadable_with_its_reason() {
        check("not base64", "invalid base64: Invalid input length: 9");
        check("////", "does not parse: failed to decode Protobuf message: invalid varint");
    }
}
