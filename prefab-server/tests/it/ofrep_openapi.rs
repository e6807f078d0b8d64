//! The responses of the OFREP routes, compared with two `OpenAPI` documents: ours, which is exact, and the one of the OpenFeature
//! project, in the folder `PREFAB_OPENFEATURE_DIR`.
//!
//! `tests/official/install.sh` installs the program. `PREFAB_SCHEMATHESIS` names another one.

use std::{env, path::PathBuf};

use prefab_server::KeyKind;
use serde_json::Value as Json;
use tokio::process::Command;

use crate::{
    common::{TestServer, answer},
    ofrep::FLAGS,
    ofrep_clients::full_server,
};

/// How long requests are generated for a document, in seconds.
const SECONDS: u32 = 20;

/// Returns the program, or reports that the test is skipped.
fn schemathesis() -> Option<PathBuf> {
    let installed = || {
        let folder = PathBuf::from(env::var_os("PREFAB_OFFICIAL_CLIENTS")?);
        Some(folder.join("schemathesis/bin/schemathesis")).filter(|program| program.exists())
    };
    let program = env::var_os("PREFAB_SCHEMATHESIS").map(PathBuf::from).or_else(installed);
    if program.is_none() {
        prefab_testing::skip("schemathesis is not installed; PREFAB_SCHEMATHESIS is its path");
    }
    program
}

/// Returns the keys of all flags.
async fn keys(server: &TestServer, key: &str) -> Json {
    let (_, all) = answer(server.http.post(server.url(FLAGS)).bearer_auth(key).send().await.unwrap()).await;
    all["flags"].as_array().unwrap().iter().map(|flag| flag["key"].clone()).collect()
}

/// Returns whether all responses match a document, and the output.
async fn compare(program: PathBuf, document: PathBuf) -> (bool, String) {
    let server = full_server().await;
    let key = server.key("Development", KeyKind::Backend);
    let output = Command::new(format!("{}/tests/openapi/ofrep.sh", env!("CARGO_MANIFEST_DIR")))
        .arg(document)
        .arg(&server.running.url)
        .arg(SECONDS.to_string())
        .env("PREFAB_SCHEMATHESIS", program)
        .env("PREFAB_TEST_FLAGS", keys(&server, &key).await.to_string())
        .env("PREFAB_TEST_KEY", key)
        .current_dir(server.dir.path())
        .output()
        .await
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.success(), text.into_owned())
}

fn own_document() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/ofrep-openapi.yaml")
}

#[tokio::test]
async fn all_responses_match_our_document() {
    let Some(program) = schemathesis() else { return };
    let (is_equal, text) = compare(program, own_document()).await;
    assert!(is_equal, "{text}");
}

#[tokio::test]
async fn all_responses_match_the_document_of_the_protocol() {
    let Some(program) = schemathesis() else { return };
    let Some(folder) = env::var_os("PREFAB_OPENFEATURE_DIR") else {
        return prefab_testing::skip("PREFAB_OPENFEATURE_DIR is not set");
    };
    let (is_equal, text) = compare(program, PathBuf::from(folder).join("ofrep/openapi.yaml")).await;
    assert!(is_equal, "{text}");
}

#[tokio::test]
async fn a_response_that_a_document_does_not_allow_is_found() {
    let Some(program) = schemathesis() else { return };
    let text = std::fs::read_to_string(own_document()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (allowed, changed) in [("TARGETING_MATCH, SPLIT, DEFAULT", "SPLIT"), ("\"404\"", "\"410\"")] {
        assert!(text.contains(allowed), "{allowed}");
        let document = folder.path().join("changed.yaml");
        std::fs::write(&document, text.replace(allowed, changed)).unwrap();
        let (is_equal, text) = compare(program.clone(), document).await;
        assert!(!is_equal, "{text}");
    }
}
