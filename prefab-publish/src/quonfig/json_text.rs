//! The texts of JSON values, made to fit into one line.

/// The maximum depth of arrays and objects. The Ruby SDK cannot parse a document of more than 100, and the value is up to 12
/// levels deep in it.
const MAX_DEPTH: usize = 80;

/// Returns the text of a JSON value without white space between its parts. Numbers and the order of members stay as they are
/// written.
///
/// # Errors
///
/// The reason why Quonfig SDKs cannot read the value.
pub(super) fn compact(text: &str) -> Result<String, &'static str> {
    let text = prefab_core::encoding::without_mark(text);
    let value: serde_json::Value = serde_json::from_str(text).map_err(|_| "its JSON is not valid")?;
    if value.is_string() {
        return Err("its JSON value is a string, which SDKs reject");
    }
    strip(text).ok_or("its JSON is nested more than 80 levels deep")
}

/// Removes white space outside of strings from a valid JSON text. Returns `None` if the text is nested too deeply.
fn strip(text: &str) -> Option<String> {
    let (mut in_string, mut is_escaped, mut depth) = (false, false, 0_usize);
    let mut compact = String::with_capacity(text.len());
    for next in text.chars() {
        if in_string {
            in_string = is_escaped || next != '"';
            is_escaped = !is_escaped && next == '\\';
        } else {
            match next {
                ' ' | '\t' | '\n' | '\r' => continue,
                '"' => in_string = true,
                '[' | '{' => depth += 1,
                ']' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth > MAX_DEPTH {
                return None;
            }
        }
        compact.push(next);
    }
    Some(compact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_white_space_between_parts_is_removed() {
        let check =
            |text: &str, compacted: &str| assert_eq!(compact(text).as_deref(), Ok(compacted), "{text}");
        check(r#"{ "b" : 1.10, "a": [ 1, "x y" ] }"#, r#"{"b":1.10,"a":[1,"x y"]}"#);
        check("\u{feff}\r\n[\n\ttrue ]\n", "[true]");
        check(r#"{"a": "\" \\", "b": " "}"#, r#"{"a":"\" \\","b":" "}"#);
        check("12345678901234567890.5", "12345678901234567890.5");
        check("null", "null");
    }

    #[test]
    fn values_that_sdks_cannot_read_are_refused() {
        let check = |text: &str, reason: &str| {
            assert!(compact(text).is_err_and(|error| error.contains(reason)), "{text}");
        };
        check("\"text\"", "string");
        check("{", "not valid");
        check("1e999", "not valid");
        check(&format!("{}{}", "[".repeat(81), "]".repeat(81)), "80 levels");
        assert!(compact(&format!("{}{}", "[".repeat(80), "]".repeat(80))).is_ok());
    }
}
