//! The log level of one user changes on a server while the program runs.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use prefab_client::{Client, Context, ContextSet, Datasources, scope};
use prefab_server::{KeyKind, Options, Running};
use prefab_testing::eventually;
use tracing_subscriber::{Layer as _, layer::SubscriberExt as _};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn user(key: &'static str) -> ContextSet {
    Context::new("user").with("key", key).into()
}

/// Handles one request of each user.
fn serve_both(lines: &Lines) -> String {
    for name in ["ada", "bob"] {
        let _scope = scope::enter(user(name));
        tracing::debug!(target: "shop::db", "query for {name}");
        tracing::error!(target: "shop::db", "failure for {name}");
    }
    lines.take()
}

fn soon(lines: &Lines, what: &str, holds: impl Fn(&str) -> bool) {
    eventually(what, || {
        let output = serve_both(lines);
        for name in ["ada", "bob"] {
            assert!(output.contains(&format!("failure for {name}")), "a line is missing: {output}");
        }
        holds(&output)
    });
}

/// Runs the command with an admin key.
fn prefab(server: &Running, args: &[&str]) {
    let key = server.keys.iter().find(|key| key.kind == KeyKind::Admin).unwrap();
    let mut command = assert_cmd::Command::cargo_bin("prefab").unwrap();
    command.args(args).env("PREFAB_URL", &server.url).env("PREFAB_ADMIN_KEY", &key.key).assert().success();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_level_of_one_user_changes_while_the_program_runs() {
    let dir = tempfile::tempdir().unwrap();
    let server = prefab_server::serve(Options::local(dir.path())).await.unwrap();
    let backend = server.keys.iter().find(|key| key.kind == KeyKind::Backend).unwrap();
    let builder =
        Client::in_memory().datasources(Datasources::All).value("log-level", prefab_client::LogLevel::Warn);
    let client = builder.api_key(&backend.key).api_urls([&server.url]).local_cache(false);
    let client = client.build_async().await.unwrap();

    let lines = Lines::default();
    let writer = lines.clone();
    let printed = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
    let subscriber = tracing_subscriber::registry().with(printed.with_filter(client.log_filter()));
    let _printing = tracing::subscriber::set_default(subscriber);

    let output = serve_both(&lines);
    assert!(!output.contains("query"), "{output}");

    prefab(&server, &["log-level", "shop::db", "debug", "--for", "user.key=ada", "--expires", "30m"]);
    soon(&lines, "ada at debug", |output| {
        output.contains("query for ada") && !output.contains("query for bob")
    });

    prefab(&server, &["log-level", "shop::db", "--remove", "--for", "user.key=ada"]);
    soon(&lines, "the old level", |output| !output.contains("query"));

    prefab(&server, &["segment", "set", "ours", "user.key=bob"]);
    prefab(&server, &["log-level", "shop::db", "debug", "--for-segment", "ours", "--expires", "30m"]);
    soon(&lines, "a segment at debug", |output| {
        output.contains("query for bob") && !output.contains("query for ada")
    });
    prefab(&server, &["log-level", "shop::db", "--remove", "--for-segment", "ours"]);
    soon(&lines, "the old level again", |output| !output.contains("query"));
    server.shutdown().await;
}
