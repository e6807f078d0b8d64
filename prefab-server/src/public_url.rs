//! The public URL of a server.

use std::str::FromStr;

use http::Uri;

/// The public URL of a server: `https://prefab.example.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// Returns the URL without a trailing slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl FromStr for PublicUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected a URL such as https://prefab.example.com";
        let uri: Uri = text.parse().map_err(|_| EXPECTED)?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none_or(str::is_empty) {
            return Err(EXPECTED);
        }
        // Official clients send requests to the root of the host and ignore a path.
        if uri.path() != "/" || uri.query().is_some() {
            return Err("expected a URL without a path, because SDKs use the root of the host");
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_has_no_path() {
        let good = |text: &str| text.parse::<PublicUrl>().unwrap().as_str().to_owned();
        assert_eq!(good("https://prefab.example.com/"), "https://prefab.example.com");
        assert_eq!(good("http://10.0.0.1:8742"), "http://10.0.0.1:8742");
        for bad in
            ["prefab.example.com", "ftp://a.test", "https://", "https://a.test/prefab", "https://a.test?x"]
        {
            assert!(bad.parse::<PublicUrl>().is_err(), "{bad}");
        }
    }
}
