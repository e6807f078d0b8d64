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

/// Returns the names below "Commands:" in a help text with their descriptions, except `help`.
fn subcommands(help: &str) -> Vec<(String, String)> {
    let mut commands: Vec<(String, String)> = Vec::new();
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    for line in lines.take_while(|line| line.starts_with("  ")) {
        if let Some(first) = line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')) {
            let (name, about) = first.split_once(' ').unwrap_or((first, ""));
            commands.push((name.to_owned(), about.trim().to_owned()));
        } else {
            let (_, about) = commands.last_mut().unwrap();
            *about += " ";
            *about += line.trim();
        }
    }
    commands.retain(|(name, _)| name != "help");
    commands
}

/// Appends a section for a verb, and one for each of its subcommands.
fn section(page: &mut String, verb: &[&str]) {
    let help = help(verb);
    let text: Vec<&str> = help.trim_end().lines().map(str::trim_end).collect();
    let level = "#".repeat(verb.len() + 1);
    write!(page, "\n{level} prefab {}\n\n```text\n{}\n```\n", verb.join(" "), text.join("\n")).unwrap();
    for (name, _) in subcommands(&help) {
        section(page, &[verb, &[&name]].concat());
    }
}

#[test]
fn the_command_line_reference_is_current() {
    let mut page = String::from(
        "# Command line\n\nThis page is generated from the help of `prefab`. \
         [Change values with the command](../command.md) shows the usual tasks.\n",
    );
    let first = help(&[]);
    page.push_str("\n| verb | meaning |\n| --- | --- |\n");
    for (name, about) in subcommands(&first) {
        writeln!(page, "| [`{name}`](#prefab-{name}) | {} |", about.replace('|', "\\|").replace('<', "&lt;"))
            .unwrap();
    }
    if let Some((_, codes)) = first.split_once("\nExit codes:\n") {
        write!(page, "\n```text\nExit codes:\n{}\n```\n", codes.trim_end()).unwrap();
    }
    for (name, _) in subcommands(&first) {
        section(&mut page, &[&name]);
    }
    super::check_generated("reference/cli.md", &page);
}
