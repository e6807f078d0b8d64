//! The help, as people read it.

use assert_cmd::Command;

fn help(args: &[&str]) -> String {
    let mut command = Command::cargo_bin("prefab").unwrap();
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PREFAB_")) {
        command.env_remove(name);
    }
    let output = command.args(args).env("COLUMNS", "100").output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_first_page_names_every_verb() {
    insta::assert_snapshot!(help(&["--help"]));
}

#[test]
fn verbs_say_what_they_take() {
    for verb in ["set", "rollout", "log-level", "override", "import", "secret", "list"] {
        insta::assert_snapshot!(verb, help(&[verb, "--help"]));
    }
}
