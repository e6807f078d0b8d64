//! Connections that stay open, from an address other than that of the checks.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    task::JoinHandle,
    time::timeout,
};

use crate::{
    attack::{Caller, Sends},
    world::World,
};

/// Where the attacker's connections come from.
const ATTACKER: [u8; 4] = [127, 0, 0, 2];

/// An open connection; dropping it closes it.
pub(crate) enum Connection {
    Silent { _stream: TcpStream },
    Http2(JoinHandle<()>),
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Self::Http2(task) = self {
            task.abort();
        }
    }
}

/// Opens a connection; none if the server refuses it, which it may.
pub(crate) async fn open(world: &World, sends: &Sends) -> Option<Connection> {
    let mut stream = connect(world.address()).await?;
    match sends {
        Sends::Bytes(bytes) => stream.write_all(bytes).await.ok()?,
        Sends::Unread { who, path, headers } => {
            stream.write_all(&request(world, *who, path, headers)).await.ok()?;
        }
        Sends::Http2 => {
            let task = tokio::spawn(async move {
                let _ = answer_pings(stream).await;
            });
            return Some(Connection::Http2(task));
        }
    }
    Some(Connection::Silent { _stream: stream })
}

async fn connect(address: SocketAddr) -> Option<TcpStream> {
    let socket = TcpSocket::new_v4().unwrap();
    // Small, so that a reader that does not read is noticed after little data.
    socket.set_recv_buffer_size(4_096).unwrap();
    socket.bind(SocketAddr::from((ATTACKER, 0))).unwrap();
    timeout(Duration::from_secs(2), socket.connect(address)).await.ok()?.ok()
}

fn request(world: &World, who: Caller, path: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    use base64::Engine as _;
    let basic = base64::prelude::BASE64_STANDARD.encode(format!("u:{}", world.credential(who)));
    let mut request = format!("GET {path} HTTP/1.1\r\nhost: a\r\nauthorization: Basic {basic}\r\n");
    for (name, value) in headers {
        request.extend([name, ": ", value, "\r\n"]);
    }
    request.push_str("\r\n");
    request.into_bytes()
}

/// Keeps an HTTP/2 connection alive without a request.
async fn answer_pings(mut stream: TcpStream) -> std::io::Result<()> {
    const SETTINGS: u8 = 4;
    const PING: u8 = 6;
    const ACKNOWLEDGED: u8 = 1;
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await?;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut body = vec![0; usize::try_from(length).unwrap()];
        stream.read_exact(&mut body).await?;
        match (head[3], head[4] & ACKNOWLEDGED) {
            (SETTINGS, 0) => stream.write_all(&[0, 0, 0, SETTINGS, ACKNOWLEDGED, 0, 0, 0, 0]).await?,
            (PING, 0) => {
                stream.write_all(&[0, 0, 8, PING, ACKNOWLEDGED, 0, 0, 0, 0]).await?;
                stream.write_all(&body).await?;
            }
            _ => {}
        }
    }
}
