//! `docs/reference/cli.md` is generated from the help of the command.

use std::fmt::Write as _;

use assert_cmd::Command;

/// Returns the help of a verb, without what the environment of the test would add.
fn help(verb: &[&str]) -> String {
    let mut command = Command::cargo_bin("prefab").unwrap();
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PREFAB_")) {
        command.env_remove(name);
    }
    let output = command.args(verb).arg("--help").env("COLUMNS", "90").output().unwrap();
    assert!(output.status.success(), "{verb:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Returns the names below "Commands:" in a help text, except `help`.
fn subcommands(help: &str) -> Vec<&str> {
    help.lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect()
}

/// Appends a section for a verb, and one for each of its subcommands.
fn section(page: &mut String, verb: &[&str]) {
    let help = help(verb);
    let text: Vec<&str> = help.trim_end().lines().map(str::trim_end).collect();
    let level = "#".repeat(verb.len() + 1);
    write!(page, "\n{level} prefab {}\n\n```text\n{}\n```\n", verb.join(" "), text.join("\n")).unwrap();
    for name in subcommands(&help) {
        section(page, &[verb, &[name]].concat());
    }
}

#[test]
fn the_command_line_reference_is_current() {
    let mut page = String::from(
        "# Command line\n\nThis page is generated from the help of `prefab`. \
         [Change values with the command](../command.md) shows the usual tasks.\n",
    );
    let first = help(&[]);
    let text: Vec<&str> = first.trim_end().lines().map(str::trim_end).collect();
    write!(page, "\n```text\n{}\n```\n", text.join("\n")).unwrap();
    for verb in subcommands(&first) {
        section(&mut page, &[verb]);
    }
    super::check_generated("reference/cli.md", &page);
}
