//! The settings of `prefab serve`: option, variable, file, default.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value as Json;

/// Returns `prefab serve` in a folder, without the variables of the test.
fn serve(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_prefab"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PREFAB_")) {
        command.env_remove(name);
    }
    command.current_dir(dir).arg("serve").args(args);
    command
}

/// Runs a command that ends, and returns its exit code, standard output and standard error.
fn ended(command: &mut Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// Returns the value and the source of a setting.
#[track_caller]
fn setting(printed: &str, name: &str) -> (String, String) {
    let all: Vec<Json> = serde_json::from_str(printed).unwrap();
    let one = all.iter().find(|setting| setting["name"] == name).unwrap();
    let text = |field: &str| one[field].as_str().unwrap().to_owned();
    (text("value"), text("source"))
}

#[test]
fn an_option_wins_over_a_variable_a_file_and_the_default() {
    let dir = tempfile::tempdir().unwrap();
    let file = "data-dir = \"from-file\"\nlisten = \"127.0.0.1:1\"\ndrain-timeout = 3\nlog-level = \"info\"\n\
                allow-damaged = true\ntrusted-proxy = [\"10.0.0.0/8\", \"::1\"]\n";
    fs::write(dir.path().join("prefab.toml"), file).unwrap();
    let mut command = serve(dir.path(), &["--check-config", "--json", "--drain-timeout", "5"]);
    command.env("PREFAB_SERVER_LISTEN", "127.0.0.1:2").env("PREFAB_SERVER_DRAIN_TIMEOUT", "4");
    let (code, printed, error) = ended(&mut command);
    assert_eq!((code, &*error), (0, ""));
    for (name, value, source) in [
        ("drain-timeout", "5", "--drain-timeout"),
        ("listen", "127.0.0.1:2", "PREFAB_SERVER_LISTEN"),
        ("data-dir", "from-file", "prefab.toml:1"),
        ("log-level", "info", "prefab.toml:4"),
        ("allow-damaged", "true", "prefab.toml:5"),
        ("trusted-proxy", "10.0.0.0/8,::1", "prefab.toml:6"),
        ("evaluations-days", "90", "default"),
        ("public-url", "", "default"),
    ] {
        assert_eq!(setting(&printed, name), (value.to_owned(), source.to_owned()), "{name}");
    }
    assert!(!dir.path().join("from-file").exists(), "a check creates nothing");

    let named = dir.path().join("other.toml");
    fs::write(&named, "audit-days = 7\n").unwrap();
    let named = named.to_str().unwrap();
    let (_, printed, _) =
        ended(serve(dir.path(), &["--check-config", "--json"]).env("PREFAB_SERVER_CONFIG", named));
    assert_eq!(setting(&printed, "audit-days"), ("7".to_owned(), format!("{named}:1")));
    assert_eq!(setting(&printed, "data-dir").1, "default", "a named file replaces prefab.toml");
}

#[test]
fn an_invalid_file_is_refused_with_every_line() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(
        dir.path().join("prefab.toml"),
        "drain-timeout = 3\nlistn = \"x\"\nmax-connections = \"many\"\n",
    )
    .unwrap();
    let (code, printed, error) = ended(&mut serve(dir.path(), &[]));
    assert_eq!((code, &*printed), (3, ""));
    assert_eq!(
        error,
        "error: invalid settings\nprefab.toml:2: unknown setting `listn`; did you mean `listen`?\n\
         prefab.toml:3: invalid value 'many' for `max-connections`: invalid digit found in string\n"
    );
    assert!(!dir.path().join("prefab-data").exists());
    let (code, _, error) = ended(&mut serve(dir.path(), &["--config", "gone.toml"]));
    assert!(code == 3 && error.contains("cannot read the settings file `gone.toml`"), "{error}");
}

#[test]
fn a_check_reads_the_files_of_the_settings() {
    let dir = tempfile::tempdir().unwrap();
    let (code, _, error) = ended(&mut serve(dir.path(), &["--check-config", "--seed-from", "gone.json"]));
    assert!(code == 3 && error.contains("invalid seed file `gone.json`"), "{error}");
    // The certificate is in the file, and the key is missing. The server must not fall back to http.
    fs::write(dir.path().join("prefab.toml"), "tls-certificate = \"cert.pem\"\n").unwrap();
    let (code, _, error) = ended(&mut serve(dir.path(), &["--check-config"]));
    assert!(code == 3 && error.contains("set both --tls-certificate and --tls-key"), "{error}");
    // The key is an option, so both are there.
    let (code, _, error) = ended(&mut serve(dir.path(), &["--check-config", "--tls-key", "key.pem"]));
    assert!(code == 3 && error.contains("cannot use the certificate or key `cert.pem`"), "{error}");
}

#[test]
fn no_output_contains_a_password() {
    let dir = tempfile::tempdir().unwrap();
    let file = "database = \"postgres://ann:s3cret@db.acme.test/prefab\"\n\
                database-listen-url = \"postgres://ann:s3cret@db.acme.test:x/prefab\"\n";
    fs::write(dir.path().join("prefab.toml"), file).unwrap();
    let (code, printed, error) = ended(&mut serve(dir.path(), &["--check-config"]));
    assert_ne!(code, 0);
    assert!(!format!("{printed}{error}").contains("s3cret"), "{printed}{error}");
    fs::write(dir.path().join("prefab.toml"), file.replace(":x/", ":1/")).unwrap();
    let (code, printed, error) = ended(&mut serve(dir.path(), &["--check-config"]));
    assert_eq!(code, 0, "{error}");
    assert!(
        printed.contains("postgres://db.acme.test:5432/prefab") && !printed.contains("s3cret"),
        "{printed}"
    );
}

#[test]
fn the_examples_of_the_page_are_valid() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/server-settings.md");
    let page = fs::read_to_string(page).unwrap();
    let examples: Vec<&str> =
        page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(examples.len(), 2);
    let dir = tempfile::tempdir().unwrap();
    let password = dir.path().join("password");
    fs::write(&password, "x").unwrap();
    for example in examples {
        let example = example.replace("/etc/prefab/database-password", password.to_str().unwrap());
        fs::write(dir.path().join("prefab.toml"), example).unwrap();
        let (code, _, error) = ended(&mut serve(dir.path(), &["--check-config"]));
        assert_eq!(code, 0, "{error}");
    }
}

#[test]
fn a_server_starts_with_a_file() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("prefab.toml"), "listen = \"127.0.0.1:0\"\ndata-dir = \"kept-here\"\n")
        .unwrap();
    let mut server = serve(dir.path(), &["--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let started = serde_json::from_str::<Json>(&line);
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(started.unwrap()["url"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{line}");
    assert!(dir.path().join("kept-here/prefab.db").exists());
}
