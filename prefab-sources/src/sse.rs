//! A decoder of server-sent events.
//!
//! A [`Decoder`] receives chunks, which may be split anywhere, and returns events. It does no I/O. It buffers only the
//! current line and the current event; both have limits, so that a server cannot fill the memory.
//!
//! # Examples
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

/// The maximum sizes of a line and of an event.
///
/// # Examples
///
/// ```
/// use prefab_sources::sse::{Decoder, Limits};
///
/// let mut decoder = Decoder::new(Limits { line: 8, event: 8 });
/// let error = decoder.push(b"data: more than eight bytes", |_| {}).unwrap_err();
/// assert_eq!(error.to_string(), "a line is longer than 8 bytes");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The maximum size of a line in bytes, without its end.
    pub line: usize,
    /// The maximum size of the data of an event, in bytes.
    pub event: usize,
}

impl Default for Limits {
    /// Returns 64 MiB for both: a whole project may be one line.
    fn default() -> Self {
        Self { line: 64 << 20, event: 64 << 20 }
    }
}

/// An event of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A comment, which serves as a keepalive.
    Comment,
    /// The data of an event, its lines joined with line feeds.
    ///
    /// The fields `event`, `id` and `retry` are ignored: Prefab servers do not use them.
    Data(Vec<u8>),
}

/// A line or an event exceeds its limit. The rest of the stream cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} is longer than {limit} bytes")]
pub struct TooLong {
    what: &'static str,
    limit: usize,
}

/// Decodes server-sent events.
#[derive(Clone, Debug)]
pub struct Decoder {
    limits: Limits,
    line: Vec<u8>,
    data: Vec<u8>,
    /// Whether the current event has data, which may be empty.
    has_data: bool,
    /// Whether the last byte was a carriage return. A following line feed belongs to the same line end.
    after_cr: bool,
    first_line: bool,
}

impl Decoder {
    /// Returns a decoder for a new stream.
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

    /// Decodes the next bytes and calls `each` with every complete event.
    ///
    /// # Errors
    ///
    /// [`TooLong`] if a line or an event exceeds its limit. `each` has been called with the events before it.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_sources::sse::{Decoder, Event, Limits};
    ///
    /// let mut decoder = Decoder::new(Limits::default());
    /// let mut events = Vec::new();
    /// decoder.push(b"data: {\"a\"", |event| events.push(event))?;
    /// decoder.push(b": 1}\n\n", |event| events.push(event))?;
    /// assert_eq!(events, [Event::Data(b"{\"a\": 1}".to_vec())]);
    /// # Ok::<(), prefab_sources::sse::TooLong>(())
    /// ```
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
            // The buffer is reused for the next line, unless it is exceptionally large.
            if line.capacity() <= MAX_REUSED_BUFFER {
                self.line = line;
                self.line.clear();
            }
        }
        Ok(())
    }

    /// Decodes a complete line.
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

/// A line buffer up to this size is reused.
const MAX_REUSED_BUFFER: usize = 64 << 10;

#[cfg(test)]
mod tests;
