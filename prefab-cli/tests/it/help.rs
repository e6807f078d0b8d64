//! The reviewed help texts.

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
fn the_main_help_lists_every_command() {
    insta::assert_snapshot!(help(&["--help"]));
}

#[test]
fn command_help_is_as_reviewed() {
    for verb in ["set", "rollout", "log-level", "override", "import", "secret", "list"] {
        insta::assert_snapshot!(verb, help(&[verb, "--help"]));
    }
}
