//! Variables of proxies: what commands report about a proxy that is wrong, unreachable, or responds for the server.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
};

use assert_cmd::Command;

use crate::management::Workspace;

/// Starts a proxy with one response to every request, and returns its URL.
fn proxy(response: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.read(&mut [0; 8_192]);
            let _ = stream.write_all(response.as_bytes());
        }
    });
    url
}

/// Returns an address where nothing listens.
fn nowhere() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn command(workspace: &Workspace, args: &[&str], variable: &str, proxy: &str) -> Command {
    let mut command = workspace.command(args);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    command.env(variable, proxy);
    command
}

/// Runs a command, and returns its exit code and its whole output.
fn run(workspace: &Workspace, args: &[&str], variable: &str, proxy: &str) -> (i32, String) {
    let output = command(workspace, args, variable, proxy).output().unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap(), text)
}

const COMMANDS: [&[&str]; 7] = [
    &["env", "list"],
    &["info", "max-jobs"],
    &["set", "max-jobs", "5"],
    &["archive", "max-jobs", "--yes"],
    &["token", "list"],
    &["tail"],
    &["login", "--api-key", "1-key"],
];

const CHECK: &str = "check HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_that_does_not_respond_is_named() {
    let workspace = Workspace::new().await;
    let url = &workspace.server.url;
    for (variable, scheme) in [
        ("HTTP_PROXY", "http"),
        ("http_proxy", "http"),
        ("ALL_PROXY", "http"),
        ("all_proxy", "socks5"),
        ("HTTP_PROXY", "socks5h"),
    ] {
        let proxy = format!("{scheme}://{}", nowhere());
        let secret = proxy.replace("://", "://user:secret@");
        for args in COMMANDS {
            let (code, text) = run(&workspace, args, variable, &secret);
            let expected = format!("no response from the server at {url} through the proxy {proxy}; {CHECK}");
            assert!(code == 3 && text.contains(&expected), "{variable} {args:?}: {code} {text}");
            assert!(!text.contains("secret"), "{text}");
        }
        let (code, text) = run(&workspace, &["doctor", "--url", url], variable, &secret);
        let expected = format!("no response from {url} through the proxy {proxy}: ");
        assert!(code == 1 && text.contains(&expected) && text.contains(CHECK), "{text}");
        assert!(!text.contains("secret"), "{text}");
    }
    // NO_PROXY excludes the server.
    let mut excluded = command(&workspace, &["env", "list"], "HTTP_PROXY", "http://127.0.0.1:1");
    excluded.env("no_proxy", "127.0.0.0/8").assert().success();
    workspace.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_variable_that_is_not_a_proxy_is_reported_and_ignored() {
    let workspace = Workspace::new().await;
    for (variable, value) in [("HTTP_PROXY", ":::bad"), ("all_proxy", "ftp://user:secret@proxy")] {
        let expected = format!("ignored {variable}: it is not the URL of a proxy");
        let (code, text) = run(&workspace, &["env", "list"], variable, value);
        assert!(code == 0 && text.contains(&expected) && text.contains("Production"), "{code} {text}");
        assert_eq!(text.matches("ignored").count(), 1, "{text}");
        let key = workspace.key(prefab_server::KeyKind::Backend);
        let doctor = ["doctor", "--url", &workspace.server.url, "--api-key", key];
        let (code, text) = run(&workspace, &doctor, variable, value);
        assert!(code == 1 && text.contains(&format!("FAIL  {expected}")), "{code} {text}");
        assert!(text.contains("responds in") && !text.contains("secret"), "{text}");
    }
    workspace.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_that_responds_for_the_server_is_named() {
    let workspace = Workspace::new().await;
    let url = &workspace.server.url;
    for (status, response) in [
        (
            "407 Proxy Authentication Required",
            "HTTP/1.1 407 x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        ),
        ("401 Unauthorized", "HTTP/1.1 401 x\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno"),
        ("404 Not Found", "HTTP/1.1 404 x\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}"),
        ("502 Bad Gateway", "HTTP/1.1 502 x\r\nconnection: close\r\n\r\n<html>"),
        ("200 OK", "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<html>Log in"),
    ] {
        let proxy = proxy(response);
        let expected =
            format!("{url} through the proxy {proxy} responded with {status}, but not as a Prefab server");
        for args in COMMANDS {
            let (code, text) = run(&workspace, args, "HTTP_PROXY", &proxy);
            assert!(code == 3 && text.contains(&expected) && text.contains(CHECK), "{args:?}: {code} {text}");
        }
        let (code, text) = run(&workspace, &["doctor", "--url", url], "HTTP_PROXY", &proxy);
        assert!(code == 1 && text.contains(&expected) && text.contains(CHECK), "{code} {text}");
    }
    // Without a content type, the response is read.
    let proxy = proxy("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nwelcome");
    let (_, text) = run(&workspace, &["env", "list"], "HTTP_PROXY", &proxy);
    assert!(text.contains(&format!("through the proxy {proxy}; {CHECK}")), "{text}");
    workspace.server.shutdown().await;
}
