//! A proxy between a client and a server, with faults that a test switches on and off.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
    sync::watch,
    task::JoinHandle,
};

/// A fault of the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No fault.
    None,
    /// Connections are refused.
    Refusing,
    /// The response to every request has this status.
    Status(u16),
    /// The response to every request is these bytes.
    Bytes(Vec<u8>),
    /// The head of a response arrives a byte at a time and never ends.
    SlowHead,
    /// Responses and events are cut in the middle, and the connection closes.
    Cut,
    /// Events are base64, but not messages.
    Garbled,
    /// No data passes, but connections stay open.
    Silent,
}

/// A proxy on a free loopback port.
#[derive(Debug)]
pub struct FaultProxy {
    line: Line,
    address: SocketAddr,
    fault: watch::Sender<Fault>,
    accepting: Option<JoinHandle<()>>,
}

/// The state that connections share.
#[derive(Clone, Debug)]
struct Line {
    server: SocketAddr,
    fault: watch::Receiver<Fault>,
    /// The heads of the responses of the server.
    heads: Arc<Mutex<Vec<String>>>,
    /// The number of requests that arrived.
    requests: Arc<AtomicUsize>,
}

impl FaultProxy {
    /// Starts a proxy for `server` on `runtime`, without a fault.
    pub fn start(runtime: &Runtime, server: SocketAddr) -> Self {
        let fault = watch::Sender::new(Fault::None);
        let line = Line { server, fault: fault.subscribe(), heads: Arc::default(), requests: Arc::default() };
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut proxy = Self { line, address, fault, accepting: None };
        proxy.listen(runtime);
        proxy
    }

    /// Returns the URL for clients.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the number of requests so far, including failed ones.
    pub fn requests(&self) -> usize {
        self.line.requests.load(Ordering::Relaxed)
    }

    /// Returns the number of streams that the server opened.
    pub fn streams(&self) -> usize {
        self.response_lines("content-type: text/event-stream")
    }

    /// Returns the number of responses of the server with this header line.
    pub fn response_lines(&self, line: &str) -> usize {
        self.line.heads.lock().unwrap().iter().filter(|head| head.to_lowercase().contains(line)).count()
    }

    /// Changes the fault. Open connections are closed, except for faults that change data in transit.
    pub fn set(&mut self, runtime: &Runtime, fault: &Fault) {
        if let Some(accepting) = self.accepting.take_if(|_| *fault == Fault::Refusing) {
            accepting.abort();
            let _ = runtime.block_on(accepting);
        }
        self.fault.send_replace(fault.clone());
        if self.accepting.is_none() && *fault != Fault::Refusing {
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
    /// Forwards a connection until a fault ends it.
    async fn hold(self, client: TcpStream) {
        let mut fault = self.fault.clone();
        fault.mark_unchanged();
        let over = async {
            while fault.changed().await.is_ok() {
                if !matches!(*fault.borrow_and_update(), Fault::Cut | Fault::Garbled | Fault::Silent) {
                    break;
                }
            }
        };
        tokio::select! {
            // The client may disconnect at any time.
            _ = self.carry(client) => {}
            () = over => {}
        }
    }

    async fn carry(&self, mut client: TcpStream) -> io::Result<()> {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(client.read_u8().await?);
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        let fault = self.fault.borrow().clone();
        match fault {
            Fault::Status(status) => {
                let head =
                    format!("HTTP/1.1 {status} Fault\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                return client.write_all(head.as_bytes()).await;
            }
            Fault::Bytes(bytes) => return client.write_all(&bytes).await,
            Fault::SlowHead => {
                for byte in b"HTTP/1.1 200 OK\r\nx-filler: ".iter().chain(std::iter::repeat(&b'x')) {
                    client.write_all(&[*byte]).await?;
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
            Fault::None | Fault::Refusing | Fault::Cut | Fault::Garbled | Fault::Silent => {}
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

    /// Forwards bytes of the server. Returns whether the connection stays open.
    async fn pass(&self, client: &mut TcpStream, bytes: &[u8]) -> io::Result<bool> {
        let place = |what: &[u8]| bytes.windows(what.len()).position(|window| window == what);
        let body = place(b"\r\n\r\n").filter(|_| bytes.starts_with(b"HTTP/1.1 ")).map(|end| end + 4);
        if let Some(body) = body {
            let head = String::from_utf8_lossy(&bytes[..body]).into_owned();
            self.heads.lock().unwrap().push(head);
        }
        let event = place(b"data: ").map(|start| start + 6);
        let fault = self.fault.borrow().clone();
        match (fault, event) {
            (Fault::Cut, Some(event)) => client.write_all(&bytes[..event + 10]).await.map(|()| false),
            (Fault::Cut, None) if body.is_some_and(|body| body + 3 < bytes.len()) => {
                client.write_all(&bytes[..=body.unwrap_or_default()]).await.map(|()| false)
            }
            (Fault::Garbled, Some(event)) => {
                let mut garbled = bytes.to_vec();
                garbled[event..event + 4].copy_from_slice(b"////");
                client.write_all(&garbled).await.map(|()| true)
            }
            (Fault::Silent, _) => std::future::pending().await,
            _ => client.write_all(bytes).await.map(|()| true),
        }
    }
}
