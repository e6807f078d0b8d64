//! A real PostgreSQL server in a temporary folder.
//!
//! The programs are found through [`POSTGRES_BIN`], `PATH`, or the folder of Debian. They refuse to run as root, so a test
//! that runs as root starts them as the user `postgres`.

mod pooler;
mod small_disk;
mod standby;

use std::{
    env, fs,
    net::TcpListener,
    os::unix::{
        fs::{PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

use crate::{skip, within};

pub use pooler::Pgbouncer;
pub use small_disk::SmallDisk;

/// The variable with the folder of `initdb` and `postgres`.
pub const POSTGRES_BIN: &str = "PREFAB_POSTGRES_BIN";

/// The folder of Debian.
const DEBIAN: &str = "/usr/lib/postgresql/15/bin";

/// How long a start may take on a busy machine.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// A PostgreSQL server, which stops when it is dropped.
#[derive(Debug)]
pub struct Postgres {
    bin: PathBuf,
    folder: TempDir,
    port: u16,
    server: Option<Child>,
    /// Whether a commit waits until the disk has it. Tests do not need that.
    is_durable: bool,
}

impl Postgres {
    /// Returns the folder of the programs, or reports that the test is skipped.
    pub fn find() -> Option<PathBuf> {
        let found = find("postgres");
        if found.is_none() {
            skip(&format!("PostgreSQL is not installed; {POSTGRES_BIN} is the folder of its programs"));
        }
        found
    }

    /// Starts a server with an empty database, or reports that the test is skipped.
    pub fn start() -> Option<Self> {
        Self::find().map(Self::create)
    }

    /// Starts a server that writes each commit to the disk, for measurements.
    pub fn start_durable() -> Option<Self> {
        let mut server = Self::start()?;
        server.is_durable = true;
        server.restart();
        Some(server)
    }

    fn create(bin: PathBuf) -> Self {
        let folder = folder();
        let data = folder.path().join("data");
        match template(&bin) {
            Some(template) if template.exists() => copy(&template, &data),
            template => {
                create_data(&bin, &data);
                if let Some(template) = template {
                    save(&data, &template);
                }
            }
        }
        let mut created = Self { bin, folder, port: free_port(), server: None, is_durable: false };
        created.restart();
        created
    }

    /// Returns the URL of the database.
    pub fn url(&self) -> String {
        self.url_at(self.port)
    }

    /// Returns the URL of the database behind a proxy on another port.
    pub fn url_at(&self, port: u16) -> String {
        format!("postgres://postgres@127.0.0.1:{port}/postgres")
    }

    /// Returns the port on the loopback interface.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the folder of the sockets and logs.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts the server again after [`kill`](Self::kill).
    pub fn restart(&mut self) {
        self.kill();
        let log = fs::File::create(self.folder.path().join("log")).unwrap();
        let mut server = program(&self.bin, "postgres");
        server.arg("-D").arg(self.data()).arg("-k").arg(self.folder.path());
        server.args(["-p", &self.port.to_string(), "-h", "127.0.0.1"]);
        let is_durable = if self.is_durable { "fsync=on" } else { "fsync=off" };
        for setting in [is_durable, "max_connections=100", "shared_buffers=16MB", "logging_collector=off"] {
            server.args(["-c", setting]);
        }
        server.current_dir(self.folder.path()).stdout(Stdio::null()).stderr(log);
        self.server = Some(server.spawn().unwrap());
        within(START_TIMEOUT, "PostgreSQL accepts connections", || self.is_ready());
    }

    fn is_ready(&self) -> bool {
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap();
        // A standby accepts read-only connections.
        log.contains("database system is ready to accept")
    }

    /// Ends the server as a crash does.
    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            // An immediate shutdown leaves no shared memory, and the next start recovers from the log.
            self.signal_to(server.id(), "QUIT");
            let _ = server.wait();
        }
    }

    /// Serves TLS with a certificate and its key, in PEM. The server restarts.
    pub fn enable_tls(&mut self, certificate: &str, key: &str) {
        let data = self.data();
        for (name, pem) in [("server.crt", certificate), ("server.key", key)] {
            let file = data.join(name);
            fs::write(&file, pem).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
            give_to_server(&file);
        }
        let settings = data.join("postgresql.conf");
        let text = fs::read_to_string(&settings).unwrap();
        fs::write(&settings, format!("{text}\nssl = on\n")).unwrap();
        self.restart();
    }

    /// Saves the state of the database, for [`go_back`](Self::go_back). The server restarts.
    pub fn save(&mut self) {
        self.kill();
        copy(&self.data(), &self.folder.path().join("saved"));
        self.restart();
    }

    /// Returns the database to the saved state, as a standby that lacks the newest changes, or a restored backup.
    pub fn go_back(&mut self) {
        self.kill();
        fs::remove_dir_all(self.data()).unwrap();
        fs::rename(self.folder.path().join("saved"), self.data()).unwrap();
        self.restart();
    }

    /// Stops all processes of the server, which then do not answer, as when its machine hangs.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets the processes continue.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// Sends a signal to the server and its children.
    fn signal(&self, name: &str) {
        let Some(server) = &self.server else { return };
        let id = server.id();
        for child in fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap().split_whitespace()
        {
            self.signal_to(child.parse().unwrap(), name);
        }
        self.signal_to(id, name);
    }

    fn signal_to(&self, id: u32, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &id.to_string()]).stderr(Stdio::null()).status();
        assert!(sent.is_ok(), "{}", self.folder.path().display());
    }

    /// Runs SQL with `psql` and returns its output.
    ///
    /// # Panics
    ///
    /// If the SQL fails.
    pub fn sql(&self, sql: &str) -> String {
        self.sql_in("postgres", sql)
    }

    /// Runs SQL in another database of the server.
    fn sql_in(&self, database: &str, sql: &str) -> String {
        let mut psql = program(&self.bin, "psql");
        let url = format!("postgres://postgres@127.0.0.1:{}/{database}", self.port);
        psql.args(["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql, &url]);
        let output = psql.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.resume_if_running();
        self.kill();
    }
}

impl Postgres {
    fn resume_if_running(&self) {
        if self.server.is_some() {
            self.resume();
        }
    }
}

fn find(name: &str) -> Option<PathBuf> {
    let named = env::var_os(POSTGRES_BIN).map(PathBuf::from).into_iter();
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = named.chain(env::split_paths(&path)).chain([PathBuf::from(DEBIAN)]);
    // `initdb` is beside the server, and seldom in `PATH`.
    let mut found = folders.filter(|folder| folder.join(name).is_file() && folder.join("initdb").is_file());
    // `PATH` can have links to some of the programs.
    fs::canonicalize(found.next()?.join(name)).ok()?.parent().map(Path::to_owned)
}

/// Creates a folder that the server can use.
fn folder() -> TempDir {
    let folder = tempfile::Builder::new().prefix("prefab-postgres-").tempdir().unwrap();
    give_to_server(folder.path());
    folder
}

/// Gives a file or folder to the user that runs the server.
fn give_to_server(path: &Path) {
    if let Some((user, group)) = account() {
        chown(path, Some(user), Some(group)).unwrap();
    }
}

/// Returns a port that is free. Another program could take it before the server does, but not often.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Creates the files of an empty database.
fn create_data(bin: &Path, data: &Path) {
    let mut create = program(bin, "initdb");
    create.args(["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--wal-segsize=1"]);
    create.arg("--pgdata").arg(data).current_dir("/");
    let created = create.output().unwrap();
    assert!(created.status.success(), "{}", String::from_utf8_lossy(&created.stderr));
}

/// Returns the copy of an empty database beside the test programs. A copy is faster than `initdb`.
///
/// Its name contains the version of PostgreSQL, because another version cannot open the files.
fn template(bin: &Path) -> Option<PathBuf> {
    let version = program(bin, "postgres").arg("--version").output().ok()?.stdout;
    let version = String::from_utf8(version).ok()?;
    let version =
        version.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
    let program = env::current_exe().ok()?;
    let is_root = if account().is_some() { "root" } else { "user" };
    Some(program.parent()?.join(format!("empty-postgres-{version}-database-{is_root}")))
}

/// Saves the copy, unless another test has done so.
fn save(data: &Path, template: &Path) {
    let part = template.with_extension(std::process::id().to_string());
    copy(data, &part);
    if fs::rename(&part, template).is_err() {
        let _ = fs::remove_dir_all(&part);
    }
}

/// Copies a folder with its owners.
fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").args(["-a", "--reflink=auto"]).arg(from).arg(to).status().unwrap();
    assert!(status.success(), "{}", to.display());
}

/// Returns a command for a program, as a user that may run it.
fn program(bin: &Path, name: &str) -> Command {
    let mut command = Command::new(bin.join(name));
    if let Some((user, group)) = account() {
        command.uid(user).gid(group);
    }
    command.env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
    command
}

/// Returns the user and group of `postgres` if this process runs as root.
fn account() -> Option<(u32, u32)> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let user = status.lines().find_map(|line| line.strip_prefix("Uid:"))?.split_whitespace().nth(1)?;
    if user != "0" {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").ok()?;
    let fields: Vec<&str> = users.lines().find(|line| line.starts_with("postgres:"))?.split(':').collect();
    Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
}
