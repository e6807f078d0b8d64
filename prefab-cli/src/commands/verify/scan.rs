//! Finds config keys in source code: the literals that are the first argument of a call of a Prefab client.
//!
//! This is a search in the text, not a parser, so that it works for every language of an SDK. It prefers to miss a call
//! over reporting a key that is none: a method with a common name, such as `get`, counts only on a variable whose name is
//! that of a client.

/// Methods that only Prefab's SDKs have.
const OWN_METHODS: &[&str] = &[
    "enabled",
    "enabled?",
    "try_enabled",
    "is_enabled",
    "isEnabled",
    "is_ff",
    "get_optional",
    "live",
    "live_or",
    "featureIsOn",
    "FeatureIsOn",
    "GetIntValue",
    "GetStringValue",
    "GetBoolValue",
    "GetFloatValue",
    "GetStringSliceValue",
    "GetJSONValue",
    "GetDurationValue",
];

/// Methods that other types have as well.
const COMMON_METHODS: &[&str] =
    &["get", "get_or", "details", "explain", "liveString", "liveLong", "liveBoolean", "Get"];

/// Words in the name of a variable that contains a client.
const RECEIVERS: &[&str] = &["client", "prefab", "config", "flag", "bound", "scope", "view", "feature"];

/// Returns the keys with their lines. `receivers` are more names of variables that contain a client.
pub(super) fn keys<'a>(text: &'a str, receivers: &[String]) -> Vec<(usize, &'a str)> {
    if !contains_word(text, "prefab") {
        return Vec::new();
    }
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    let mut line = 1;
    let mut counted = 0;
    for (dot, _) in text.match_indices('.') {
        line += text[counted..dot].matches('\n').count();
        counted = dot;
        let Some((method, after)) = name(&text[dot + 1..]) else { continue };
        let is_call = OWN_METHODS.contains(&method)
            || COMMON_METHODS.contains(&method) && is_client(&text[..dot], receivers);
        if !is_call || is_skipped(lines.get(line - 1).copied().unwrap_or_default()) {
            continue;
        }
        if let Some(key) = first_argument(after) {
            found.push((line, key));
        }
    }
    found
}

/// Returns the name at the start of a text, and the rest.
fn name(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    let end = if text[end..].starts_with('?') { end + 1 } else { end };
    (end > 0).then(|| text.split_at(end))
}

/// Returns the literal after `(`, or after the type in `::<T>(`.
fn first_argument(text: &str) -> Option<&str> {
    let mut rest = text.trim_start();
    if let Some(generic) = rest.strip_prefix("::<") {
        let mut depth = 1;
        let end = generic.find(|c| {
            depth += i32::from(c == '<') - i32::from(c == '>');
            depth == 0
        })?;
        rest = generic[end + 1..].trim_start();
    }
    let argument = rest.strip_prefix('(')?.trim_start();
    let quote = argument.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let literal = &argument[1..];
    let key = &literal[..literal.find(quote)?];
    // A literal with an expression inside, an escape or a line break is not a key.
    let is_key = !key.is_empty()
        && !key.contains("${")
        && !key.contains("#{")
        && !key.contains(|c: char| c == '\\' || c.is_control());
    is_key.then_some(key)
}

/// Returns whether the expression before the dot is a client, by the last name in it.
fn is_client(text: &str, receivers: &[String]) -> bool {
    let text = text.trim_end();
    // `client.with(&user).get(…)`: the name before the arguments.
    let text = if text.ends_with(')') { before_arguments(text) } else { text };
    let start = text
        .rfind(|c: char| !(c.is_alphanumeric() || c == '_'))
        .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    let name = &text[start..];
    if matches!(name, "with" | "in_context" | "inContext" | "withContext") {
        return true;
    }
    receivers.iter().any(|receiver| receiver == name)
        || RECEIVERS.iter().any(|word| contains_word(name, word))
}

/// Returns the text before the parenthesis that the last one closes, within the last 500 bytes.
fn before_arguments(text: &str) -> &str {
    let mut depth = 0;
    for (at, c) in text.char_indices().rev().take(500) {
        match c {
            ')' => depth += 1,
            '(' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[..at];
        }
    }
    ""
}

/// Returns whether a line is a comment, or contains `prefab:ignore`.
fn is_skipped(line: &str) -> bool {
    let start = line.trim_start();
    line.contains("prefab:ignore")
        || ["//", "# ", "* ", "/*"].iter().any(|comment| start.starts_with(comment))
}

fn contains_word(text: &str, word: &str) -> bool {
    text.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(usize, &str)]) {
        let text = format!("// prefab\n{text}");
        assert_eq!(keys(&text, &["settings".to_owned()]), expected);
    }

    #[test]
    fn calls_of_every_sdk_are_found() {
        check("client.get::<i64>(\"max-jobs\")?;", &[(2, "max-jobs")]);
        check("client.with(&user).get_or(\n    \"pause\", 1.5)", &[(2, "pause")]);
        check("let a = prefab.get::<Vec<String>>( \"names\" );", &[(2, "names")]);
        check("self.client\n    .enabled(\"new-checkout\")", &[(3, "new-checkout")]);
        check("client.live_or(\"retry\", 3); client.live::<bool>(\"on\")", &[(2, "retry"), (2, "on")]);
        check("x = prefab_cloud_python.get_client().get('a.b', default=1)", &[(2, "a.b")]);
        check("if (prefab.isEnabled(`new`)) {}", &[(2, "new")]);
        check("Prefab.enabled?('ruby-flag')", &[(2, "ruby-flag")]);
        check("value, ok, err := client.GetIntValue(\"go-key\", *ctx)", &[(2, "go-key")]);
        check("settings.get(\"own-name\")", &[(2, "own-name")]);
    }

    #[test]
    fn other_calls_are_not() {
        check("map.get(\"not-a-key\")", &[]);
        check("headers.get(\"host\"); list.get(0)", &[]);
        check("client.get(&key)", &[]);
        check("client.get(`user-${id}`); client.get(\"a\\n\")", &[]);
        check("// client.get(\"comment\")\n    # client.get('comment')", &[]);
        check("client.get(\"later\") // prefab:ignore", &[]);
        check("client.get(\"", &[]);
        assert_eq!(keys("client.get(\"x\")", &[]), [], "a file without Prefab");
    }

    #[test]
    fn every_text_is_accepted() {
        for text in [
            "prefab é.get(\"ü\")",
            "prefab.",
            ".prefab.enabled(",
            "prefab ).get(\"a\")",
            "prefab é)).get('b')",
        ] {
            keys(text, &[]);
        }
    }
}
