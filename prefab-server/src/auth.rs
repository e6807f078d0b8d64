//! The API key of a request.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use http::{HeaderMap, header::AUTHORIZATION};

/// Some clients omit the padding.
pub(crate) const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Returns the API key of a request.
///
/// Official clients send it as the password of HTTP Basic, with seven different user names, so the user name is ignored.
/// Historic gRPC clients send it in the header `auth`.
pub(crate) fn api_key(headers: &HeaderMap) -> Option<String> {
    if let Some(authorization) = headers.get(AUTHORIZATION) {
        let (scheme, credentials) = authorization.to_str().ok()?.split_once(' ')?;
        if scheme.eq_ignore_ascii_case("bearer") {
            return Some(credentials.trim().to_owned());
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = String::from_utf8(LENIENT.decode(credentials.trim()).ok()?).ok()?;
        return decoded.split_once(':').map(|(_, key)| key.trim().to_owned());
    }
    headers.get("auth")?.to_str().ok().map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(header: &'static str, value: &str, key: Option<&str>) {
        let mut headers = HeaderMap::new();
        headers.insert(header, value.parse().unwrap());
        assert_eq!(api_key(&headers).as_deref(), key);
    }

    #[test]
    fn the_password_is_the_key_for_every_user_name() {
        let key = Some("123-Development-P202-E308-SDK-abcdef");
        let authuser = "YXV0aHVzZXI6MTIzLURldmVsb3BtZW50LVAyMDItRTMwOC1TREstYWJjZGVm";
        check("authorization", &format!("Basic {authuser}"), key);
        check("authorization", &format!("basic {authuser}"), key);
        check("authorization", "Basic dToxMjMtRGV2ZWxvcG1lbnQtUDIwMi1FMzA4LVNESy1hYmNkZWY=", key);
        check("authorization", "Bearer 123-Development-P202-E308-SDK-abcdef", key);
        check("auth", "123-Development-P202-E308-SDK-abcdef", key);
        check("authorization", "Basic !!!", None);
        check("authorization", "Digest abc", None);
        check("x-other", "123", None);
    }
}
