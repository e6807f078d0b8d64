//! All protocols between a client and a server: https with a private certificate authority, HTTP/2, gRPC, gRPC over TLS.
//!
//! The client is the command, because a process reads the trusted authorities once.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, mpsc},
    thread,
    time::Instant,
};

use prefab_client::{Client, Datasources};
use prefab_server::{KeyKind, Options, Running, TlsFiles, serve};
use prefab_testing::{TEST_TIMEOUT, eventually_async};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

const KEY: &str = "max-jobs";

/// A private certificate authority, and its certificate for this machine.
struct Trust {
    authority: PathBuf,
    files: TlsFiles,
}

fn trust(dir: &Path) -> Trust {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&key).unwrap();
    let own = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = certificate.signed_by(&own, &Issuer::new(params, key)).unwrap();
    let file = |name: &str, text: String| {
        let path = dir.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    Trust {
        authority: file("authority.pem", authority.pem()),
        files: TlsFiles {
            certificate: file("certificate.pem", certificate.pem()),
            key: file("key.pem", own.serialize_pem()),
        },
    }
}

async fn server(dir: &TempDir, tls: Option<TlsFiles>) -> Running {
    let options = Options { tls, ..Options::local(dir.path().join("server")) };
    serve(options).await.unwrap()
}

fn key(server: &Running, kind: KeyKind) -> &str {
    &server.keys.iter().find(|key| key.kind == kind).unwrap().key
}

async fn set(server: &Running, trust: Option<&Trust>, path: &str, body: Json) {
    let mut http = reqwest::Client::builder();
    if let Some(trust) = trust {
        let authority = std::fs::read(&trust.authority).unwrap();
        http = http.tls_certs_only([reqwest::Certificate::from_pem(&authority).unwrap()]);
    }
    let url = format!("{}/api/v1/{path}", server.url.replace("127.0.0.1", "localhost"));
    let request = http.build().unwrap().post(url).basic_auth("test", Some(key(server, KeyKind::Admin)));
    let answer = request.header("content-type", "application/json").body(body.to_string()).send().await;
    let answer = answer.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
}

async fn create(server: &Running, trust: Option<&Trust>) {
    let rows = json!([{"values": [{"value": {"int": "30"}}]}]);
    let config = json!({"key": KEY, "configType": "CONFIG", "valueType": "INT", "rows": rows});
    set(server, trust, "config/", config).await;
}

async fn change(server: &Running, trust: Option<&Trust>) {
    set(server, trust, "config/set-default/", json!({"configKey": KEY, "value": {"int": "50"}})).await;
}

/// A program that prints the value of the key whenever it changes.
struct Watching {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Watching {
    fn start(dir: &TempDir, environment: &[(&str, &str)]) -> Self {
        let mut command = prefab(dir, environment);
        let mut child = command.args(["watch", KEY, "--json"]).stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines }
    }

