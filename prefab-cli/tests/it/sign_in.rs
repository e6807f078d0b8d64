//! Which server and which key a command uses, and what a login gives to the commands that read.

use prefab_server::KeyKind;

use crate::management::Workspace;

/// A workspace with a login, and the variables that `prefab serve` prints.
struct LoggedIn {
    workspace: Workspace,
    variables: Vec<(&'static str, String)>,
}

impl LoggedIn {
    async fn new() -> Self {
        let workspace = Workspace::new().await;
        let sdk = workspace.key(KeyKind::Backend).to_owned();
        let url = workspace.server.url.clone();
        let variables =
            vec![("PREFAB_API_KEY", sdk), ("PREFAB_API_URL", url.clone()), ("PREFAB_STREAM_URL", url)];
        // Files in the home directory would be overrides.
        std::fs::create_dir(workspace.path("program")).unwrap();
        let logged_in = Self { workspace, variables };
        logged_in.log_in(logged_in.workspace.key(KeyKind::Admin));
        logged_in
    }

    fn log_in(&self, key: &str) {
        let url = self.workspace.server.url.clone();
        let mut login = self.workspace.command(&["login", "--url", &url]);
        login.env_remove("PREFAB_ADMIN_KEY").env_remove("PREFAB_URL");
        // A file that another system wrote may start with a byte order mark.
        login.write_stdin(format!("\u{feff}{key}\r\n")).assert().success();
    }

