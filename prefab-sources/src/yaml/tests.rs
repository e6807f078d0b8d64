use std::time::{Duration, Instant};

use prefab_core::datafile::value_to_json;
use proptest::prelude::*;

use super::*;

/// Parses `text` and returns every key with its value, then every finding.
fn shown(text: &str) -> Vec<String> {
    let parsed = match parse(text, "f.yaml") {
        Ok(parsed) => parsed,
        Err(error) => return vec![error.to_string()],
    };
    let value = |item: &YamlItem| {
        let value = item.config.rows[0].values[0].value.clone().unwrap();
        format!("{} = {}", item.config.key, value_to_json(&value))
    };
    let findings = parsed.findings.iter().map(ToString::to_string);
    parsed.items.iter().map(value).chain(findings).collect()
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(shown(text), expected, "{text}");
}

fn joined(lines: impl Iterator<Item = String>) -> String {
    lines.collect::<Vec<_>>().concat()
}

fn fails(text: &str, message: &str) {
    let error = parse(text, "f.yaml").expect_err(text);
    assert_eq!(error.to_string(), message);
    assert!(!error.cause.advice().is_empty());
}

#[test]
fn invalid_yaml_is_an_error_with_its_position() {
    fails("a: 1\nb: [1, 2\n", "line 3, column 1: while parsing a flow sequence, expected ',' or ']'");
    fails("a: b: c\n", "line 1, column 5: mapping values are not allowed in this context");
    fails("a: \"x\n", "line 1, column 4: while scanning a quoted scalar, found unexpected end of stream");
    fails("a: *nowhere\n", "line 1, column 4: while parsing node, found unknown anchor");
    fails("a: 1\n---\nb: 2\n", "line 2, column 1: a second YAML document starts here");
    fails("a: 1\nü: 'x\u{7}'\n", "line 2, column 6: the control character U+0007 is not allowed");
    fails("a: \0\n", "line 1, column 4: the control character U+0000 is not allowed");
}

