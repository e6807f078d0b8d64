//! `prefab doctor`

mod database;
mod sdks;

use std::time::{Duration, Instant};

use prefab_client::Client;
use reqwest::{Method, Response, StatusCode};

use crate::{
    Failure, http,
    output::{self, FAINT, STRONG},
    server::variable,
};

#[derive(clap::Args)]
#[expect(clippy::doc_markdown, reason = "the help is read on a terminal")]
pub(crate) struct Args {
    /// The URL of the server [default: the first URL of PREFAB_API_URL]
    #[arg(long, value_name = "URL", env = "PREFAB_URL")]
    url: Option<String>,

    /// The API key of the program
    #[arg(long, value_name = "KEY", env = "PREFAB_API_KEY", hide_env_values = true)]
    api_key: Option<String>,
}

/// The time limit of each check.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The maximum difference of the clocks. Larger ones affect rules with dates, and telemetry.
const MAX_CLOCK_DRIFT_SECONDS: f64 = 5.0;

struct Findings {
    bad: usize,
}

impl Findings {
    fn report(&mut self, good: bool, what: &str, then: &str) -> Result<(), Failure> {
        self.bad += usize::from(!good);
        let mark = if good { "ok  " } else { "FAIL" };
        let then = if good { String::new() } else { format!("\n      {then}") };
        Ok(output::line(&format!("{STRONG}{mark}{STRONG:#}  {what}{FAINT}{then}{FAINT:#}"))?)
    }
}

/// Checks the connection between a program and its server, and prints the settings of each SDK.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let from_env = std::env::var("PREFAB_API_URL").ok();
    let first = from_env.as_deref().and_then(|urls| urls.split(',').next()).map(str::trim);
    let url = args.url.as_deref().or(first).unwrap_or("http://127.0.0.1:8742").trim_end_matches('/');
    let mut findings = Findings { bad: 0 };
    reach(&mut findings, url)?;
    match &args.api_key {
        Some(key) => connect(&mut findings, url, key)?,
        None => findings.report(
            false,
            "no API key",
            "set the API key of the program with --api-key or PREFAB_API_KEY",
        )?,
    }
    if let Some(admin_key) = variable("PREFAB_ADMIN_KEY") {
        database::check(&mut findings, url, &admin_key)?;
    }
    sdks::print(url)?;
    if findings.bad == 0 { Ok(()) } else { Err(Failure::NoValue) }
}

fn reach(findings: &mut Findings, url: &str) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let builder = || reqwest::Client::builder().timeout(CONNECT_TIMEOUT);
    let Ok(http) = http::client(url, builder) else {
        let what = format!("no connection to {url}: no CA certificates were found");
        let then =
            "install the package `ca-certificates`, or set SSL_CERT_FILE to a file with CA certificates";
        return findings.report(false, &what, then);
    };
    for ignored in http::ignored_proxies(url) {
        findings.report(false, &ignored, http::PROXY_EXAMPLE)?;
    }
    let started = Instant::now();
    // Timers require the runtime.
    let answer = runtime.block_on(async { http.request(Method::GET, format!("{url}/readyz")).send().await });
    let response = match answer {
        Ok(response) => response,
        Err(error) => {
            let cause = format!("{:#}", anyhow::Error::from(error.without_url()));
            let proxy = http::through_proxy(url);
            let then = http::advice(url).unwrap_or(if cause.contains("certificate") {
                "for a private certificate authority, set SSL_CERT_FILE to its file"
            } else {
                "start a server with `prefab serve`"
            });
            return findings.report(false, &format!("no response from {url}{proxy}: {cause}"), then);
        }
    };
    if let Some(target) = http::redirect(&response) {
        let what = format!("{url} redirects to {target}, where clients do not send the API key");
        return findings.report(false, &what, "if that is your server, set its address instead");
    }
    let took = started.elapsed().as_millis();
    let date = response.headers().get("date").and_then(|date| date.to_str().ok());
    let theirs = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
    let status = response.status();
    let body = runtime.block_on(first_bytes(response));
    let proxy = http::through_proxy(url);
    // A server that is not ready gives the reason as a text.
    if status != StatusCode::SERVICE_UNAVAILABLE && (!status.is_success() || body != "ok") {
        let what = format!("{url}{proxy} responded with {status}, but not as a Prefab server");
        return findings.report(false, &what, http::advice(url).unwrap_or("check --url or PREFAB_API_URL"));
    }
    let what = format!("{url}{proxy} responds in {took} ms");
    findings.report(status.is_success(), &what, "the server is not ready; see its log")?;
    if let Some(theirs) = theirs {
        let drift = jiff::Timestamp::now().duration_since(theirs.timestamp()).as_secs_f64().abs();
        let what = if drift <= MAX_CLOCK_DRIFT_SECONDS {
            "the clocks are synchronized".to_owned()
        } else {
            format!("the clocks differ by {drift:.0} s")
        };
        findings.report(
            drift <= MAX_CLOCK_DRIFT_SECONDS,
            &what,
            "synchronize both clocks with NTP; rules with dates and telemetry depend on them",
        )?;
    }
    Ok(())
}

