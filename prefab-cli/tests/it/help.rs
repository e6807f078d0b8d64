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

#[test]
fn every_verb_has_a_manual_page() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("man");
    assert_eq!(help(&["man", folder.to_str().unwrap()]), "");
    let page = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    assert!(page("prefab.1").contains("prefab\\-serve(1)"), "{}", page("prefab.1"));
    assert!(page("prefab-serve.1").contains("PREFAB_SERVER_LISTEN"));
    assert!(page("prefab-key-rotate.1").contains(".TH"));
    assert!(!page("prefab.1").contains("prefab\\-man(1)"), "hidden verbs are not in the manual");
}
