//! Limits of connections, https, and seed files.

use std::{path::Path, sync::Arc, time::Duration};

use crate::common::{TestServer, keys};
use prefab_server::{Limits, Options, TlsFiles, serve};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;

#[tokio::test]
async fn a_slow_client_is_disconnected() {
    let limits = Limits { header_timeout: Duration::from_millis(200), ..Limits::default() };
    let server = TestServer::limited(limits).await;
    for sent in ["", "P", "GET /healthz HTTP/1.1\r\nx-slow: "] {
        let mut stream = TcpStream::connect(server.running.address).await.unwrap();
        stream.write_all(sent.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        let ended = timeout(Duration::from_secs(5), stream.read_to_end(&mut rest)).await;
        assert!(ended.is_ok(), "after {sent:?}");
    }
}

#[tokio::test]
async fn connections_beyond_the_bound_are_closed_while_none_is_idle() {
    let server = TestServer::limited(Limits { connections: 1, ..Limits::default() }).await;
    let mut stream = crate::common::Stream::open(server.get("/api/v1/sse/config")).await;
    for _ in 0..2 {
        let mut second = TcpStream::connect(server.running.address).await.unwrap();
        let _ = second.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await;
        let mut rest = Vec::new();
        let _ = timeout(Duration::from_secs(5), second.read_to_end(&mut rest)).await.unwrap();
        assert!(rest.is_empty());
    }
    assert!(stream.block().await.is_some());
}

#[tokio::test]
async fn silent_connections_do_not_delay_a_stop() {
    let dir = tempfile::tempdir().unwrap();
    let (tls, _) = certificate(dir.path());
    for tls in [None, Some(tls)] {
        let secure = tls.is_some();
        let data = dir.path().join(secure.to_string());
        let mut options = Options { tls, ..Options::local(data) };
        options.drain_timeout = Duration::from_secs(600);
        let running = serve(options).await.unwrap();
        let mut silent = Vec::new();
        for sent in ["", "P"] {
            let mut stream = TcpStream::connect(running.address).await.unwrap();
            stream.write_all(sent.as_bytes()).await.unwrap();
            silent.push(stream);
        }
        // The server accepts connections in order, so the silent ones are accepted before a later one.
        let mut last = TcpStream::connect(running.address).await.unwrap();
        last.write_all(b"no way to begin\r\n\r\n").await.unwrap();
        let _ = last.read_to_end(&mut Vec::new()).await;
        let stopped = timeout(Duration::from_secs(20), running.shutdown()).await;
        assert!(stopped.is_ok(), "https: {secure}");
    }
}

#[tokio::test]
async fn https_is_served_from_certificate_files() {
    let dir = tempfile::tempdir().unwrap();
    let (files, made) = certificate(dir.path());
    let options = Options { tls: Some(files), ..Options::local(dir.path().join("data")) };
    let running = serve(options).await.unwrap();
    assert!(running.url.starts_with("https://"));

    let mut roots = RootCertStore::empty();
    roots.add(made).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(running.address).await.unwrap();
    let name = ServerName::try_from("belt.test").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: belt.test\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    running.shutdown().await;
}

#[tokio::test]
async fn an_unreadable_certificate_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let files = TlsFiles { certificate: dir.path().join("cert.pem"), key: dir.path().join("key.pem") };
    let options = Options { tls: Some(files), ..Options::local(dir.path().join("data")) };
    let error = serve(options).await.unwrap_err().to_string();
    assert!(error.contains("cert.pem") && error.contains("No such file"), "{error}");
}

#[tokio::test]
async fn a_new_project_contains_the_configs_of_its_seed_file() {
    let dir = tempfile::tempdir().unwrap();
    let datafile = dir.path().join("seed.json");
    let text = r#"{"configs": [
        {"id": "17000000000000001", "projectId": "202", "key": "a", "configType": "CONFIG", "valueType": "STRING",
         "rows": [{"projectEnvId": "308", "values": [{"value": {"string": "theirs"}}]},
                  {"projectEnvId": "309", "values": [{"value": {"string": "another's"}}]},
                  {"values": [{"value": {"string": "default"}}]}]},
        {"id": "17000000000000002", "key": "gone", "configType": "DELETED"}],
        "configServicePointer": {"projectId": "202", "projectEnvId": "308"}}"#;
    std::fs::write(&datafile, text).unwrap();
    let server = TestServer::with(|options| options.seed_from = Some(datafile)).await;
    let set = server.configs("/api/v1/configs/0").await;
    assert_eq!(keys(&set), ["a"]);
    let rows: Vec<Option<i64>> = set.configs[0].rows.iter().map(|row| row.project_env_id).collect();
    assert_eq!(rows, [Some(1), None]);

    let yaml = dir.path().join("seed.yaml");
    std::fs::write(&yaml, "max-jobs: 30\nlog-level:\n  app: debug\n").unwrap();
    let server = TestServer::with(|options| options.seed_from = Some(yaml)).await;
    assert_eq!(keys(&server.configs("/api/v1/configs/0").await), ["max-jobs", "log-level.app"]);
}

#[tokio::test]
async fn an_invalid_seed_file_stops_the_first_start_before_any_write() {
    let dir = tempfile::tempdir().unwrap();
    let seed = dir.path().join("seed.json");
    std::fs::write(&seed, "{").unwrap();
    let options = Options { seed_from: Some(seed.clone()), ..Options::local(dir.path().join("data")) };
    let error = serve(options.clone()).await.unwrap_err().to_string();
    assert!(error.contains("seed.json") && error.contains("line 1"), "{error}");
    std::fs::write(&seed, r#"{"configs": []}"#).unwrap();
    assert_eq!(serve(options).await.unwrap().keys.len(), 7);
}

/// Writes a certificate for `belt.test` with its key.
fn certificate(dir: &Path) -> (TlsFiles, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(["belt.test".to_owned()]).unwrap();
    let files = TlsFiles { certificate: dir.join("cert.pem"), key: dir.join("key.pem") };
    std::fs::write(&files.certificate, made.cert.pem()).unwrap();
    std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    (files, made.cert.der().clone())
}

#[tokio::test]
async fn a_renewed_certificate_is_served_without_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let (files, first) = certificate(dir.path());
    let options = Options { tls: Some(files.clone()), ..Options::local(dir.path().join("data")) };
    let running = serve(options).await.unwrap();
    let is_served = async |made: &CertificateDer<'static>| {
        let mut roots = RootCertStore::empty();
        roots.add(made.clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(running.address).await.unwrap();
        let name = ServerName::try_from("belt.test").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.is_ok()
    };
    assert!(is_served(&first).await);
    // An unusable certificate does not replace the current one.
    std::fs::write(&files.certificate, "no certificate").unwrap();
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(is_served(&first).await);
    let (_, second) = certificate(dir.path());
    for _ in 0..40 {
        if is_served(&second).await {
            return running.shutdown().await;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("the new certificate is not served");
}
