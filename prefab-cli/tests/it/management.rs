//! The commands that manage a server, as processes against a real server.

use std::{fs, process::Command as Process};

use assert_cmd::Command;
use prefab_client::Client;
use prefab_server::{KeyKind, Options, Running};
use prefab_testing::eventually_async;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

pub(crate) struct Workspace {
    pub(crate) dir: TempDir,
    pub(crate) server: Running,
}

impl Workspace {
    pub(crate) async fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let server = prefab_server::serve(Options::local(dir.path().join("data"))).await.unwrap();
        Self { dir, server }
    }

    pub(crate) fn key(&self, kind: KeyKind) -> &str {
        &self.server.keys.iter().find(|key| key.kind == kind).unwrap().key
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::cargo_bin("prefab").unwrap();
        command
            .current_dir(self.dir.path())
            .env("HOME", self.dir.path())
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("PREFAB_API_KEY")
            .env("PREFAB_URL", &self.server.url)
            .env("PREFAB_ADMIN_KEY", self.key(KeyKind::Admin))
            .args(args);
        command
    }

    /// Runs a command that must succeed, and returns its output.
    pub(crate) fn run(&self, args: &[&str]) -> String {
        let output = self.command(args).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{args:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must fail, and returns its exit code and output.
    pub(crate) fn fails(&self, args: &[&str]) -> (i32, String) {
        let output = self.command(args).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_can_be_created_changed_inspected_and_reverted() {
    let workspace = Workspace::new().await;
    assert!(workspace.run(&["create", "max-jobs", "--type", "int", "--value", "30"]).contains("with 30"));
    let client = Client::in_memory().datasources(prefab_client::Datasources::All).local_cache(false);
    let client = client
        .api_key(workspace.key(KeyKind::Backend))
        .api_urls([&workspace.server.url])
        .build_async()
        .await
        .unwrap();
    assert_eq!(client.get_or("max-jobs", 0), 30);

    workspace.run(&["set", "max-jobs", "50", "-m", "more work"]);
    eventually_async("the change in the program", || client.get_or("max-jobs", 0) == 50).await;
    workspace.run(&["set-default", "max-jobs", "--value", "60", "--environment", "Production", "--confirm"]);
    let info = workspace.run(&["info", "max-jobs"]);
    assert!(info.contains("Default: 50") && info.contains("Production: 60"), "{info}");
    assert_eq!(workspace.run(&["diff", "max-jobs"]), "Production: 60\n");
    assert!(workspace.run(&["history", "max-jobs"]).contains("“more work”"));

    workspace.run(&["revert", "max-jobs", "--yes"]);
    assert!(workspace.run(&["info", "max-jobs"]).contains("Production: default rules"));
    workspace.run(&["archive", "max-jobs", "--yes"]);
    assert_eq!(workspace.fails(&["info", "max-jobs"]).0, 4);
    client.close_async().await;
    workspace.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_print_a_hint_and_set_the_exit_code() {
    let workspace = Workspace::new().await;
    workspace.run(&["create", "max-jobs", "--type", "int"]);
    for (args, code, words) in [
        (&["set", "max-jbos", "3"][..], 4, "did you mean `max-jobs`?"),
        (&["set", "max-jobs", "many"], 2, "expected an integer"),
        (&["set", "max-jobs"], 2, "no value; for example"),
        (&["set", "max-jobs", "3", "-e", "Prodution"], 2, "expected one of Development, Staging, Production"),
        (&["create", "max-jobs", "--type", "int"], 5, "change it with `prefab set max-jobs VALUE`"),
        (&["create", "other", "--type", "number"], 2, "expected boolean-flag"),
        (&["revert", "max-jobs", "--yes"], 3, "has only one version"),
        (&["archive", "max-jobs"], 2, "--yes"),
        (&["log-level", "my_app"], 2, "no level; for example"),
        (&["log-level", "my_app", "LOUD"], 1, "expected TRACE"),
        (&["rollout", "max-jobs", "120%"], 2, "between 0% and 100%"),
        (&["set", "max-jobs", "3", "--api-key", "unknown"], 1, "prefab login"),
        (&["set", "max-jobs", "3", "--url", "http://127.0.0.1:9"], 3, "start one with `prefab serve`"),
    ] {
        let (ended, output) = workspace.fails(args);
        assert_eq!(ended, code, "{args:?}: {output}");
        assert!(output.contains(words), "{args:?}: {output}");
    }
    workspace.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn percentages_users_and_segments_can_have_their_own_value() {
    let workspace = Workspace::new().await;
    workspace.run(&["create", "new-checkout", "--type", "boolean-flag"]);
    let output = workspace.run(&["rollout", "new-checkout", "10%", "-e", "Production"]);
    assert!(output.contains("10% true, 90% false by user.key"), "{output}");
    workspace.run(&["override", "new-checkout", "true", "--user", "ann", "--expires", "30m"]);
    let listed = workspace.run(&["override"]);
    assert!(listed.contains("for ann in Development, until"), "{listed}");
    workspace.run(&["override", "new-checkout", "--remove", "--user", "ann"]);
    assert_eq!(workspace.run(&["override"]), "");

    // A rule for a user is another thing than the override of an API key's owner.
    let asked = |user: &str| {
        let context = format!("user.key={user}");
        workspace.run(&["get", "new-checkout", "-e", "Development", "--context", &context])
    };
    let output = workspace.run(&["override", "new-checkout", "true", "--for", "user.key=ann,bob"]);
    assert!(output.contains("for contexts with user.key=ann,bob in Development: true"), "{output}");
    assert_eq!(
        (asked("ann"), asked("bob"), asked("eve")),
        ("true\n".into(), "true\n".into(), "false\n".into())
    );
    workspace.run(&["override", "new-checkout", "--for", "user.key=ann,bob", "--remove"]);
    assert_eq!(asked("ann"), "false\n");
    assert!(workspace.run(&["info", "new-checkout"]).contains("Development: default rules"));
    let (code, output) = workspace.fails(&["override", "new-checkout", "--for", "user.key=ann", "--remove"]);
    assert!(code == 3 && output.contains("no such rule in Development"), "{code}: {output}");
    let (code, output) = workspace.fails(&["override", "new-checkout", "true"]);
    assert!(code == 2 && output.contains("--for user.key=ann"), "{code}: {output}");
    workspace.run(&["segment", "set", "beta", "user.plan=pro,team"]);
    assert_eq!(workspace.run(&["segment", "list"]), "beta\n");
    let compared = workspace.run(&["env", "compare", "Development", "Production"]);
    assert!(compared.contains("new-checkout"), "{compared}");
    workspace.run(&["env", "copy", "Production", "Staging", "--yes"]);
    let compared = workspace.run(&["env", "compare", "Staging", "Production"]);
    assert!(compared.contains("the same rules"), "{compared}");
    workspace.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_can_be_filtered_by_several_tags() {
    let workspace = Workspace::new().await;
    for (key, tags) in [("both", &["team a", "old"][..]), ("one", &["old"]), ("none", &[])] {
        let value = json!({"rules": [{"value": {"type": "string", "value": "x"}}]});
        let item =
            json!({"key": key, "type": "config", "valueType": "string", "tags": tags, "default": value});
        let url = format!("{}/api/manage/v1/projects/1/items", workspace.server.url);
        let request = reqwest::Client::new().post(url).bearer_auth(workspace.key(KeyKind::Admin));
        let answer = request.body(json!({"item": item}).to_string()).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    let listed = |tags: &[&str]| -> Vec<String> {
        let mut command = workspace.command(&["list", "--json"]);
        command.env("PREFAB_API_KEY", workspace.key(KeyKind::Backend));
        command.args(tags.iter().flat_map(|tag| ["--tag", tag]));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let lines = String::from_utf8(output.stdout).unwrap();
        let key =
            |line: &str| serde_json::from_str::<Json>(line).unwrap()["key"].as_str().unwrap().to_owned();
        lines.lines().map(key).collect()
    };
    assert_eq!(listed(&[]), ["both", "none", "one"]);
    assert_eq!(listed(&["old"]), ["both", "one"]);
    assert_eq!(listed(&["old", "team a"]), ["both"]);
    assert_eq!(listed(&["team b"]), [""; 0]);

    let sdk = workspace.key(KeyKind::Backend);
    let (code, output) = workspace.fails(&["list", "--tag", "old", "--api-key", sdk]);
    assert_eq!(code, 1, "{output}");
    assert!(output.contains("admin key"), "{output}");
    let admin = workspace.key(KeyKind::Admin);
    assert!(workspace.run(&["list", "both", "--tag", "old", "--api-key", admin]).contains("both"));

    let tagged = r#"{"configs": [{"id": "1", "key": "of-file", "configType": "CONFIG", "valueType": "STRING",
        "tags": ["old"], "rows": [{"values": [{"value": {"string": "x"}}]}]}]}"#;
    fs::write(workspace.path("file.json"), tagged).unwrap();
    let file = workspace.path("file.json");
    assert!(workspace.run(&["list", "--tag", "old", "--datafile", &file]).contains("of-file"));
    let none = workspace.command(&["list", "--tag", "new", "--datafile", &file]).output().unwrap();
    let output = String::from_utf8(none.stderr).unwrap();
    assert!(output.contains("no keys with the tag `new`"), "{output}");
    workspace.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_can_be_imported_into_a_new_server() {
    let workspace = Workspace::new().await;
    workspace.run(&["create", "max-jobs", "--type", "int", "--value", "30"]);
    workspace.run(&["create", "greeting", "--type", "string", "--value", "hello"]);
    workspace.run(&["export", "-o", &workspace.path("all.json")]);
    assert!(workspace.run(&["import", &workspace.path("all.json")]).contains("2 the same"));

    let other = Workspace::new().await;
    let plan = other.run(&["import", &workspace.path("all.json"), "--dry-run"]);
    assert!(plan.contains("2 to create"), "{plan}");
    assert_eq!(other.fails(&["import", &workspace.path("all.json")]).0, 2);
    other.run(&["import", &workspace.path("all.json"), "--yes"]);
    assert!(other.run(&["info", "greeting"]).contains("Default: hello"));

    let mut broken: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(workspace.path("all.json")).unwrap()).unwrap();
    broken["configs"][0]["key"] = "farewell".into();
    broken["configs"][1]["key"] = "elsewhere".into();
    broken["configs"][1]["rows"][0]["projectEnvId"] = "99".into();
    std::fs::write(workspace.path("broken.json"), broken.to_string()).unwrap();
    let (code, output) = other.fails(&["import", &workspace.path("broken.json"), "--yes"]);
    assert!(output.contains("--skip-broken"), "{code}: {output}");
    let taken = other.run(&["import", &workspace.path("broken.json"), "--skip-broken", "--yes"]);
    assert!(
        taken.contains("! config `elsewhere`")
            && taken.contains("Imported 1 items. Skipped 1 invalid entries."),
        "{taken}"
    );

    workspace.run(&["backup", &workspace.path("copy.db")]);
    let (code, error) = workspace.fails(&["backup", &workspace.path("copy.db")]);
    assert!(code != 0 && error.contains("copy.db already exists; remove it"), "{error}");
    workspace.run(&["restore", &workspace.path("copy.db"), "--data-dir", &workspace.path("again")]);
    let refused =
        workspace.fails(&["restore", &workspace.path("copy.db"), "--data-dir", &workspace.path("again")]);
    assert_eq!(refused.0, 3, "{}", refused.1);
    workspace.server.shutdown().await;
    other.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_is_encrypted_locally_and_rotated_to_another_key() {
    let workspace = Workspace::new().await;
    let keys = [workspace.run(&["secret", "generate-key"]), workspace.run(&["secret", "generate-key"])];
    assert!(keys.iter().all(|key| key.trim().len() == 64) && keys[0] != keys[1]);
    workspace.run(&["create", "prefab.secrets.encryption.key", "--type", "string", "--env-var", "OLD_KEY"]);
    workspace.run(&["create", "next.key", "--type", "string", "--env-var", "NEW_KEY"]);
    let with_keys = |args: &[&str]| {
        let mut command = workspace.command(args);
        command.env("OLD_KEY", keys[0].trim()).env("NEW_KEY", keys[1].trim());
        command
    };
    with_keys(&["create", "token", "--type", "string", "--value", "hush", "--secret"]).assert().success();
    assert!(workspace.run(&["info", "token"]).contains("[encrypted]"));
    let read = |dir: &Workspace| {
        let mut command = with_keys(&["get", "token", "--reveal", "--api-key", dir.key(KeyKind::Backend)]);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert_eq!(read(&workspace), "hush\n");
    with_keys(&["secret", "rotate", "--to", "next.key", "--yes"]).assert().success();
    let item: Json = serde_json::from_str(&workspace.run(&["info", "token", "--json"])).unwrap();
    assert_eq!(item["default"]["rules"][0]["value"]["decryptWith"], "next.key");
    assert_eq!(read(&workspace), "hush\n");
    workspace.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_is_saved_in_a_private_file() {
    let workspace = Workspace::new().await;
    let key = workspace.key(KeyKind::Admin).to_owned();
    let mut login = workspace.command(&["login"]);
    login.env_remove("PREFAB_ADMIN_KEY").write_stdin(format!("{key}\n")).assert().success();
    let kept = workspace.dir.path().join(".config/prefab/login.json");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let mut list = workspace.command(&["env", "list"]);
    list.env_remove("PREFAB_ADMIN_KEY").env_remove("PREFAB_URL").assert().success();
    // It is not sent to another server.
    let mut elsewhere = workspace.command(&["env", "list", "--url", "http://127.0.0.1:9"]);
    let output = elsewhere.env_remove("PREFAB_ADMIN_KEY").output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("no admin key"));
    workspace.command(&["logout"]).assert().success();
    assert!(!kept.exists());
    workspace.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_typed_example_is_up_to_date() {
    let workspace = Workspace::new().await;
    for (key, kind) in [
        ("max-jobs", "int"),
        ("new-checkout", "flag"),
        ("http.timeout", "duration"),
        ("hosts", "string-list"),
        ("theme", "json"),
    ] {
        workspace.run(&["create", key, "--type", kind]);
    }
    workspace.run(&["generate", "--target", "rust", "--output-dir", &workspace.path("code")]);
    let written = fs::read_to_string(workspace.dir.path().join("code/prefab_configs.rs")).unwrap();
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/typed/prefab_configs.rs");
    if std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always") {
        fs::write(example, &written).unwrap();
    }
    assert_eq!(written, fs::read_to_string(example).unwrap());
    workspace.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn generated_code_covers_every_config() {
    let workspace = Workspace::new().await;
    workspace.run(&["create", "max-jobs", "--type", "int", "--value", "30"]);
    workspace.run(&["create", "new-checkout", "--type", "boolean-flag"]);
    for (target, file, words) in [
        ("rust", "prefab_configs.rs", "pub fn max_jobs(&self) -> Result<i64, Error>"),
        ("node-ts", "prefab-server.ts", "maxJobs(contexts?: Contexts): number"),
        ("react-ts", "prefab-client.ts", "get newCheckout(): boolean"),
        ("python-pydantic", "prefab.py", "def max_jobs(self, contexts: Contexts = None) -> int"),
        ("ruby", "prefab_client.rb", "def new_checkout?(contexts = nil)"),
    ] {
        workspace.run(&["generate", "--target", target, "--output-dir", &workspace.path("code")]);
        let code = fs::read_to_string(workspace.dir.path().join("code").join(file)).unwrap();
        assert!(code.contains(words), "{code}");
    }
    // If Python is installed, it compiles the module.
    let mut python = Process::new("python3");
    if let Ok(status) =
        python.args(["-m", "py_compile", "code/prefab.py"]).current_dir(workspace.dir.path()).status()
    {
        assert!(status.success());
    }
    workspace.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_reports_checks_and_sdk_settings() {
    let workspace = Workspace::new().await;
    let output = workspace.run(&["doctor", "--api-key", workspace.key(KeyKind::Backend)]);
    for words in ["responds in", "the key is valid", "PREFAB_STREAM_URL=", "Browser", "REFORGE_API_URL="] {
        assert!(output.contains(words), "{output}");
    }
    let bad = workspace.command(&["doctor", "--api-key", "1-unknown"]).output().unwrap();
    assert_eq!(bad.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&bad.stdout).contains("FAIL"));
    let quoted = format!("\"{}\"", workspace.key(KeyKind::Backend));
    let quoted = workspace.command(&["doctor", "--api-key", &quoted]).output().unwrap();
    let output = String::from_utf8_lossy(&quoted.stdout).into_owned();
    assert!(output.contains("FAIL  the API key contains quotes") && !output.contains("revoked"), "{output}");
    workspace.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_maps_and_creates_environments() {
    let workspace = Workspace::new().await;
    let file = workspace.path("unfiltered.json");
    let rows = |id: &str| serde_json::json!({"projectEnvId": id, "values": [{"value": {"string": id}}]});
    let config = serde_json::json!({"key": "a.b", "configType": "CONFIG", "valueType": "STRING",
        "rows": [rows("143"), rows("144")]});
    std::fs::write(&file, serde_json::json!({"configs": [config]}).to_string()).unwrap();
    for args in [&["import", &file, "--dry-run"][..], &["import", &file, "--yes"]] {
        let (code, output) = workspace.fails(args);
        assert!(code == 3 && output.contains("--map 143=NAME maps an environment"), "{code}: {output}");
    }
    assert_eq!(workspace.fails(&["import", &file, "--map", "143"]).0, 2);
    let args = ["import", &file, "--yes", "--map", "143=production", "--create-environments"];
    let output = workspace.run(&args);
    assert!(output.contains("environment 143 is Production"), "{output}");
    assert!(output.contains("environment 144 is the new environment Environment 144"), "{output}");
    assert!(workspace.run(&["env", "list"]).contains("Environment 144"));
}
