//! Responses of the router.

#![allow(clippy::unwrap_used, reason = "a failing test panics")]

use std::{collections::HashSet, io::Read as _};

use axum::body::Body;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use prefab_core::{Operand, Operator};
use tower::ServiceExt as _;

use super::*;

async fn get(path: &str, fields: &[(&str, &str)]) -> Response<Body> {
    let request =
        fields.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
    router::<()>().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

async fn bytes(response: Response<Body>) -> Vec<u8> {
    response.into_body().collect().await.unwrap().to_bytes().to_vec()
}

#[tokio::test]
async fn every_address_of_the_page_serves_the_same_file_with_a_strict_policy() {
    for path in ["/", "/sign-up?token=t", "/account/projects/1/flags/a%2Fb?environment=Production"] {
        let response = get(path, &[]).await;
        assert_eq!(response.status(), 200, "{path}");
        let policy = response.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(String::from_utf8(bytes(response).await).unwrap().starts_with("<!doctype html>"));
    }
}

#[tokio::test]
async fn a_file_is_revalidated_and_gzip_has_the_same_content() {
    let plain = get("/page/app.js", &[]).await;
    let etag = plain.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(plain.headers()["content-type"], "text/javascript; charset=utf-8");
    let small = get("/page/app.js", &[("accept-encoding", "br, gzip")]).await;
    assert_eq!(small.headers()["content-encoding"], "gzip");
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&*bytes(small).await).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, bytes(plain).await);
    let listed = format!("\"other\", {etag}");
    for known in [&*etag, &listed, "*"] {
        assert_eq!(get("/page/app.js", &[("if-none-match", known)]).await.status(), 304, "{known}");
    }
}

#[tokio::test]
async fn a_file_with_its_version_is_kept_by_browsers_and_the_document_is_not() {
    let document = get("/", &[]).await;
    assert_eq!(document.headers()["cache-control"], "no-cache");
    let document = String::from_utf8(bytes(document).await).unwrap();
    let entry = document.split('"').find(|part| part.ends_with("/app.js")).unwrap();
    let versioned = get(entry, &[]).await;
    assert_eq!(versioned.headers()["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(bytes(versioned).await, bytes(get("/page/app.js", &[]).await).await);
    assert_eq!(get("/page/app.js", &[]).await.headers()["cache-control"], "no-cache");
    for preloaded in ["/dom.js", "/pages/list.js", "/parts/layout.js"] {
        assert_eq!(document.matches(&format!("{preloaded}\"")).count(), 1, "{preloaded}");
    }
    let other = entry.replace("/app.js", "/none.js");
    assert_eq!(get(&other, &[]).await.status(), 404);
}

#[tokio::test]
async fn gzip_is_not_sent_if_the_browser_refuses_it() {
    let plain = get("/page/app.js", &[("accept-encoding", "gzip;q=0, identity")]).await;
    assert!(plain.headers().get("content-encoding").is_none());
}

#[tokio::test]
async fn other_paths_are_not_found() {
    for path in ["/page/none.js", "/page/../Cargo.toml", "/page/%2e%2e/Cargo.toml", "/other"] {
        assert_eq!(get(path, &[]).await.status(), 404, "{path}");
    }
}

#[test]
fn a_folder_serves_no_files_outside_of_it() {
    let files = Files::Folder(concat!(env!("CARGO_MANIFEST_DIR"), "/assets").into());
    assert!(files.get("app.js").is_some());
    for name in ["../Cargo.toml", "/etc/hostname", "pages/../../Cargo.toml", ".hidden"] {
        assert!(files.get(name).is_none(), "{name}");
    }
}

#[tokio::test]
async fn reports_are_counted_and_keep_the_directive() {
    let page = router::<()>();
    let report =
        r#"{"csp-report":{"effective-directive":"script-src-elem","blocked-uri":"https://x.test/?s"}}"#;
    let request = Request::post("/page/csp-reports").body(Body::from(report)).unwrap();
    assert_eq!(page.clone().oneshot(request).await.unwrap().status(), 204);
    let request = Request::get("/page/csp-reports").body(Body::empty()).unwrap();
    let shown = bytes(page.oneshot(request).await.unwrap()).await;
    assert_eq!(String::from_utf8(shown).unwrap(), r#"{"count":1,"last":"script-src-elem"}"#);
}

/// All files together, compressed, have an upper limit.
#[tokio::test]
async fn the_files_are_small() {
    let Files::Embedded { files, .. } = Files::new(None) else { unreachable!() };
    let all: usize = files.values().map(|file| file.gzip.len()).sum();
    assert!(all < 200_000, "{all} bytes");
    // The document names the styles, the entry, and the modules that the list needs.
    let document = String::from_utf8(bytes(get("/", &[]).await).await).unwrap();
    let named: HashSet<_> = document.split('"').filter_map(|part| part.strip_prefix("/page/")).collect();
    let named = named.iter().filter_map(|name| files.get(name.split_once('/')?.1));
    let first: usize = named.map(|file| file.gzip.len()).sum();
    assert!((40_000..80_000).contains(&first), "{first} bytes for the first view");
}

#[test]
fn the_page_supports_every_operator() {
    let page = include_str!("../assets/format.js");
    for operator in Operator::ALL.iter().filter(|operator| **operator != Operator::NotSet) {
        let kind = match operator.operand() {
            Operand::Nothing => "none",
            Operand::List => "list",
            Operand::Number => "number",
            Operand::Range => "range",
            Operand::Instant => "date",
            Operand::Pattern => "pattern",
            Operand::Version => "version",
            Operand::Segment => "segment",
            _ => "text",
        };
        let name = operator.name();
        let is_listed = |line: &str| {
            line.trim_start().starts_with(&format!("['{name}', ")) && line.ends_with(&format!(", '{kind}'],"))
        };
        assert!(page.lines().any(is_listed), "{name} with the kind `{kind}` is missing in OPERATORS");
    }
}