/// Returns the first part of a response as text. A proxy may respond with a page of any length.
async fn first_bytes(mut response: Response) -> String {
    let body = response.chunk().await.ok().flatten().unwrap_or_default();
    String::from_utf8_lossy(&body).into_owned()
}

fn connect(findings: &mut Findings, url: &str, key: &str) -> Result<(), Failure> {
    if let Some(problem) = not_part_of_a_key(key) {
        return findings.report(false, &format!("the API key {problem}"), "remove it where the key is set");
    }
    let shape = key.contains("-P") && key.contains("-E");
    let what = if shape {
        "the format of the key works with every official SDK"
    } else {
        "the format of the key does not work with every official SDK"
    };
    findings.report(shape, what, "issue a key with `prefab key create`")?;
    stream(findings, url, key)?;
    cache(findings)?;
    let client =
        Client::builder().api_key(key).api_urls([url]).local_cache(false).init_timeout(CONNECT_TIMEOUT);
    // The home directory of the user may contain override files that a program does not have.
    output::discard_log();
    let client = client.without_override_dir().build()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let ready = runtime.block_on(client.ready());
    let problem = ready.err().map(|error| error.to_string());
    let keys = client.keys().len();
    let what = problem.clone().unwrap_or_else(|| format!("the key is valid: {keys} configs received"));
    findings.report(problem.is_none(), &what, "use a backend key of this server that is not revoked")?;
    if problem.is_none() {
        let problems = client.problems();
        let what = if problems.is_empty() {
            "all received configs are valid".to_owned()
        } else {
            problems.join("; ")
        };
        findings.report(problems.is_empty(), &what, "fix these configs")?;
    }
    client.close();
    Ok(())
}

/// Returns what a key contains that cannot be part of it, such as quotes that `--env-file` keeps.
fn not_part_of_a_key(key: &str) -> Option<&'static str> {
    if key.contains(['"', '\'']) {
        return Some("contains quotes");
    }
    key.contains(char::is_whitespace).then_some("contains a blank or a line break")
}

/// Checks that a stream starts immediately. Some proxies buffer it.
fn stream(findings: &mut Findings, url: &str, key: &str) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let http = http::client(url, || reqwest::Client::builder().connect_timeout(CONNECT_TIMEOUT))?;
    let begun = runtime.block_on(async {
        let request = http.get(format!("{url}/api/v1/sse/config")).basic_auth("authuser", Some(key));
        let request = request.header("accept", "text/event-stream").header("x-prefab-start-at-id", "0");
        let first = async { request.send().await?.error_for_status()?.chunk().await };
        Ok::<_, reqwest::Error>(tokio::time::timeout(CONNECT_TIMEOUT, first).await)
    })?;
    let (good, what) = match begun {
        Ok(Ok(Some(_))) => (true, "the stream starts immediately".to_owned()),
        Ok(Ok(None)) => (false, "the stream ends immediately".to_owned()),
        Ok(Err(error)) => {
            (false, format!("the stream failed: {:#}", anyhow::Error::from(error.without_url())))
        }
        Err(_) => (false, format!("the stream sends nothing within {} s", CONNECT_TIMEOUT.as_secs())),
    };
    findings.report(
        good,
        &what,
        http::advice(url).unwrap_or("disable buffering of event streams in the proxy"),
    )
}

/// Checks that the cache for a start without a server can be written.
fn cache(findings: &mut Findings) -> Result<(), Failure> {
    let dir = prefab_sources::remote::user_cache_dir();
    let good = dir
        .as_ref()
        .is_some_and(|dir| dir.metadata().map_or(!dir.exists(), |dir| !dir.permissions().readonly()));
    let what = match &dir {
        Some(dir) if good => format!("the cache folder {} is writable", dir.display()),
        Some(dir) => format!("the cache folder {} is not writable", dir.display()),
        None => "no cache folder".to_owned(),
    };
    findings.report(good, &what, "set XDG_CACHE_HOME, or the option local_cache_dir")
}
