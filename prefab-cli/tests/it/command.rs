//! The command as a process: what it prints, where, and how it ends.

use std::{fs, path::Path};

use assert_cmd::Command;
use tempfile::TempDir;

const DEFAULTS: &str = r#"
max-jobs: 30
greeting: hello
secret: {value: hello.world, confidential: true}
new-checkout:
  feature_flag: true
  value: true
  criterion: {operator: PROP_ENDS_WITH_ONE_OF, property: user.email, values: ["@acme.test"]}
"#;

fn files() -> TempDir {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join(".prefab.default.config.yaml"), DEFAULTS).unwrap();
    fs::write(dir.path().join(".prefab.staging.config.yaml"), "max-jobs: 50\n").unwrap();
    dir
}

/// Runs the command and returns its exit code, standard output and standard error.
fn run(dir: &Path, args: &[&str], input: &str) -> (i32, String, String) {
    let mut command = Command::cargo_bin("prefab").unwrap();
    for name in
        ["PREFAB_ENVS", "PREFAB_DATAFILE", "PREFAB_CONFIG_CLASSPATH_DIR", "PREFAB_CONFIG_OVERRIDE_DIR"]
    {
        command.env_remove(name);
    }
    let home = dir.join("home");
    let output = command.current_dir(dir).env("HOME", home).args(args).write_stdin(input).output().unwrap();
    let place = dir.display().to_string();
    let text = |bytes| String::from_utf8(bytes).unwrap().replace(&place, "DIR");
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn get_prints_the_value_alone() {
    let dir = files();
    assert_eq!(run(dir.path(), &["get", "max-jobs"], ""), (0, "30\n".into(), String::new()));
    assert_eq!(run(dir.path(), &["get", "max-jobs", "--env", "staging"], "").1, "50\n");
    assert_eq!(run(dir.path(), &["get", "secret"], "").1, "*****18aa7\n");
    assert_eq!(run(dir.path(), &["get", "secret", "--reveal"], "").1, "hello.world\n");
    let context = r#"{"user": {"email": "ada@acme.test"}}"#;
    assert_eq!(run(dir.path(), &["get", "new-checkout", "--context", context], "").1, "true\n");
    let context =
        ["get", "new-checkout", "--context", "user.plan=pro", "--context", "user.email=ada@acme.test"];
    assert_eq!(run(dir.path(), &context, "").1, "true\n");
    let redacted = run(dir.path(), &["get", "secret"], "").2;
    assert!(redacted.contains("confidential and was printed redacted; --reveal prints it"), "{redacted}");
}

#[test]
fn a_missing_key_is_exit_code_1_with_a_hint() {
    let dir = files();
    let (code, out, error) = run(dir.path(), &["get", "max-jbos"], "");
    assert_eq!((code, out.as_str()), (1, ""));
    assert_eq!(error, "error: config `max-jbos`: no value and no default; did you mean `max-jobs`?\n");
    let unknown = |args: &[&str]| run(dir.path(), args, "");
    let only_files =
        "; only files were read; log in with `prefab login`, or set PREFAB_API_KEY, to read a server too\n";
    let (code, _, error) = unknown(&["get", "elsewhere"]);
    assert_eq!((code, error), (1, format!("error: config `elsewhere`: no value and no default{only_files}")));
    assert!(unknown(&["explain", "elsewhere"]).2.ends_with(only_files));
    assert!(unknown(&["list", "elsewhere"]).2.ends_with(only_files));
    let unmatched = "error: config `new-checkout`: no rule matches and there is no default\n";
    assert_eq!(unknown(&["get", "new-checkout"]).2, unmatched);
}

#[test]
fn a_wrong_command_line_is_exit_code_2() {
    let dir = files();
    let (code, _, error) = run(dir.path(), &["get", "max-jobs", "--context", "{"], "");
    assert_eq!(code, 2);
    assert!(error.contains(r#"examples are user.key=1 and {"user": {"key": "1"}}"#), "{error}");
    let (code, _, error) = run(dir.path(), &["get", "max-jobs", "--context", r#"{"user": 1}"#], "");
    assert!(code == 2 && error.contains("context `user`: expected an object of properties"), "{error}");
    assert_eq!(run(dir.path(), &["frobnicate"], "").0, 2);
}

#[test]
fn a_datafile_that_cannot_be_read_is_exit_code_3() {
    let dir = files();
    for args in [["get", "k", "--datafile", "none.json"], ["list", "k", "--datafile", "none.json"]] {
        let (code, _, error) = run(dir.path(), &args, "");
        assert!(code == 3 && error.contains("none.json"), "{error}");
    }
    let (code, _, error) = run(dir.path(), &["eval", "--datafile", "none.json"], "");
    assert!(code == 3 && error.contains("datafile `none.json`"), "{error}");
}

#[test]
fn list_and_explain_read_well() {
    let dir = files();
    let (code, out, _) = run(dir.path(), &["list"], "");
    assert_eq!(code, 0);
    insta::assert_snapshot!("list", out);
    let (code, out, _) =
        run(dir.path(), &["explain", "new-checkout", "--context", r#"{"user": {"email": "a@b.test"}}"#], "");
    assert_eq!(code, 1);
    insta::assert_snapshot!("explain", out);
    let (_, out, _) = run(dir.path(), &["get", "secret", "--json"], "");
    insta::assert_snapshot!("get_json", out);
}

#[test]
fn an_unreadable_file_causes_a_warning_and_other_files_still_apply() {
    let dir = files();
    fs::write(dir.path().join(".prefab.staging.config.yaml"), "a: [\n").unwrap();
    let (code, out, error) = run(dir.path(), &["get", "max-jobs", "--env", "staging"], "");
    assert_eq!((code, out.as_str()), (0, "30\n"));
    assert!(error.starts_with("warning: ./.prefab.staging.config.yaml:"), "{error}");
}

#[test]
fn eval_answers_line_by_line() {
    let dir = files();
    let datafile = r#"{"configs": [
        {"id": "1", "key": "a", "valueType": "STRING", "rows": [{"values": [
            {"criteria": [{"propertyName": "user.key", "operator": "PROP_IS_ONE_OF",
                           "valueToMatch": {"stringList": {"values": ["1"]}}}],
             "value": {"string": "one"}}, {"value": {"string": "other"}}]}]},
        {"id": "2", "key": "b", "valueType": "INT", "rows": [{"values": [
            {"value": {"provided": {"source": "ENV_VAR", "lookup": "PREFAB_TEST_B"}}}]}]}]}"#;
    fs::write(dir.path().join("data.json"), datafile).unwrap();
    let questions = [
        r#"{"id": 1, "key": "a", "contexts": {"local": {"user": {"key": "1"}}}}"#,
        r#"{"id": 2, "key": "a"}"#,
        r#"{"id": 3, "key": "b", "env": {"PREFAB_TEST_B": "42"}}"#,
        r#"{"id": 4, "key": "b", "env": {"PREFAB_TEST_B": null}}"#,
        r#"{"id": 5, "key": "c", "default": 7}"#,
        r#"{"id": 6, "key": "c"}"#,
        r#"{"id": 7, "key": "c", "client_overrides": {"on_no_default": "return_null"}}"#,
        r#"{"id": 8, "function": "enabled", "key": "a"}"#,
        "{",
        r#"{"id": 10, "key": "a", "contexts": {"local": 3}}"#,
        r#"{"id": 11, "key": "a", "contexts": {"user": {"key": "1"}}}"#,
        r#"{"id": 12, "key": "a", "key": "b"}"#,
    ];
    let (code, out, error) = run(dir.path(), &["eval", "--datafile", "data.json"], &questions.join("\n"));
    assert_eq!((code, error.as_str()), (0, ""));
    insta::assert_snapshot!("eval", out);
}

#[test]
fn eval_shows_the_telemetry_it_would_send() {
    let dir = files();
    let secret = r#"{"configs": [{"id": "7", "key": "secret", "configType": "CONFIG", "rows": [{"values": [
        {"value": {"string": "hello.world", "confidential": true}}]}]}]}"#;
    fs::write(dir.path().join("data.json"), secret).unwrap();
    let check = |aggregator: &str, rest: &str, expected: &str| {
        let question =
            format!(r#"{{"id": 1, "function": "post", "aggregator": "{aggregator}", "data": {rest}}}"#);
        let (code, out, _) = run(dir.path(), &["eval", "--datafile", "data.json"], &question);
        assert_eq!((code, out.trim_end()), (0, format!(r#"{{"id":1,"aggregate":{expected}}}"#).as_str()));
    };
    check(
        "evaluation_summary",
        r#"{"keys": ["secret", "secret", "none"]}"#,
        r#"[{"key":"secret","type":"CONFIG","value":"*****18aa7","value_type":"string","count":2,"reason":1,"summary":{"config_row_index":0,"conditional_value_index":0}}]"#,
    );
    check(
        "context_shape",
        r#"[{"user": {"key": "1"}}, {"user": {"age": 3}}]"#,
        r#"[{"name":"user","field_types":{"age":1,"key":2}}]"#,
    );
    check("example_contexts", r#"[{"user": {"key": 1}}, {"user": {"key": 1}}]"#, r#"[{"user":{"key":1}}]"#);
    check("example_contexts", r#"{"user": {"age": 3}}"#, "null");
    check(
        "example_contexts",
        r#"{"user": {"key": 1}}, "client_overrides": {"context_upload_mode": "shape_only"}"#,
        "null",
    );
    check(
        "log_path",
        r#"[{"logger_name": "a.b", "counts": {"debugs": 2, "errors": 1}}]"#,
        r#"[{"logger_name":"a.b","counts":{"debugs":2,"errors":1}}]"#,
    );
}
