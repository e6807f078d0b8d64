//! Reads server-sent events, byte by byte as they arrive.
//!
//! A [`Decoder`] is handed chunks, cut anywhere, and hands out events. It knows nothing of sockets, and holds
//! no more than the line and the event that are under way; both have limits, so that a peer that never ends a
//! line fills no memory.
//!
//! ```
//! use prefab_sources::sse::{Decoder, Event, Limits};
//!
//! let mut events = Vec::new();
//! let mut decoder = Decoder::new(Limits::default());
//! decoder.push(b": keepalive\n\ndata: Cj", |event| events.push(event))?;
//! decoder.push(b"EI\n\n", |event| events.push(event))?;
//! assert_eq!(events, [Event::Comment, Event::Data(b"CjEI".to_vec())]);
//! # Ok::<(), prefab_sources::sse::TooLong>(())
//! ```

/// How long a line and an event may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The bytes of one line, without its end.
    pub line: usize,
    /// The bytes of the data of one event.
    pub event: usize,
}

impl Default for Limits {
    /// Returns 64 MiB for both: a whole project may come as one line.
    fn default() -> Self {
        Self { line: 64 << 20, event: 64 << 20 }
    }
}

/// Something that the server said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A comment: a sign of life.
    Comment,
    /// The data of an event, its lines joined with line feeds.
    ///
    /// Prefab's servers name no events and number none, so `event`, `id` and `retry` are passed over.
    Data(Vec<u8>),
}

/// The server does not come to an end; the rest of its stream means nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} is longer than {limit} bytes")]
pub struct TooLong {
    what: &'static str,
    limit: usize,
}

/// Takes chunks, gives events.
#[derive(Clone, Debug)]
pub struct Decoder {
    limits: Limits,
    line: Vec<u8>,
    data: Vec<u8>,
    /// Whether the event under way has any data, be it an empty line.
    has_data: bool,
    /// Whether the last byte was a carriage return, which a line feed may follow as part of the same end.
    after_cr: bool,
    first_line: bool,
}

impl Decoder {
    /// Returns a decoder at the start of a stream.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            line: Vec::new(),
            data: Vec::new(),
            has_data: false,
            after_cr: false,
            first_line: true,
        }
    }

    /// Takes in the next bytes and hands each event that they complete to `each`.
    ///
    /// # Errors
    ///
    /// [`TooLong`] for a line or an event beyond the limits. The events before it have been handed out.
    pub fn push(&mut self, mut bytes: &[u8], mut each: impl FnMut(Event)) -> Result<(), TooLong> {
        while !bytes.is_empty() {
            if std::mem::take(&mut self.after_cr) && bytes[0] == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let (part, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
            if self.line.len() + part.len() > self.limits.line {
                return Err(TooLong { what: "a line", limit: self.limits.line });
            }
            self.line.extend_from_slice(part);
            let Some((end, rest)) = rest.split_first() else { return Ok(()) };
            self.after_cr = *end == b'\r';
            bytes = rest;
            let line = std::mem::take(&mut self.line);
            if let Some(event) = self.line(&line)? {
                each(event);
            }
            // The buffer is kept for the next line, unless this one was of a rare size.
            if line.capacity() <= MAX_REUSED_BUFFER {
                self.line = line;
                self.line.clear();
            }
        }
        Ok(())
    }

    /// Takes a whole line.
    fn line(&mut self, mut line: &[u8]) -> Result<Option<Event>, TooLong> {
        if std::mem::take(&mut self.first_line) {
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        if line.is_empty() {
            let data = std::mem::take(&mut self.data);
            return Ok(std::mem::take(&mut self.has_data).then_some(Event::Data(data)));
        }
        let colon = line.iter().position(|byte| *byte == b':');
        let (field, value) = line.split_at(colon.unwrap_or(line.len()));
        match field {
            b"" => Ok(Some(Event::Comment)),
            b"data" => {
                let value = value.get(1..).unwrap_or_default();
                self.data(value.strip_prefix(b" ").unwrap_or(value))?;
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    fn data(&mut self, value: &[u8]) -> Result<(), TooLong> {
        if self.data.len() + value.len() >= self.limits.event {
            return Err(TooLong { what: "an event", limit: self.limits.event });
        }
        if std::mem::replace(&mut self.has_data, true) {
            self.data.push(b'\n');
        }
        self.data.extend_from_slice(value);
        Ok(())
    }
}

/// A line buffer up to this size is used again.
const MAX_REUSED_BUFFER: usize = 64 << 10;

#[cfg(test)]
mod tests;
