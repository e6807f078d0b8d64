//! A proxy between a client and a server, as bad as it is told to be.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
    sync::watch,
    task::JoinHandle,
};

/// What it does to the traffic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Nothing.
    Well,
    /// Nobody listens.
    Refusing,
    /// Requests are answered with this status.
    Status(u16),
    /// Requests are answered with these bytes.
    Bytes(Vec<u8>),
    /// The head of an answer comes a byte at a time, and to no end.
    SlowHead,
    /// An answer, and an event, is cut in its middle, and the connection with it.
    Cut,
    /// Events are base64, but no messages.
    Spoilt,
    /// Nothing comes through any more; connections stay.
    Silent,
}

/// A proxy on a port of its own.
pub(crate) struct Proxy {
    line: Line,
    address: SocketAddr,
    mood: watch::Sender<Mood>,
    accepting: Option<JoinHandle<()>>,
}

/// What every connection is carried with.
#[derive(Clone)]
struct Line {
    server: SocketAddr,
    mood: watch::Receiver<Mood>,
    /// The heads of answers, as they came from the server.
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub(crate) fn start(runtime: &Runtime, server: SocketAddr) -> Self {
        let mood = watch::Sender::new(Mood::Well);
        let line = Line { server, mood: mood.subscribe(), heads: Arc::default() };
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut proxy = Self { line, address, mood, accepting: None };
        proxy.listen(runtime);
        proxy
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns how often the server answered with a stream.
    pub(crate) fn streams(&self) -> usize {
        self.answers("content-type: text/event-stream")
    }

    /// Returns how many answers of the server have this line in their heads.
    pub(crate) fn answers(&self, line: &str) -> usize {
        self.line.heads.lock().unwrap().iter().filter(|head| head.to_lowercase().contains(line)).count()
    }

    /// Changes the mood. Only moods that spoil what flows leave open connections alone.
    pub(crate) fn set(&mut self, runtime: &Runtime, mood: &Mood) {
        if let Some(accepting) = self.accepting.take_if(|_| *mood == Mood::Refusing) {
            accepting.abort();
            let _ = runtime.block_on(accepting);
        }
        self.mood.send_replace(mood.clone());
        if self.accepting.is_none() && *mood != Mood::Refusing {
            self.listen(runtime);
        }
    }

    fn listen(&mut self, runtime: &Runtime) {
        let listener = runtime.block_on(TcpListener::bind(self.address)).unwrap();
        self.address = listener.local_addr().unwrap();
        let line = self.line.clone();
        self.accepting = Some(runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(line.clone().hold(client));
            }
        }));
    }
}

impl Line {
    /// Carries a connection until the mood says that it is over.
    async fn hold(self, client: TcpStream) {
        let mut mood = self.mood.clone();
        mood.mark_unchanged();
        let over = async {
            while mood.changed().await.is_ok() {
                if !matches!(*mood.borrow_and_update(), Mood::Cut | Mood::Spoilt | Mood::Silent) {
                    break;
                }
            }
        };
        tokio::select! {
            // The client may go when it likes.
            _ = self.carry(client) => {}
            () = over => {}
        }
    }

    async fn carry(&self, mut client: TcpStream) -> io::Result<()> {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(client.read_u8().await?);
        }
        let mood = self.mood.borrow().clone();
        match mood {
            Mood::Status(status) => {
                let head =
                    format!("HTTP/1.1 {status} As Told\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                return client.write_all(head.as_bytes()).await;
            }
            Mood::Bytes(bytes) => return client.write_all(&bytes).await,
            Mood::SlowHead => {
                for byte in b"HTTP/1.1 200 OK\r\nx-filler: ".iter().chain(std::iter::repeat(&b'x')) {
                    client.write_all(&[*byte]).await?;
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
            Mood::Well | Mood::Refusing | Mood::Cut | Mood::Spoilt | Mood::Silent => {}
        }
        let mut server = TcpStream::connect(self.server).await?;
        server.write_all(&request).await?;
        let (mut down, mut up) = (vec![0; 64 << 10], vec![0; 64 << 10]);
        loop {
            tokio::select! {
                read = server.read(&mut down) => match read? {
                    0 => return Ok(()),
                    length => if !self.pass(&mut client, &down[..length]).await? { return Ok(()) },
                },
                read = client.read(&mut up) => match read? {
                    0 => return Ok(()),
                    length => server.write_all(&up[..length]).await?,
                },
            }
        }
    }

    /// Passes on what the server says; returns whether the connection may stay.
    async fn pass(&self, client: &mut TcpStream, bytes: &[u8]) -> io::Result<bool> {
        let place = |what: &[u8]| bytes.windows(what.len()).position(|window| window == what);
        let body = place(b"\r\n\r\n").filter(|_| bytes.starts_with(b"HTTP/1.1 ")).map(|end| end + 4);
        if let Some(body) = body {
            let head = String::from_utf8_lossy(&bytes[..body]).into_owned();
            self.heads.lock().unwrap().push(head);
        }
        let event = place(b"data: ").map(|start| start + 6);
        let mood = self.mood.borrow().clone();
        match (mood, event) {
            (Mood::Cut, Some(event)) => client.write_all(&bytes[..event + 10]).await.map(|()| false),
            (Mood::Cut, None) if body.is_some_and(|body| body + 3 < bytes.len()) => {
                client.write_all(&bytes[..=body.unwrap_or_default()]).await.map(|()| false)
            }
            (Mood::Spoilt, Some(event)) => {
                let mut spoilt = bytes.to_vec();
                spoilt[event..event + 4].copy_from_slice(b"////");
                client.write_all(&spoilt).await.map(|()| true)
            }
            (Mood::Silent, _) => std::future::pending().await,
            _ => client.write_all(bytes).await.map(|()| true),
        }
    }
}
