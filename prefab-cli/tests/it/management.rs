//! The verbs that manage a server, as processes against a real one.

use std::{fs, process::Command as Process};

use assert_cmd::Command;
use prefab_client::Client;
use prefab_server::{KeyKind, Options, Running};
use prefab_testing::eventually_async;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

struct Desk {
    dir: TempDir,
    server: Running,
}

impl Desk {
    async fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let server = prefab_server::serve(Options::local(dir.path().join("data"))).await.unwrap();
        Self { dir, server }
    }

    fn key(&self, kind: KeyKind) -> &str {
        &self.server.keys.iter().find(|key| key.kind == kind).unwrap().key
    }

    fn command(&self, args: &[&str]) -> Command {
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

    /// Runs a verb that is to work, and returns what it printed.
    fn run(&self, args: &[&str]) -> String {
        let output = self.command(args).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{args:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a verb that is not to work, and returns how it ended and what it said.
    fn fails(&self, args: &[&str]) -> (i32, String) {
        let output = self.command(args).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_can_be_created_changed_inspected_and_reverted() {
    let desk = Desk::new().await;
    assert!(desk.run(&["create", "max-jobs", "--type", "int", "--value", "30"]).contains("with 30"));
    let client = Client::in_memory().datasources(prefab_client::Datasources::All).local_cache(false);
    let client =
        client.api_key(desk.key(KeyKind::Backend)).api_urls([&desk.server.url]).build_async().await.unwrap();
    assert_eq!(client.get_or("max-jobs", 0), 30);

    desk.run(&["set", "max-jobs", "50", "-m", "more work"]);
    eventually_async("the change in the program", || client.get_or("max-jobs", 0) == 50).await;
    desk.run(&["set-default", "max-jobs", "--value", "60", "--environment", "Production", "--confirm"]);
    let info = desk.run(&["info", "max-jobs"]);
    assert!(info.contains("Default: 50") && info.contains("Production: 60"), "{info}");
    assert_eq!(desk.run(&["diff", "max-jobs"]), "Production: 60\n");
    assert!(desk.run(&["history", "max-jobs"]).contains("“more work”"));

    desk.run(&["revert", "max-jobs", "--yes"]);
    assert!(desk.run(&["info", "max-jobs"]).contains("Production: default rules"));
    desk.run(&["archive", "max-jobs", "--yes"]);
    assert_eq!(desk.fails(&["info", "max-jobs"]).0, 4);
    client.close_async().await;
    desk.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_print_a_hint_and_set_the_exit_code() {
    let desk = Desk::new().await;
    desk.run(&["create", "max-jobs", "--type", "int"]);
    for (args, code, words) in [
        (&["set", "max-jbos", "3"][..], 4, "did you mean `max-jobs`?"),
        (&["set", "max-jobs", "many"], 2, "expected an integer"),
        (&["set", "max-jobs"], 2, "no value; for example"),
        (&["set", "max-jobs", "3", "-e", "Prodution"], 2, "the project has Development, Staging, Production"),
        (&["create", "max-jobs", "--type", "int"], 5, "change it with `prefab set max-jobs VALUE`"),
        (&["create", "other", "--type", "number"], 2, "expected boolean-flag"),
        (&["revert", "max-jobs", "--yes"], 3, "has only one version"),
        (&["archive", "max-jobs"], 2, "--yes"),
        (&["log-level", "my_app"], 2, "no level; for example"),
        (&["log-level", "my_app", "LOUD"], 1, "expected TRACE"),
        (&["rollout", "max-jobs", "120%"], 2, "between 0% and 100%"),
        (&["set", "max-jobs", "3", "--api-key", "nobody"], 1, "prefab login"),
        (&["set", "max-jobs", "3", "--url", "http://127.0.0.1:9"], 3, "start one with `prefab serve`"),
    ] {
        let (ended, said) = desk.fails(args);
        assert_eq!(ended, code, "{args:?}: {said}");
        assert!(said.contains(words), "{args:?}: {said}");
    }
    desk.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn percentages_users_and_segments_can_have_their_own_value() {
    let desk = Desk::new().await;
    desk.run(&["create", "new-checkout", "--type", "boolean-flag"]);
    let said = desk.run(&["rollout", "new-checkout", "10%", "-e", "Production"]);
    assert!(said.contains("10% true, 90% false by user.key"), "{said}");
    desk.run(&["override", "new-checkout", "true", "--user", "ann", "--expires", "30m"]);
    let listed = desk.run(&["override"]);
    assert!(listed.contains("for ann in Development, until"), "{listed}");
    desk.run(&["override", "new-checkout", "--remove", "--user", "ann"]);
    assert_eq!(desk.run(&["override"]), "");
    desk.run(&["segment", "set", "beta", "user.plan=pro,team"]);
    assert_eq!(desk.run(&["segment", "list"]), "beta\n");
    let compared = desk.run(&["env", "compare", "Development", "Production"]);
    assert!(compared.contains("new-checkout"), "{compared}");
    desk.run(&["env", "copy", "Production", "Staging", "--yes"]);
    let compared = desk.run(&["env", "compare", "Staging", "Production"]);
    assert!(compared.contains("the same rules"), "{compared}");
    desk.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_can_be_filtered_by_several_tags() {
    let desk = Desk::new().await;
    for (key, tags) in [("both", &["team a", "old"][..]), ("one", &["old"]), ("none", &[])] {
        let value = json!({"rules": [{"value": {"type": "string", "value": "x"}}]});
        let item =
            json!({"key": key, "type": "config", "valueType": "string", "tags": tags, "default": value});
        let url = format!("{}/api/manage/v1/projects/1/items", desk.server.url);
        let request = reqwest::Client::new().post(url).bearer_auth(desk.key(KeyKind::Admin));
        let answer = request.body(json!({"item": item}).to_string()).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    let listed = |tags: &[&str]| -> Vec<String> {
        let mut command = desk.command(&["list", "--json"]);
        command.env("PREFAB_API_KEY", desk.key(KeyKind::Backend));
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

    let sdk = desk.key(KeyKind::Backend);
    let (code, said) = desk.fails(&["list", "--tag", "old", "--api-key", sdk]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("admin key"), "{said}");
    let admin = desk.key(KeyKind::Admin);
    assert!(desk.run(&["list", "both", "--tag", "old", "--api-key", admin]).contains("both"));

    let tagged = r#"{"configs": [{"id": "1", "key": "of-file", "configType": "CONFIG", "valueType": "STRING",
        "tags": ["old"], "rows": [{"values": [{"value": {"string": "x"}}]}]}]}"#;
    fs::write(desk.path("file.json"), tagged).unwrap();
    let file = desk.path("file.json");
    assert!(desk.run(&["list", "--tag", "old", "--datafile", &file]).contains("of-file"));
    let none = desk.command(&["list", "--tag", "new", "--datafile", &file]).output().unwrap();
    let said = String::from_utf8(none.stderr).unwrap();
    assert!(said.contains("no keys with the tag `new`"), "{said}");
    desk.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_can_be_imported_into_a_new_server() {
    let desk = Desk::new().await;
    desk.run(&["create", "max-jobs", "--type", "int", "--value", "30"]);
    desk.run(&["create", "greeting", "--type", "string", "--value", "hello"]);
    desk.run(&["export", "-o", &desk.path("all.json")]);
    assert!(desk.run(&["import", &desk.path("all.json")]).contains("2 the same"));

    let other = Desk::new().await;
    let plan = other.run(&["import", &desk.path("all.json"), "--dry-run"]);
    assert!(plan.contains("2 to create"), "{plan}");
    assert_eq!(other.fails(&["import", &desk.path("all.json")]).0, 2);
    other.run(&["import", &desk.path("all.json"), "--yes"]);
    assert!(other.run(&["info", "greeting"]).contains("Default: hello"));

    let mut broken: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(desk.path("all.json")).unwrap()).unwrap();
    broken["configs"][0]["key"] = "farewell".into();
    broken["configs"][1]["key"] = "elsewhere".into();
    broken["configs"][1]["rows"][0]["projectEnvId"] = "99".into();
    std::fs::write(desk.path("broken.json"), broken.to_string()).unwrap();
    let (code, said) = other.fails(&["import", &desk.path("broken.json"), "--yes"]);
    assert!(said.contains("--skip-broken"), "{code}: {said}");
    let taken = other.run(&["import", &desk.path("broken.json"), "--skip-broken", "--yes"]);
    assert!(
        taken.contains("! config `elsewhere`")
            && taken.contains("Imported 1 items. Skipped 1 invalid entries."),
        "{taken}"
    );

    desk.run(&["backup", &desk.path("copy.db")]);
    desk.run(&["restore", &desk.path("copy.db"), "--data-dir", &desk.path("again")]);
    let refused = desk.fails(&["restore", &desk.path("copy.db"), "--data-dir", &desk.path("again")]);
    assert_eq!(refused.0, 3, "{}", refused.1);
    desk.server.shutdown().await;
    other.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_is_encrypted_locally_and_rotated_to_another_key() {
    let desk = Desk::new().await;
    let keys = [desk.run(&["secret", "generate-key"]), desk.run(&["secret", "generate-key"])];
    assert!(keys.iter().all(|key| key.trim().len() == 64) && keys[0] != keys[1]);
    desk.run(&["create", "prefab.secrets.encryption.key", "--type", "string", "--env-var", "OLD_KEY"]);
    desk.run(&["create", "next.key", "--type", "string", "--env-var", "NEW_KEY"]);
    let with_keys = |args: &[&str]| {
        let mut command = desk.command(args);
        command.env("OLD_KEY", keys[0].trim()).env("NEW_KEY", keys[1].trim());
        command
    };
    with_keys(&["create", "token", "--type", "string", "--value", "hush", "--secret"]).assert().success();
    assert!(desk.run(&["info", "token"]).contains("[encrypted]"));
    let read = |dir: &Desk| {
        let mut command = with_keys(&["get", "token", "--reveal", "--api-key", dir.key(KeyKind::Backend)]);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert_eq!(read(&desk), "hush\n");
    with_keys(&["secret", "rotate", "--to", "next.key", "--yes"]).assert().success();
    let item: Json = serde_json::from_str(&desk.run(&["info", "token", "--json"])).unwrap();
    assert_eq!(item["default"]["rules"][0]["value"]["decryptWith"], "next.key");
    assert_eq!(read(&desk), "hush\n");
    desk.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_is_saved_in_a_private_file() {
    let desk = Desk::new().await;
    let key = desk.key(KeyKind::Admin).to_owned();
    let mut login = desk.command(&["login"]);
    login.env_remove("PREFAB_ADMIN_KEY").write_stdin(format!("{key}\n")).assert().success();
    let kept = desk.dir.path().join(".config/prefab/login.json");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let mut list = desk.command(&["env", "list"]);
    list.env_remove("PREFAB_ADMIN_KEY").env_remove("PREFAB_URL").assert().success();
    // It is not sent to another server.
    let mut elsewhere = desk.command(&["env", "list", "--url", "http://127.0.0.1:9"]);
    let output = elsewhere.env_remove("PREFAB_ADMIN_KEY").output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("no admin key"));
    desk.command(&["logout"]).assert().success();
    assert!(!kept.exists());
    desk.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_typed_example_is_up_to_date() {
    let desk = Desk::new().await;
    for (key, kind) in [
        ("max-jobs", "int"),
        ("new-checkout", "flag"),
        ("http.timeout", "duration"),
        ("hosts", "string-list"),
    ] {
        desk.run(&["create", key, "--type", kind]);
    }
    desk.run(&["generate", "--target", "rust", "--output-dir", &desk.path("code")]);
    let written = fs::read_to_string(desk.dir.path().join("code/prefab_configs.rs")).unwrap();
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/typed/prefab_configs.rs");
    if std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always") {
        fs::write(example, &written).unwrap();
    }
    assert_eq!(written, fs::read_to_string(example).unwrap());
    desk.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn generated_code_covers_every_config() {
    let desk = Desk::new().await;
    desk.run(&["create", "max-jobs", "--type", "int", "--value", "30"]);
    desk.run(&["create", "new-checkout", "--type", "boolean-flag"]);
    for (target, file, words) in [
        ("rust", "prefab_configs.rs", "pub fn max_jobs(&self) -> Result<i64, Error>"),
        ("node-ts", "prefab-server.ts", "maxJobs(contexts?: Contexts): number"),
        ("react-ts", "prefab-client.ts", "get newCheckout(): boolean"),
        ("python-pydantic", "prefab.py", "def max_jobs(self, contexts: Contexts = None) -> int"),
        ("ruby", "prefab_client.rb", "def new_checkout?(contexts = nil)"),
    ] {
        desk.run(&["generate", "--target", target, "--output-dir", &desk.path("code")]);
        let code = fs::read_to_string(desk.dir.path().join("code").join(file)).unwrap();
        assert!(code.contains(words), "{code}");
    }
    // If Python is installed, it compiles the module.
    let mut python = Process::new("python3");
    if let Ok(status) =
        python.args(["-m", "py_compile", "code/prefab.py"]).current_dir(desk.dir.path()).status()
    {
        assert!(status.success());
    }
    desk.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_reports_checks_and_sdk_settings() {
    let desk = Desk::new().await;
    let said = desk.run(&["doctor", "--api-key", desk.key(KeyKind::Backend)]);
    for words in ["responds in", "the key is valid", "PREFAB_STREAM_URL=", "Browser"] {
        assert!(said.contains(words), "{said}");
    }
    let bad = desk.command(&["doctor", "--api-key", "1-nobody"]).output().unwrap();
    assert_eq!(bad.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&bad.stdout).contains("FAIL"));
    desk.server.shutdown().await;
}
