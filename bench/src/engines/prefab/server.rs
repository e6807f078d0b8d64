//! A server without configs that accepts every telemetry report.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
};

use anyhow::Result;
use prefab_core::{ConfigSet, Pointer};
use prefab_proto::convert;

/// It ends with the process. Its threads sleep until a connection arrives.
pub(crate) struct Server {
    url: String,
}

impl Server {
    pub(crate) fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                // The client handles broken connections.
                thread::spawn(move || drop(answer(connection)));
            }
        });
        Ok(Self { url })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

fn answer(connection: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection.try_clone()?);
    let mut writer = connection;
    let mut request = String::new();
    while reader.read_line(&mut request)? > 0 {
        let mut length = 0;
        let mut header = String::new();
        while reader.read_line(&mut header)? > 2 {
            if let Some((name, value)) = header.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap_or_default();
            }
            header.clear();
        }
        std::io::copy(&mut (&mut reader).take(length), &mut std::io::sink())?;
        if request.contains("/sse/") {
            // The stream stays open without events. Reading returns when the client closes it.
            writer.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: hello\n\n")?;
        } else {
            // Every project has a pointer, even one without configs.
            let pointer = Pointer { project_id: 1, start_at_id: 0, project_env_id: 7 };
            let body = convert::encode(&ConfigSet { pointer: Some(pointer), ..ConfigSet::default() });
            write!(writer, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len())?;
            writer.write_all(&body)?;
        }
        request.clear();
    }
    Ok(())
}
