//! A pgbouncer before a PostgreSQL server.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, Command, Stdio},
};

use super::{Postgres, START_TIMEOUT, account};
use crate::{skip, within};

/// A pgbouncer in transaction mode before a server, which stops when it is dropped.
#[derive(Debug)]
pub struct Pgbouncer {
    server: Child,
    port: u16,
}

impl Pgbouncer {
    /// Starts a pooler with a number of connections to the server, or reports that the test is skipped.
    pub fn start(postgres: &Postgres, connections: u32) -> Option<Self> {
        let program = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"]
            .map(Path::new)
            .into_iter()
            .find(|path| path.exists());
        let Some(program) = program else {
            skip("pgbouncer is not installed");
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let file = postgres.folder().join("pgbouncer.ini");
        let server = postgres.port();
        fs::write(
            &file,
            format!(
                "[databases]\npostgres = host=127.0.0.1 port={server} user=postgres\n[pgbouncer]\n\
                 listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
                 pool_mode = transaction\ndefault_pool_size = {connections}\nmax_client_conn = 1000\n\
                 ignore_startup_parameters = extra_float_digits\n"
            ),
        )
        .unwrap();
        let mut command = Command::new(program);
        if let Some((user, group)) = account() {
            command.uid(user).gid(group);
        }
        command.arg("-q").arg(&file).stdout(Stdio::null()).stderr(Stdio::null());
        let server = command.spawn().unwrap();
        within(START_TIMEOUT, "pgbouncer accepts connections", || {
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        Some(Self { server, port })
    }

    /// Returns the URL of the database behind the pooler.
    pub fn url(&self, postgres: &Postgres) -> String {
        postgres.url_at(self.port)
    }
}

impl Drop for Pgbouncer {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
