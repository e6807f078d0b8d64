//! `Accept-Encoding`, RFC 9110, section 12.5.3.

use http::{HeaderMap, header};

/// Returns the content coding to respond with, or `None` to send the response uncompressed.
///
/// `offered` lists the available codings, the preferred one first. The client's weights take precedence over this
/// order: `gzip;q=0` excludes gzip, and `*` means every coding that the client does not name. Without the
/// header, the response is sent uncompressed, since some clients cannot decompress.
///
/// ```
/// use http::{HeaderMap, header::ACCEPT_ENCODING};
///
/// let mut headers = HeaderMap::new();
/// headers.insert(ACCEPT_ENCODING, "br, gzip;q=0.5, zstd;q=0".parse()?);
/// assert_eq!(prefab_http::choose_encoding(&headers, &["zstd", "gzip"]), Some("gzip"));
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
pub fn choose_encoding(headers: &HeaderMap, offered: &[&'static str]) -> Option<&'static str> {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    let accepted: Vec<(&str, f32)> = lines.flat_map(|line| line.split(',')).map(weighted).collect();
    let weight_of = |name: &str| {
        let named = accepted.iter().find(|(coding, _)| coding.eq_ignore_ascii_case(name));
        named.map(|(_, weight)| *weight)
    };
    let of_others = weight_of("*").unwrap_or(0.0);
    let least = weight_of("identity").unwrap_or(0.0);
    let mut best = None;
    for name in offered {
        let weight = weight_of(name).unwrap_or(of_others);
        if weight > 0.0 && weight >= least && best.is_none_or(|(_, best)| weight > best) {
            best = Some((*name, weight));
        }
    }
    best.map(|(name, _)| name)
}

/// Parses `gzip;q=0.5`. A weight that cannot be parsed excludes the coding: an uncompressed response is never wrong.
fn weighted(part: &str) -> (&str, f32) {
    let (coding, parameters) = part.split_once(';').unwrap_or((part, ""));
    let weight = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim().parse().unwrap_or(0.0))
    });
    (coding.trim(), weight.unwrap_or(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lines: &[&str], chosen: Option<&str>) {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::ACCEPT_ENCODING, line.parse().unwrap());
        }
        assert_eq!(choose_encoding(&headers, &["zstd", "gzip"]), chosen, "{lines:?}");
    }

    #[test]
    fn weights_are_honoured() {
        check(&[], None);
        check(&[""], None);
        check(&["gzip"], Some("gzip"));
        check(&["GZip"], Some("gzip"));
        check(&["gzip, deflate, br, zstd"], Some("zstd"));
        check(&["gzip;q=0"], None);
        check(&["gzip;q=0.000, br"], None);
        check(&["gzip ; Q=0"], None);
        check(&["gzip;q=0.8, zstd;q=0.2"], Some("gzip"));
        check(&["br", "gzip"], Some("gzip"));
        check(&["*"], Some("zstd"));
        check(&["*;q=0.1, zstd;q=0"], Some("gzip"));
        check(&["*;q=0"], None);
        check(&["identity, gzip;q=0.5"], None);
        check(&["identity;q=0.5, gzip"], Some("gzip"));
        check(&["gzip;q=x"], None);
        check(&["gzip;q=NaN"], None);
        check(&["x-gzip, notgzip"], None);
    }
}