    /// Runs a command with the variables of programs, or without them.
    fn run(&self, args: &[&str], with_variables: bool) -> (i32, String, String) {
        let mut command = self.workspace.command(args);
        command.env_remove("PREFAB_ADMIN_KEY").env_remove("PREFAB_URL");
        command.current_dir(self.workspace.path("program"));
        if with_variables {
            command.envs(self.variables.iter().map(|(name, value)| (*name, value)));
        }
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_variables_of_programs_do_not_replace_a_login() {
    let logged_in = LoggedIn::new().await;
    let created = logged_in.run(&["create", "max-jobs", "--type", "int", "--value", "30"], true);
    assert_eq!(created.0, 0, "{}", created.2);
    logged_in.workspace.command(&["logout"]).assert().success();
    let (code, _, error) = logged_in.run(&["set", "max-jobs", "50"], true);
    assert_eq!(code, 1, "{error}");
    assert!(error.contains("the key is from PREFAB_API_KEY, which is for programs"), "{error}");
    let unknown = logged_in.run(&["set", "max-jobs", "50", "--api-key", "1-unknown"], true);
    assert!(unknown.2.contains("rejected the key from --api-key"), "{}", unknown.2);
    logged_in.workspace.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reading_commands_use_the_login_and_any_environment() {
    let logged_in = LoggedIn::new().await;
    let run = |args: &[&str]| {
        let (code, out, error) = logged_in.run(args, false);
        assert_eq!((code, error.as_str()), (0, ""), "{args:?}");
        out
    };
    run(&["create", "max-jobs", "--type", "int", "--value", "30"]);
    run(&["set", "max-jobs", "80", "-e", "Production"]);
    run(&["create", "beta", "--type", "boolean-flag"]);
    run(&["override", "beta", "true", "-e", "Production", "--for", "user.key=ann"]);

    assert_eq!(run(&["get", "max-jobs"]), "30\n");
    assert!(run(&["list"]).contains("max-jobs"));
    assert_eq!(run(&["get", "max-jobs", "-e", "Production"]), "80\n");
    assert_eq!(run(&["get", "beta", "-e", "production", "--context", "user.key=ann"]), "true\n");
    let json = r#"{"user": {"key": "ann"}}"#;
    assert_eq!(run(&["get", "beta", "-e", "Production", "--context", json]), "true\n");
    assert_eq!(run(&["get", "beta", "-e", "Staging", "--context", "user.key=ann"]), "false\n");
    let listed = run(&["list", "-e", "Production", "--context", "user.key=ann"]);
    assert!(listed.lines().any(|line| line.contains("beta") && line.contains("true")), "{listed}");
    let explained = run(&["explain", "beta", "-e", "Production", "--context", "user.key=ann"]);
    assert!(explained.contains("because rule 1 of environment Production, from"), "{explained}");
    assert!(explained.contains("rules of environment Production:"), "{explained}");

    let (code, _, error) = logged_in.run(&["get", "max-jobs", "-e", "Nowhere"], false);
    assert!(code == 2 && error.contains("expected one of Development, Staging, Production"), "{error}");
    let (code, _, error) = logged_in.run(&["get", "beta", "-e", "Production", "--context", "user"], false);
    assert!(code == 2 && error.contains("examples are user.key=1"), "{error}");
    logged_in.workspace.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_with_a_management_token_can_read() {
    let logged_in = LoggedIn::new().await;
    logged_in.run(&["create", "max-jobs", "--type", "int", "--value", "30"], false);
    let created = logged_in.run(&["token", "create", "ci", "--role", "viewer"], false);
    let token = created.1.split_whitespace().find(|word| word.starts_with("pft-"));
    let token = token.unwrap_or_else(|| panic!("{created:?}"));
    logged_in.log_in(token);
    assert_eq!(logged_in.run(&["get", "max-jobs"], false).1, "30\n");
    assert_eq!(logged_in.run(&["get", "max-jobs", "-e", "Staging"], false).1, "30\n");
    let set = logged_in.run(&["set", "max-jobs", "50"], false);
    assert!(set.0 == 1 && set.2.contains("the key is from `prefab login`"), "{}", set.2);
    let watch = logged_in.run(&["watch", "max-jobs"], false);
    assert!(watch.0 == 2 && watch.2.contains("the saved login is a management token"), "{}", watch.2);
    let mut with_admin_key = logged_in.workspace.command(&["get", "max-jobs"]);
    with_admin_key.env_remove("PREFAB_URL").current_dir(logged_in.workspace.path("program"));
    let output = with_admin_key.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "30\n", "{output:?}");
    let mut elsewhere = logged_in.workspace.command(&["get", "max-jobs", "-e", "Staging"]);
    let output = elsewhere.env("PREFAB_PROJECT", "one").output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.code() == Some(2) && error.contains("invalid value `one` of PREFAB_PROJECT"),
        "{error}"
    );
    logged_in.workspace.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_without_a_key_is_an_error() {
    let workspace = Workspace::new().await;
    let mut login = workspace.command(&["login"]);
    let output = login.env_remove("PREFAB_ADMIN_KEY").write_stdin("").output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && error.contains("no key: type it"), "{error}");
    workspace.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejected_key_is_not_saved() {
    let logged_in = LoggedIn::new().await;
    let kept = std::fs::read(logged_in.workspace.path(".config/prefab/login.json")).unwrap();
    let url = &logged_in.workspace.server.url;
    let (code, _, error) =
        logged_in.run(&["login", "--url", url, "--api-key", "1-unknown", "--project", "1"], false);
    assert!(code == 1 && error.contains("rejected the key"), "{error}");
    let key = logged_in.workspace.key(KeyKind::Admin);
    let (code, ..) = logged_in.run(&["login", "--url", url, "--api-key", key, "--project", "9"], false);
    assert_ne!(code, 0);
    assert_eq!(std::fs::read(logged_in.workspace.path(".config/prefab/login.json")).unwrap(), kept);
    logged_in.workspace.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redirect_to_another_server_is_an_error() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let workspace = Workspace::new().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let old = format!("http://{}", listener.local_addr().unwrap());
    let target = workspace.server.url.clone();
    let redirects = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = [0; 4_096];
            let _ = stream.read(&mut head).await;
            let response = format!(
                "HTTP/1.1 308 Permanent Redirect\r\nlocation: {target}/api\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            );
            let _ = stream.write_all(response.as_bytes()).await;
        }
    });
    let expected = format!("redirects to {}", workspace.server.url);
    let (code, error) = workspace.fails(&["env", "list", "--url", &old]);
    assert!(code == 3 && error.contains(&expected) && error.contains("set --url or PREFAB_URL"), "{error}");
    let mut doctor = workspace.command(&["doctor", "--url", &old]);
    let output = doctor.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.code() == Some(1) && text.contains(&expected), "{text}");
    redirects.abort();
    workspace.server.shutdown().await;
}
