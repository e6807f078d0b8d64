//! What a row of the table consists of.

use std::time::Duration;

/// One row: steps that run in order.
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    pub(crate) steps: Vec<Step>,
}

/// The caller of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    Anonymous,
    FrontEnd,
    Backend,
    Viewer,
    Editor,
    Publisher,
    Admin,
    /// An admin of another project.
    Neighbor,
    /// A front-end API key of another project.
    NeighborFrontEnd,
}

pub(crate) enum Step {
    /// Sends requests. Each response has one of the statuses; without a response the status is 0.
    Send { who: Caller, requests: Vec<Request>, concurrency: usize, statuses: &'static [u16] },
    /// Repeats a request for two seconds, several at a time; until then another project publishes in time.
    Load { who: Caller, request: Request, concurrency: usize },
    /// Opens event streams and keeps them open: the first `open` are accepted, the others receive 429.
    Subscribe { who: Caller, path: &'static str, count: usize, open: usize },
    /// Opens connections from a second address, and keeps them open.
    Connect { count: usize, sends: Sends },
    /// Closes what the row has opened.
    Close,
    /// Changes the database while the server runs, to prepare a row.
    Sql(&'static str),
    /// Checks the state of the server.
    Expect(State),
}

/// What a connection sends before it falls silent.
#[derive(Clone)]
pub(crate) enum Sends {
    Bytes(Vec<u8>),
    /// An HTTP/2 connection that acknowledges settings and answers pings.
    Http2,
    /// A request whose response is not read.
    Unread {
        who: Caller,
        path: &'static str,
        headers: &'static [(&'static str, &'static str)],
    },
}

#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// Checks the text of a response.
pub(crate) type Check = fn(&str) -> bool;

pub(crate) enum State {
    /// A request has this status, and its response passes the check.
    Response { who: Caller, request: Request, status: u16, check: Check },
    /// A query of the database counts at most this many, also after what waits in memory is written.
    Rows { sql: &'static str, at_most: i64, after: Duration },
    /// A metric falls to a value in time.
    Metric { name: &'static str, at_most: f64, within: Duration },
    /// The memory of the process has grown by at most this much since the row began.
    MemoryGrewAtMost { mebibytes: u64 },
    /// The process uses at most this share of a core.
    CpuAtMost { percent: u64 },
    /// No response of the row's last requests had this header.
    NoHeader(&'static str),
}

impl Attack {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, steps: Vec::new() }
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Sends requests one after the other.
    pub(crate) fn send(self, who: Caller, requests: Vec<Request>, statuses: &'static [u16]) -> Self {
        self.step(Step::Send { who, requests, concurrency: 1, statuses })
    }

    /// Sends requests, several at a time.
    pub(crate) fn send_concurrently(
        self,
        concurrency: usize,
        who: Caller,
        requests: Vec<Request>,
        statuses: &'static [u16],
    ) -> Self {
        self.step(Step::Send { who, requests, concurrency, statuses })
    }

    /// Repeats a request while another project publishes.
    pub(crate) fn load(self, concurrency: usize, who: Caller, request: Request) -> Self {
        self.step(Step::Load { who, request, concurrency })
    }

    pub(crate) fn subscribe(self, who: Caller, path: &'static str, count: usize, open: usize) -> Self {
        self.step(Step::Subscribe { who, path, count, open })
    }

    pub(crate) fn connect(self, count: usize, sends: Sends) -> Self {
        self.step(Step::Connect { count, sends })
    }

    pub(crate) fn close(self) -> Self {
        self.step(Step::Close)
    }

    pub(crate) fn sql(self, sql: &'static str) -> Self {
        self.step(Step::Sql(sql))
    }

    /// Expects a status and a response.
    pub(crate) fn response(self, who: Caller, request: Request, status: u16, check: Check) -> Self {
        self.step(Step::Expect(State::Response { who, request, status, check }))
    }

    pub(crate) fn expect(self, state: State) -> Self {
        self.step(Step::Expect(state))
    }
}

impl Request {
    pub(crate) fn new(method: &'static str, path: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self { method, path: path.into(), headers: Vec::new(), body: body.into() }
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path, Vec::new())
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}