    fn expect_value(&self, value: i64, source: &str) {
        let started = Instant::now();
        loop {
            let line = self.lines.recv_timeout(TEST_TIMEOUT).expect("a line in time");
            let line: Json = serde_json::from_str(&line).unwrap();
            if line["value"] == value && line["source"].as_str().unwrap_or_default() == source {
                return;
            }
            assert!(started.elapsed() < TEST_TIMEOUT, "it output {line}, not {value} from {source}");
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn prefab(dir: &TempDir, environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_prefab"));
    command.current_dir(dir.path()).env("HOME", dir.path()).env("XDG_CACHE_HOME", dir.path().join("cache"));
    for name in ["PREFAB_ENVS", "PREFAB_DATAFILE", "PREFAB_STREAM_URL", "SSL_CERT_FILE", "SSL_CERT_DIR"] {
        command.env_remove(name);
    }
    command.stderr(Stdio::piped()).envs(environment.iter().copied());
    command
}

/// The address with the name in the certificate.
fn by_name(address: SocketAddr) -> String {
    format!("https://localhost:{}", address.port())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn https_with_a_private_certificate_authority() {
    let dir = tempfile::tempdir().unwrap();
    let trust = trust(dir.path());
    let server = server(&dir, Some(trust.files.clone())).await;
    create(&server, Some(&trust)).await;
    let url = by_name(server.address);
    let who = [("PREFAB_API_KEY", key(&server, KeyKind::Backend)), ("PREFAB_API_URL", &url)];
    let knows = [who[0], who[1], ("SSL_CERT_FILE", trust.authority.to_str().unwrap())];
    let program = Watching::start(&dir, &knows);
    program.expect_value(30, "remote_api");
    change(&server, Some(&trust)).await;
    program.expect_value(50, "streaming");

    // A client without the authority does not connect.
    let stranger = Client::in_memory().datasources(Datasources::All).local_cache(false);
    let stranger = stranger.api_key(who[0].1).api_urls([&url]).build().unwrap();
    eventually_async("the refusal", || {
        stranger.problems().iter().any(|problem| problem.contains("invalid peer certificate"))
    })
    .await;
}

/// Terminates TLS like a proxy that offers HTTP/2 only.
async fn http2_only(trust: &Trust, server: SocketAddr) -> SocketAddr {
    let TlsFiles { certificate, key } = &trust.files;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(certificate).unwrap().collect();
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain.unwrap(), PrivateKeyDer::from_pem_file(key).unwrap())
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut near = acceptor.accept(stream).await?;
                let mut far = TcpStream::connect(server).await?;
                tokio::io::copy_bidirectional(&mut near, &mut far).await
            });
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http2_by_a_proxy_that_speaks_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let trust = trust(dir.path());
    let server = server(&dir, None).await;
    create(&server, None).await;
    let url = by_name(http2_only(&trust, server.address).await);
    let program = Watching::start(
        &dir,
        &[
            ("PREFAB_API_KEY", key(&server, KeyKind::Backend)),
            ("PREFAB_API_URL", &url),
            ("SSL_CERT_FILE", trust.authority.to_str().unwrap()),
        ],
    );
    program.expect_value(30, "remote_api");
    change(&server, None).await;
    program.expect_value(50, "streaming");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn grpc_over_tls() {
    let dir = tempfile::tempdir().unwrap();
    let trust = trust(dir.path());
    let server = server(&dir, Some(trust.files.clone())).await;
    create(&server, Some(&trust)).await;
    let url = by_name(server.address);
    let program = Watching::start(
        &dir,
        &[
            ("PREFAB_API_KEY", key(&server, KeyKind::Backend)),
            ("PREFAB_GRPC_URL", &url),
            ("SSL_CERT_FILE", trust.authority.to_str().unwrap()),
        ],
    );
    program.expect_value(30, "remote_api_grpc");
    change(&server, Some(&trust)).await;
    program.expect_value(50, "streaming");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn grpc_with_the_right_key_and_with_wrong_ones() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = server(&dir, None).await;
    create(&server, None).await;
    let builder = |server: &Running, key: &str| {
        let builder = Client::in_memory().datasources(Datasources::All).local_cache(false);
        builder.api_key(key).grpc_url(&server.url)
    };
    let client = builder(&server, key(&server, KeyKind::Backend)).build_async().await.unwrap();
    assert_eq!(client.get::<i64>(KEY), Ok(30));
    change(&server, None).await;
    eventually_async("the change", || client.get_or(KEY, 0) == 50).await;

    for wrong in ["1-wrong-key", key(&server, KeyKind::Frontend)] {
        let error = builder(&server, wrong).build_async().await.unwrap_err();
        assert_eq!(error.code(), "unauthorized");
        assert!(
            error.to_string().ends_with("set PREFAB_API_KEY to a backend API key of this server"),
            "{error}"
        );
    }

    // The stream reconnects after a restart of the server.
    let options = Options { listen: server.address, ..Options::local(dir.path().join("server")) };
    let keys = server.keys.clone();
    server.shutdown().await;
    eventually_async("the outage", || !client.problems().is_empty()).await;
    assert_eq!(client.get::<i64>(KEY), Ok(50));
    server = serve(options).await.unwrap();
    server.keys = keys;
    set(&server, None, "config/set-default/", json!({"configKey": KEY, "value": {"int": "60"}})).await;
    eventually_async("the change after the outage", || client.get_or(KEY, 0) == 60).await;
    client.close_async().await;
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejected_key_is_reported_beside_the_value() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(&dir, None).await;
    std::fs::write(dir.path().join(".prefab.default.config.yaml"), format!("{KEY}: 7\n")).unwrap();
    let front = key(&server, KeyKind::Frontend);
    for (wrong, status) in [("1-wrong-key", "401 Unauthorized"), (front, "403 Forbidden")] {
        let who = [("PREFAB_API_KEY", wrong), ("PREFAB_API_URL", &server.url)];
        let answer = prefab(&dir, &who).args(["get", KEY]).output().unwrap();
        let output = String::from_utf8(answer.stderr).unwrap();
        let refusal = format!(
            "remote_api: `{}` rejected the API key: {status}; set PREFAB_API_KEY to a backend API key of this server",
            server.url
        );
        assert!(output.contains(&refusal), "{output}");
        assert_eq!((answer.status.code(), answer.stdout), (Some(0), b"7\n".to_vec()));
    }
}
