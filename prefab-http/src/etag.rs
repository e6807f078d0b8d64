//! `If-None-Match`, RFC 9110, section 13.1.2.

use http::{HeaderMap, header};

/// Returns whether the client already has the response with this entity tag, so that the server can respond with 304.
///
/// `etag` is the value of the `ETag` header, quotes included: `"a"` or `W/"a"`. Tags are compared weakly, because
/// proxies that compress make a tag weak. `*` matches every tag.
///
/// ```
/// use http::{HeaderMap, header::IF_NONE_MATCH};
///
/// let mut headers = HeaderMap::new();
/// headers.insert(IF_NONE_MATCH, r#""a", W/"b""#.parse()?);
/// assert!(prefab_http::is_cached(&headers, r#""b""#));
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
pub fn is_cached(headers: &HeaderMap, etag: &str) -> bool {
    let etag = opaque(etag);
    let lines = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    lines.into_iter().any(|line| line.trim() == "*" || tags(line).any(|tag| tag == etag))
}

/// Removes the mark of a weak tag.
fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

/// Splits a list of tags, which may contain commas, and removes the marks of weak ones.
fn tags(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let tag = opaque(rest.trim_start_matches([' ', '\t', ',']));
        let end = tag.strip_prefix('"')?.find('"')? + 2;
        let (tag, after) = tag.split_at(end);
        rest = after;
        Some(tag)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, cached: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, line.parse().unwrap());
        for etag in [r#""a,b""#, r#"W/"a,b""#] {
            assert_eq!(is_cached(&headers, etag), cached, "{line}");
        }
    }

    #[test]
    fn lists_and_weak_tags_match() {
        check(r#""a,b""#, true);
        check(r#"W/"a,b""#, true);
        check(r#""x" , W/"y",,"a,b""#, true);
        check("*", true);
        check(r#""a""#, false);
        check(r#""xa,b""#, false);
        check(r#""x\"a,b""#, false);
        check("a,b", false);
        check("", false);
        check(r#""a,b"#, false);
        assert!(!is_cached(&HeaderMap::new(), r#""a""#));
    }
}