#[test]
fn values_of_namespaces_are_rules_with_the_deepest_first() {
    let text = "k: {value: 1, namespaces: {a: 2, a.b: 3, c.d: 4}}\n";
    let parsed = parse(text, "f.yaml").unwrap();
    let rules = &parsed.items[0].config.rows[0].values;
    let shown = rules.iter().map(|rule| {
        let namespace = rule.criteria.first().and_then(|criterion| criterion.value_to_match.as_ref());
        let namespace = namespace.map(value_to_json).unwrap_or_default();
        format!("{} {}", namespace["string"], value_to_json(rule.value.as_ref().unwrap()))
    });
    let expected =
        [r#""a.b" {"int":"3"}"#, r#""c.d" {"int":"4"}"#, r#""a" {"int":"2"}"#, r#"null {"int":"1"}"#];
    assert_eq!(shown.collect::<Vec<_>>(), expected);
    // Without `value`, or with another field, a mapping nests keys.
    check("k: {namespaces: {a: 2}}", &[r#"k.namespaces.a = {"int":"2"}"#]);
    check("k: {value: 1, namespaces: 2}", &[r#"k.value = {"int":"1"}"#, r#"k.namespaces = {"int":"2"}"#]);
    for (namespaces, problem) in [
        ("{a..b: 2}", "invalid namespace `a..b`"),
        ("{a: x}", "the value of the namespace `a` is of type string, not int"),
        ("{a: }", "the namespace `a` has no value"),
    ] {
        let found = shown_joined(&format!("k: {{value: 1, namespaces: {namespaces}}}"));
        assert!(found.contains(problem), "{found}");
    }
}

fn shown_joined(text: &str) -> String {
    shown(text).join("\n")
}

#[test]
fn each_error_has_its_own_advice() {
    let advice = |text: &str| parse(text, "f.yaml").unwrap_err().cause.advice();
    assert_eq!(advice("a:\n\tb: 1\n"), "indent with spaces and save the file again");
    assert_eq!(advice("a: @home\n"), "put the text in quotes and save the file again");
    assert_eq!(advice("a: {b: 1\n"), "correct the file and save it again");
}

#[test]
fn an_empty_text_has_no_items() {
    for text in
        ["", "\n \n", "# only this\n", "---\n", "--- ~\n", "{}", "\u{feff}", "a: {}\n", "%YAML 1.1\n---\n"]
    {
        check(text, &[]);
    }
}

#[test]
fn a_text_that_is_not_a_mapping_is_a_finding() {
    let rest = "instead of keys with values, and is ignored";
    check("- a\n- b\n", &[&format!("f.yaml:1:1: the file contains a list {rest}")]);
    check("\nhello\n", &[&format!("f.yaml:2:1: the file contains a single value {rest}")]);
}

#[test]
fn a_repeated_key_is_a_finding_with_both_lines() {
    check(
        "a: 1\nb: 2\na: 3\n",
        &[
            r#"b = {"int":"2"}"#,
            r#"a = {"int":"3"}"#,
            "f.yaml:3:1: key `a`: `a` is defined on line 1 and again on line 3; the later one applies",
        ],
    );
    check(
        "x:\n  _:\n    1: a\n    '1': b\n",
        &[
            r#"x.1 = {"string":"b"}"#,
            "f.yaml:4:5: key `x.1`: `1` is defined on line 3 and again on line 4; the later one applies",
        ],
    );
    check(
        "a: 1\na: ~\n",
        &["f.yaml:2:1: key `a`: `a` is defined on line 1 and again on line 2; the later one applies"],
    );
}

#[test]
fn aliases_are_expanded_within_limits() {
    fails("a: &a [1, *a]\n", "line 1, column 11: the alias refers to a node that contains it");
    let nines = |level: usize| vec![format!("*l{level}"); 9].join(", ");
    let bomb = joined((1..10).map(|level| format!("l{level}: &l{level} [{}]\n", nines(level - 1))));
    let bomb = format!("l0: &l0 [lol]\n{bomb}");
    let message = "aliases repeat more than 100000 nodes or 8388608 bytes";
    fails(&bomb, &format!("line 6, column 40: {message}"));

    let heavy = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), ["*a"; 9].join(","));
    fails(&heavy, &format!("line 2, column 29: {message}"));

    let merges = joined((1..40).map(|at| format!("m{at}: &m{at} {{<<: [*m{0}, *m{0}]}}\n", at - 1)));
    assert!(shown(&format!("m0: &m0 {{k: 1}}\n{merges}"))[0].ends_with(message));
}

#[test]
fn the_nesting_depth_is_limited() {
    let nested = |depth: usize| "{a: ".repeat(depth) + &"}".repeat(depth);
    assert!(parse(&nested(64), "f.yaml").is_ok());
    fails(&nested(65), "line 1, column 257: collections are nested deeper than 64 levels");
    fails(&"- ".repeat(100_000), "line 1, column 129: collections are nested deeper than 64 levels");
    let by_alias = format!("a: &a {}\nb: {}*a{}\n", nested(40), "{b: ".repeat(30), "}".repeat(30));
    fails(&by_alias, "line 2, column 124: collections are nested deeper than 64 levels");
}

#[test]
fn hostile_texts_are_rejected_quickly() {
    // Small inputs and a wide limit, because the machine may be busy: a quadratic algorithm would take minutes.
    let mib = 1 << 18;
    let texts = [
        "[".repeat(100_000),
        "{a: ".repeat(8_000),
        "? ".repeat(100_000),
        "[\n".repeat(100_000),
        "- &a ".repeat(100_000),
        "[".to_owned() + &",".repeat(mib),
        "a: \"".to_owned() + &"\\n".repeat(mib),
        "a: &x 1\n".to_owned() + &"b: *x\n".repeat(mib / 6),
        "x".repeat(mib) + ": {a: 1}",
        format!("{}: {{{}}}", "k".repeat(1_000), "a: 1, ".repeat(mib / 6)),
    ];
    for text in texts {
        let start = Instant::now();
        let parsed = parse(&text, "f.yaml");
        let took = start.elapsed();
        assert!(took < Duration::from_secs(30), "{took:?} for {}…", &text[..20]);
        assert!(parsed.is_err() || !parsed.unwrap().findings.is_empty(), "{}…", &text[..20]);
    }
}

#[test]
fn the_length_of_keys_is_limited() {
    let key = |len: usize| format!("{}: 1\n", "k".repeat(len));
    assert_eq!(parse(&key(1_000), "f.yaml").unwrap().items.len(), 1);
    let long = format!("x:\n  {}: {{a: 1, b: 2}}\n", "k".repeat(1_023));
    let message = "the key, with the keys around it, exceeds 1024 bytes; shorten it";
    check(&long, &[&format!("f.yaml:2:3: key `x.{}…`: {message}", "k".repeat(58))]);

    // A long key around many short ones takes far more memory than the file.
    let children = joined((0..80_000).map(|at| format!(" c{at}: 1\n")));
    let error = parse(&format!("{}:\n{children}", "k".repeat(1_000)), "f.yaml").unwrap_err();
    assert_eq!(error.cause, YamlErrorKind::KeysTooLong);
}

#[test]
fn the_number_of_findings_is_limited() {
    let text = joined((0..500).map(|at| format!("log-level.k{at}: loud\n")));
    let findings = parse(&text, "f.yaml").unwrap().findings;
    assert_eq!(findings.len(), MAX_FINDINGS + 1);
    assert_eq!(findings.last().unwrap().to_string(), "f.yaml: 400 more findings are not listed");
}

#[test]
fn a_finding_never_contains_a_secret() {
    for text in [
        "a: {confidential: true, value: 99999999999999999999}",
        "log-level.a: {confidential: true, value: hunter2}",
        "a: {confidential: true, value: !hunter x}",
        "a: {decrypt_with: k, value: {hunter2: 1}}",
        "a: {decrypt_with: [k], confidential: true, value: [hunter2, {b: c}]}",
    ] {
        let findings = parse(text, "f.yaml").unwrap().findings;
        assert_eq!(findings.len(), 1, "{text}");
        let shown = findings[0].to_string();
        assert!(!shown.contains("hunter2") && !shown.contains("9999"), "{shown}");
    }
}

fn yaml_like() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "b",
        "_",
        "log-level",
        "feature_flag",
        "value",
        "criterion",
        "operator",
        "values",
        "type",
        "provided",
        "lookup",
        "confidential",
        "decrypt_with",
        "<<",
        ": ",
        ":",
        "\n",
        "\n  ",
        "\n    ",
        "- ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "&x ",
        "*x",
        "!!int ",
        "!t ",
        "'",
        "\"",
        "\\",
        "|\n",
        ">-\n",
        "#",
        " #",
        "? ",
        "---\n",
        "...\n",
        "~",
        "true",
        "1",
        "0x",
        "1.5",
        "é",
        "\t",
        "\r\n",
        "%TAG ! x\n",
        "\u{2028}",
        "\u{feff}",
        "\u{85}",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_text_panics(text: String) {
        let _ = parse(&text, "f.yaml");
    }

    #[test]
    fn no_text_similar_to_yaml_panics(text in yaml_like()) {
        if let Ok(parsed) = parse(&text, "f.yaml") {
            let lines = text.split(['\n', '\r']).count() + 1;
            for finding in &parsed.findings {
                prop_assert!(!finding.to_string().contains(['\n', '\r']));
                prop_assert!(finding.position.is_none_or(|position| position.line <= lines));
            }
            let mut keys: Vec<&str> = parsed.items.iter().map(|item| item.config.key.as_str()).collect();
            keys.sort_unstable();
            prop_assert!(keys.windows(2).all(|pair| pair[0] != pair[1]));
            prop_assert!(parsed.items.iter().all(|item| !item.config.is_tombstone()));
        }
    }

    #[test]
    fn a_quoted_text_is_a_string(text in "[ -~]{0,30}") {
        let quoted = format!("k: '{}'", text.replace('\'', "''"));
        let parsed = parse(&quoted, "f.yaml").unwrap();
        let value = parsed.items[0].config.rows[0].values[0].value.clone().unwrap();
        prop_assert_eq!(value.value, prefab_core::Value::String(text));
    }
}
