//! `prefab init` and `prefab verify`.

use std::{fs, path::Path, process::Command};

use prefab_server::{KeyKind, Options};

/// Runs a command in a folder, and returns its exit code, standard output and standard error.
fn run(dir: &Path, args: &[&str], variables: &[(&str, &str)]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_prefab"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PREFAB_")) {
        command.env_remove(name);
    }
    command.env_remove("XDG_CONFIG_HOME").env_remove("XDG_CACHE_HOME").env("HOME", dir.join("home"));
    let output = command.current_dir(dir).args(args).envs(variables.iter().copied()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn write(dir: &Path, name: &str, text: &str) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn keys_that_do_not_exist_fail_the_check() {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        ".prefab.default.config.yaml",
        "max-jobs: 30\nnew-checkout:\n  feature_flag: true\n  value: false\n",
    );
    write(
        dir.path(),
        "src/main.rs",
        "use prefab_client::Client;\nfn main() {\n    client.get::<i64>(\"max-jobs\");\n    client.enabled(\"new-checkout\");\n}\n",
    );
    // Files that are not ours do not count.
    write(dir.path(), "target/debug/x.rs", "prefab.enabled(\"generated\")");
    write(dir.path(), "node_modules/a/x.js", "prefab.isEnabled(\"foreign\")");
    let (code, out, error) = run(dir.path(), &["verify"], &[]);
    assert_eq!((code, &*out, &*error), (0, "2 keys in code, 0 of them unknown; there are 2 configs\n", ""));

    write(dir.path(), "web/app.ts", "import { prefab } from 'x';\n\nprefab.isEnabled('new-chekout');\n");
    let (code, out, error) = run(dir.path(), &["verify"], &[]);
    assert_eq!((code, &*out), (1, "3 keys in code, 1 of them unknown; there are 2 configs\n"));
    assert_eq!(
        error,
        "error: web/app.ts:3: there is no config `new-chekout`; did you mean `new-checkout`?\n"
    );
    let (code, out, _) = run(dir.path(), &["verify", "src", "web", "--json"], &[]);
    let list: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, 1);
    assert_eq!(list.as_array().unwrap().len(), 3);
    assert_eq!(
        list[2],
        serde_json::json!({"key": "new-chekout", "file": "web/app.ts", "line": 3, "known": false})
    );

    write(dir.path(), "keys.txt", "# keys of a typed struct\nmax-jobs\nretry.times\n");
    let (code, _, error) = run(dir.path(), &["verify", "src", "--keys-from", "keys.txt"], &[]);
    assert!(code == 1 && error.contains("keys.txt:3: there is no config `retry.times`"), "{error}");
    assert_eq!(run(dir.path(), &["verify", "gone"], &[]).0, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_looked_up_on_a_server() {
    let dir = tempfile::tempdir().unwrap();
    let server = prefab_server::serve(Options::local(dir.path().join("data"))).await.unwrap();
    let key = |kind| &*server.keys.iter().find(|key| key.kind == kind).unwrap().key;
    let admin = [("PREFAB_URL", &*server.url), ("PREFAB_ADMIN_KEY", key(KeyKind::Admin))];
    let (code, _, error) = run(dir.path(), &["create", "only-there", "--type", "flag"], &admin);
    assert_eq!(code, 0, "{error}");
    write(dir.path(), "src/main.rs", "// prefab\nfn main() {\n    client.enabled(\"only-there\");\n}\n");
    assert_eq!(run(dir.path(), &["verify", "src"], &[]).0, 1);
    let backend = [("PREFAB_API_URL", &*server.url), ("PREFAB_API_KEY", key(KeyKind::Backend))];
    let (code, _, error) = run(dir.path(), &["verify", "src"], &backend);
    assert_eq!(code, 0, "{error}");

    // If the server cannot be read, the check neither passes nor blames the code.
    let nowhere = [("PREFAB_API_URL", "http://127.0.0.1:1"), ("PREFAB_API_KEY", "1-x")];
    let (code, _, error) = run(dir.path(), &["verify", "src"], &nowhere);
    assert!(code == 3 && error.contains("nothing was checked"), "{code}: {error}");
    server.shutdown().await;
}

#[test]
fn a_new_project_is_ready() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "Cargo.toml", "[package]\nname = \"shop\"\n");
    write(dir.path(), ".gitignore", "/target");
    let (code, out, error) = run(dir.path(), &["init"], &[]);
    assert_eq!((code, &*error), (0, ""), "{out}");
    let read = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
    assert_eq!(read(".gitignore"), "/target\n/prefab-data/\n");
    // The example test uses only keys that exist.
    let (code, out, error) = run(dir.path(), &["verify"], &[]);
    assert_eq!((code, &*error), (0, ""));
    assert!(out.starts_with("2 keys in code, 0 of them unknown"), "{out}");
    assert!(read("ci/prefab-verify.sh").contains("prefab verify"));

    // A second time, it changes nothing.
    let (code, _, error) = run(dir.path(), &["init"], &[]);
    assert!(code == 3 && error.contains("cannot create ./.prefab.default.config.yaml"), "{error}");
    fs::remove_file(dir.path().join(".prefab.default.config.yaml")).unwrap();
    write(dir.path(), "tests/prefab_defaults.rs", "// ours\n");
    let (_, out, _) = run(dir.path(), &["init"], &[]);
    assert!(out.contains("Kept ./tests/prefab_defaults.rs"), "{out}");
    assert_eq!((&*read("tests/prefab_defaults.rs"), read(".gitignore").lines().count()), ("// ours\n", 2));
}

#[test]
fn only_the_defaults_can_be_created() {
    let dir = tempfile::tempdir().unwrap();
    let (code, ..) = run(dir.path(), &["init", "--defaults-only"], &[]);
    assert_eq!(code, 0);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}
