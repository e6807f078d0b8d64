//! A proxy that distributes connections over several servers, as a load balancer does.

use std::net::SocketAddr;

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// A proxy on a free loopback port. Dropping it closes all connections.
#[derive(Debug)]
pub struct RoundRobin {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl RoundRobin {
    /// Starts a proxy. Each connection leads to the next server that accepts it.
    pub async fn start(servers: Vec<SocketAddr>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let accepting = tokio::spawn(async move {
            let (mut next, mut connections) = (0, JoinSet::new());
            while let Ok((client, _)) = listener.accept().await {
                let order: Vec<_> = servers.iter().cycle().skip(next).take(servers.len()).copied().collect();
                next = (next + 1) % servers.len();
                connections.spawn(pass(client, order));
                while connections.try_join_next().is_some() {}
            }
        });
        Self { address, accepting }
    }

    /// Returns the URL for clients.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for RoundRobin {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn pass(mut client: TcpStream, servers: Vec<SocketAddr>) {
    for server in servers {
        if let Ok(mut server) = TcpStream::connect(server).await {
            // A connection that one side resets is closed on the other.
            let _ = copy_bidirectional(&mut client, &mut server).await;
            return;
        }
    }
}
