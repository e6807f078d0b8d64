//! A server on loopback with a scripted response for each connection.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What a connection gets.
#[derive(Clone)]
pub(super) enum Answer {
    /// These bytes, as they are.
    Raw(Vec<u8>),
    /// A head and a body.
    Whole { head: String, body: Vec<u8>, claimed: Option<usize>, piece: usize, hang: Duration },
    /// Nothing, for a long time.
    Hang,
}

impl Answer {
    fn whole(status: &str, body: Vec<u8>) -> Self {
        let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n");
        Self::Whole { head, body, claimed: None, piece: usize::MAX, hang: Duration::ZERO }
    }

    pub(super) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::whole("200 OK", body.into()).with("Content-Type", "application/octet-stream")
    }

    pub(super) fn status(status: &str) -> Self {
        Self::whole(status, Vec::new())
    }

    pub(super) fn stream(body: impl Into<Vec<u8>>) -> Self {
        Self::whole("200 OK", body.into()).with("Content-Type", "text/event-stream; charset=utf-8")
    }

    pub(super) fn with(mut self, header: &str, value: &str) -> Self {
        if let Self::Whole { head, .. } = &mut self {
            *head = format!("{head}{header}: {value}\r\n");
        }
        self
    }

    /// Claims that the body has another length than it has.
    pub(super) fn claiming(mut self, length: usize) -> Self {
        if let Self::Whole { claimed, .. } = &mut self {
            *claimed = Some(length);
        }
        self
    }

    /// Sends the body in pieces of this many bytes.
    pub(super) fn in_pieces(mut self, bytes: usize) -> Self {
        if let Self::Whole { piece, .. } = &mut self {
            *piece = bytes;
        }
        self
    }

    /// Keeps the connection for a while after the body, without a word.
    pub(super) fn then_hang(mut self, millis: u64) -> Self {
        if let Self::Whole { hang, .. } = &mut self {
            *hang = Duration::from_millis(millis);
        }
        self
    }

    async fn send(self, socket: &mut TcpStream) -> std::io::Result<()> {
        match self {
            Self::Hang => tokio::time::sleep(Duration::from_secs(60)).await,
            Self::Raw(bytes) => socket.write_all(&bytes).await?,
            Self::Whole { head, body, claimed, piece, hang } => {
                let length = claimed.map(|length| format!("Content-Length: {length}\r\n"));
                let head = format!("{head}{}\r\n", length.unwrap_or_default());
                socket.write_all(head.as_bytes()).await?;
                for piece in body.chunks(piece) {
                    socket.write_all(piece).await?;
                    socket.flush().await?;
                }
                tokio::time::sleep(hang).await;
            }
        }
        Ok(())
    }
}

pub(super) struct Server {
    pub(super) url: String,
    requests: Arc<Mutex<Vec<String>>>,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Starts a server that asks `answer` what to do with each connection, by its number from 0.
    pub(super) async fn start(answer: impl Fn(usize) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let accepting = tokio::spawn(async move {
            for at in 0.. {
                let Ok((mut socket, _)) = listener.accept().await else { return };
                let (answer, seen) = (answer(at), Arc::clone(&seen));
                tokio::spawn(async move {
                    let request = head(&mut socket).await;
                    seen.lock().unwrap().push(request);
                    // The client may have closed the connection.
                    let _ = answer.send(&mut socket).await;
                });
            }
        });
        Self { url, requests, accepting }
    }

    /// Returns the heads of the requests so far.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn head(socket: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match socket.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}
