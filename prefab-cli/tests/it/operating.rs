//! Messages and exit codes for operators and for invalid command lines.

use std::{fs, net::TcpListener, path::Path};

use assert_cmd::Command;
use prefab_server::{KeyKind, Options, Running};
use tempfile::TempDir;

struct Workspace {
    dir: TempDir,
    server: Running,
}

fn command(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("prefab").unwrap();
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PREFAB_")) {
        command.env_remove(name);
    }
    command
        .current_dir(dir)
        .env("HOME", dir)
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("XDG_CACHE_HOME")
        .args(args);
    command
}

/// Runs a command and returns its exit code, standard output and standard error.
fn output_of(command: &mut Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

impl Workspace {
    async fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let server = prefab_server::serve(Options::local(dir.path().join("data"))).await.unwrap();
        Self { dir, server }
    }

    fn key(&self, kind: KeyKind) -> &str {
        &self.server.keys.iter().find(|key| key.kind == kind).unwrap().key
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = command(self.dir.path(), args);
        command.env("PREFAB_URL", &self.server.url).env("PREFAB_ADMIN_KEY", self.key(KeyKind::Admin));
        command
    }

    fn run(&self, args: &[&str]) -> String {
        let (code, out, error) = output_of(&mut self.command(args));
        assert_eq!(code, 0, "{args:?}: {error}");
        out
    }

    fn fails(&self, args: &[&str], code: i32, message: &str) {
        let (ended, _, error) = output_of(&mut self.command(args));
        assert!(ended == code && error.contains(message), "{args:?}: {ended}, {error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_contain_a_hint() {
    let workspace = Workspace::new().await;
    workspace.run(&["create", "new-checkout", "--type", "flag"]);
    let message = "has no override for ann in Development; `prefab override` lists the overrides";
    workspace.fails(&["override", "new-checkout", "--remove", "--user", "ann"], 4, message);
    workspace.fails(
        &["override", "new-chekout", "--remove", "--user", "ann"],
        4,
        "did you mean `new-checkout`?",
    );
    workspace.fails(&["key", "revoke", "99", "--yes"], 4, "no key 99; `prefab key list`");
    workspace.fails(&["key", "rotate", "99"], 4, "no key 99; `prefab key list`");
    workspace.fails(&["key", "revoke", "1"], 2, "pass --yes");
    workspace.fails(
        &["create", "new-checkout", "--type", "flag"],
        5,
        "change it with `prefab set new-checkout VALUE`",
    );
    workspace.fails(&["log-level", "a.b", "--remove"], 4, "`prefab log-level` lists the levels");
    workspace.fails(&["env", "protect", "Production"], 2, "--needs-comment");
    workspace.fails(&["info", "a", "--url", "127.0.0.1:1"], 2, "expected http:// or https://");
    assert!(workspace.run(&["key", "create", "-e", "Production"]).contains("-Production-"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_imported_by_its_name() {
    let workspace = Workspace::new().await;
    fs::write(workspace.dir.path().join("defaults.yaml"), "max-jobs: 30\n").unwrap();
    assert!(workspace.run(&["import", "defaults.yaml", "--yes"]).contains("Imported 1 items"));
    fs::write(workspace.dir.path().join("broken.json"), "{").unwrap();
    workspace.fails(&["import", "broken.json", "--yes"], 1, "broken.json: ");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_is_read_from_a_file_or_standard_input() {
    let workspace = Workspace::new().await;
    let args = ["create", "greeting", "--type", "string", "--value-from", "-"];
    workspace.command(&args).write_stdin("hello\n").assert().success();
    let url = workspace.server.url.clone();
    assert_eq!(workspace.run(&["get", "greeting", "--url", &url]), "hello\n");
    fs::write(workspace.dir.path().join("text"), "two\nlines\n").unwrap();
    workspace.run(&["set", "greeting", "--value-from", "text"]);
    assert_eq!(workspace.run(&["get", "greeting", "--url", &url]), "two\nlines\n");
    workspace.fails(&["set", "greeting", "x", "--value-from", "text"], 2, "cannot be used with");
    workspace.fails(&["set", "greeting", "--value-from", "none"], 3, "cannot read none");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn evaluation_uses_the_server_of_prefab_login() {
    let workspace = Workspace::new().await;
    workspace.run(&["create", "max-jobs", "--type", "int", "--value", "30"]);
    workspace.run(&["login"]);
    let url = &workspace.server.url;
    let (code, out, error) = output_of(&mut command(workspace.dir.path(), &["get", "max-jobs"]));
    assert_eq!((code, &*out), (0, "30\n"), "{error}");
    let mut offline = command(workspace.dir.path(), &["get", "max-jobs"]);
    assert_eq!(output_of(offline.env("PREFAB_DATASOURCES", "LOCAL_ONLY")).0, 1);
    let (code, out, error) =
        output_of(&mut command(workspace.dir.path(), &["get", "max-jobs", "--url", url]));
    assert_eq!((code, &*out), (0, "30\n"), "{error}");
    let (code, _, error) =
        output_of(&mut command(workspace.dir.path(), &["get", "max-jobs", "--url", "http://127.0.0.1:9"]));
    assert!(code == 2 && error.contains("log in with `prefab login --url http://127.0.0.1:9`"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_private_and_restores_into_the_named_folder() {
    let workspace = Workspace::new().await;
    workspace.run(&["create", "max-jobs", "--type", "int", "--value", "30"]);
    workspace.run(&["backup", "copy.db"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(workspace.dir.path().join("copy.db")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let message = "--overwrite replaces it and keeps it";
    workspace.fails(&["restore", "copy.db", "--data-dir", "data"], 3, message);
    assert!(
        workspace
            .run(&["restore", "copy.db", "--database", "elsewhere/own.db"])
            .contains("Restored 1 configs")
    );
    assert!(workspace.dir.path().join("elsewhere/own.db").exists());
    let mut restore = workspace.command(&["restore", "copy.db"]);
    assert_eq!(output_of(restore.env("PREFAB_SERVER_DATA_DIR", "third")).0, 0);
    assert!(workspace.dir.path().join("third/prefab.db").exists());
    assert!(workspace.run(&["recover", "--data-dir", "third"]).contains("BACKEND-ADMIN"));
    workspace.fails(&["recover", "--data-dir", "none"], 3, "does not exist");
}

#[test]
fn a_failed_start_prints_a_hint() {
    let dir = TempDir::new().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, _, error) = output_of(&mut command(dir.path(), &["serve", "--listen", &address]));
    assert!(code == 3 && error.contains("\n       another program uses this address"), "{error}");
    let (code, _, error) = output_of(&mut command(dir.path(), &["serve", "--listen", "localhost"]));
    assert!(code == 2 && error.contains("as in 127.0.0.1:8742"), "{error}");
    fs::create_dir(dir.path().join("prefab-data")).unwrap();
    fs::write(dir.path().join("prefab-data/prefab.db"), "this is not a database").unwrap();
    let mut serve = command(dir.path(), &["serve", "--listen", "127.0.0.1:0", "--log-format", "json"]);
    let (code, _, error) = output_of(&mut serve);
    assert!(
        code == 3 && error.contains("prefab-data/prefab.db") && error.contains("prefab restore"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_protected_environment_requires_an_approved_draft() {
    let workspace = Workspace::new().await;
    workspace.run(&["create", "max-jobs", "--type", "int", "--value", "30"]);
    workspace.run(&["env", "protect", "Production", "--needs-approval"]);
    workspace.fails(&["set", "max-jobs", "50", "-e", "Production"], 5, "save this as a draft");
    let saved = workspace.run(&["set", "max-jobs", "50", "-e", "Production", "--draft", "-m", "more work"]);
    assert!(saved.contains("Production: 50") && saved.contains("prefab draft approve max-jobs"), "{saved}");
    let both = workspace.run(&["set", "max-jobs", "40", "--draft"]);
    assert!(
        both.contains("from 30 to 40") && both.contains("Production: 50"),
        "both changes are in the draft: {both}"
    );
    assert!(workspace.run(&["draft", "list"]).contains("requires the approval of a second person"));
    workspace.fails(&["draft", "publish", "max-jobs"], 5, "approve this draft");
    workspace.fails(&["draft", "approve", "max-jobs"], 5, "another person must approve it");
    let other = workspace.run(&["key", "create", "Development", "--kind", "admin", "--user", "42", "--json"]);
    let other: serde_json::Value = serde_json::from_str(&other).unwrap();
    let mut approve = workspace.command(&["draft", "approve", "max-jobs"]);
    let (code, _, error) = output_of(approve.env("PREFAB_ADMIN_KEY", other["key"].as_str().unwrap()));
    assert_eq!(code, 0, "{error}");
    workspace.run(&["draft", "publish", "max-jobs"]);
    let info = workspace.run(&["info", "max-jobs"]);
    assert!(info.contains("Default: 40") && info.contains("Production: 50"), "{info}");
    workspace.fails(&["draft", "discard", "max-jobs"], 4, "`max-jobs` has no draft");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn growing_a_rollout_keeps_existing_assignments() {
    let workspace = Workspace::new().await;
    workspace.run(&["create", "greeting", "--type", "string", "--value", "hello"]);
    workspace.run(&["rollout", "greeting", "10%", "--to", "hi"]);
    assert!(workspace.run(&["rollout", "greeting", "20%", "--to", "hi"]).contains("→ 20% hi, 80% hello by"));
    workspace.fails(&["rollout", "greeting", "20%", "--to", "ahoy"], 2, "--otherwise VALUE");
    workspace.run(&["create", "password", "--type", "string", "--value", "hush", "--confidential"]);
    workspace.run(&["rollout", "password", "0%", "--to", "other"]);
    let url = workspace.server.url.clone();
    let context = r#"{"user": {"key": "1"}}"#;
    let value = workspace.run(&["get", "password", "--reveal", "--url", &url, "--context", context]);
    assert_eq!(value, "hush\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_value_does_not_fill_the_terminal() {
    let workspace = Workspace::new().await;
    fs::write(workspace.dir.path().join("long"), "line\n\u{1b}[31m".repeat(100_000)).unwrap();
    for verb in [&["create", "long", "--type", "string"][..], &["set", "long"]] {
        let output = workspace.run(&[verb, &["--value-from", "long"]].concat());
        assert!(output.len() < 1_000 && !output.contains('\u{1b}'), "{} bytes", output.len());
    }
    assert!(workspace.run(&["info", "long"]).len() < 1_000);
    let evil = "\u{1b}]0;mine\u{7}";
    workspace.run(&["set", "long", evil, "-m", evil]);
    workspace.run(&["set", "long", evil, "--draft", "-m", evil]);
    workspace.run(&["override", "long", evil, "--user", evil]);
    for verb in
        [&["history", "long"][..], &["diff", "long"], &["draft", "list"], &["override"], &["info", "long"]]
    {
        // With colors, as on a terminal.
        let (code, output, error) = output_of(workspace.command(verb).env("CLICOLOR_FORCE", "1"));
        assert!(
            code == 0 && !output.contains("\u{1b}]") && !output.contains('\u{7}'),
            "{verb:?}: {output:?} {error}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_can_be_invited_and_tokens_issued() {
    let workspace = Workspace::new().await;
    workspace.run(&["create", "max-jobs", "--type", "int", "--value", "30"]);
    let invite = ["person", "invite", "bea@example.com", "--role", "publisher", "--in", "Production=viewer"];
    assert!(workspace.run(&invite).contains("/sign-up#token="));
    assert!(
        workspace
            .run(&["person", "list"])
            .contains("bea@example.com  publisher, viewer in Production  invited")
    );
    workspace.fails(
        &["person", "remove", "cid@example.com", "--yes"],
        2,
        "`prefab person list` lists the members",
    );
    workspace.fails(&["person", "invite", "cid@example.com", "--role", "king"], 2, "expected one of");
    let create =
        ["token", "create", "release", "--role", "publisher", "-e", "Staging", "--days", "7", "--json"];
    let made: serde_json::Value = serde_json::from_str(&workspace.run(&create)).unwrap();
    let by_token = |args: &[&str]| {
        output_of(workspace.command(args).env("PREFAB_ADMIN_KEY", made["token"].as_str().unwrap()))
    };
    assert_eq!(by_token(&["set", "max-jobs", "50", "-e", "Staging"]).0, 0);
    assert_eq!(by_token(&["set", "max-jobs", "50", "-e", "Production"]).0, 1);
    let listed = workspace.run(&["token", "list"]);
    assert!(
        listed.contains("release") && listed.contains("publisher in Staging") && listed.contains("expires "),
        "{listed}"
    );
    workspace.run(&["token", "revoke", made["id"].as_str().unwrap(), "--yes"]);
    assert_eq!(by_token(&["set", "max-jobs", "60", "-e", "Staging"]).0, 1);
    workspace.fails(&["token", "revoke", "99", "--yes"], 4, "no token 99");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_last_event_id_starts_at_the_newest_event() {
    let workspace = Workspace::new().await;
    workspace.fails(&["tail", "--only", "foo"], 2, "change, draft, clients, evaluations");
}

#[test]
fn a_client_may_disconnect_after_reading() {
    use std::{io::Read as _, process::Stdio};

    let mut completions = std::process::Command::new(assert_cmd::cargo::cargo_bin("prefab"));
    let completions = completions.args(["completions", "bash"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = completions.spawn().unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && error.is_empty(), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn healthcheck_succeeds_while_the_server_is_ready() {
    let workspace = Workspace::new().await;
    assert_eq!(workspace.run(&["healthcheck"]), "");
    workspace.fails(&["healthcheck", "--timeout", "0"], 2, "0 is not in 1..=60");
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}");
    workspace.fails(&["healthcheck", "--url", &url], 3, &format!("no response from {url}/readyz"));
}

#[test]
fn healthcheck_reports_why_a_server_is_not_ready() {
    use std::io::{Read as _, Write as _};

    let dir = TempDir::new().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 1024];
        let length = stream.read(&mut request).unwrap();
        let reason = "the database is damaged";
        let head = format!("HTTP/1.1 503 Service Unavailable\r\ncontent-length: {}\r\n\r\n", reason.len());
        stream.write_all((head + reason).as_bytes()).unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    let (code, out, error) = output_of(&mut command(dir.path(), &["healthcheck", "--url", &url]));
    assert!(code == 1 && out.is_empty(), "{code}, {out}");
    assert!(error.contains("returned 503 Service Unavailable: the database is damaged"), "{error}");
    assert!(server.join().unwrap().starts_with("GET /readyz HTTP/1.1"));
}

/// The names are those of the official clients. A wrong name makes a program fail at its start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_names_options_that_sdks_have() {
    let workspace = Workspace::new().await;
    let mut doctor = workspace.command(&["doctor"]);
    let (code, out, error) = output_of(doctor.env("PREFAB_API_KEY", workspace.key(KeyKind::Backend)));
    assert_eq!(code, 0, "{out}{error}");
    for name in [
        "prefab_telemetry_url=",
        "setPrefabTelemetryHost",
        "WithTelemetryHost(",
        "apiEndpoint: ",
        "reforge_telemetry_url=",
        "api_urls=[",
        "apiUrls: [",
    ] {
        assert!(out.contains(name), "{name}: {out}");
    }
}
