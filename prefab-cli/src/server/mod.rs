//! A server that is managed: where it is, who asks, and what it answers.

mod error;
mod options;
mod profile;
mod tags;
mod value;

use std::time::Duration;

use anyhow::Context as _;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value as Json;
use tokio::runtime::Runtime;

pub(crate) use error::{Refusal, suggest_key};
pub(crate) use options::Connection;
pub(crate) use profile::Profile;
pub(crate) use value::{flat, kind_of, words};

use crate::Failure;

const LOCAL: &str = "http://127.0.0.1:8742";

/// How long an answer may take; the stream of `prefab tail` has no end.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// A project on a server.
pub(crate) struct Server {
    pub(crate) url: String,
    http: reqwest::Client,
    runtime: Runtime,
    key: String,
    project: Option<i64>,
}

/// What a part of a path or of a query has to encode: everything but RFC 3986's unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Encodes a text as a part of a path or of a query.
pub(crate) fn part(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

impl Server {
    /// Finds the server and who asks it: what is said, else what the environment says, else what was signed in to.
    pub(crate) fn signed_in(
        url: Option<String>,
        key: Option<String>,
        project: Option<i64>,
    ) -> Result<Self, Failure> {
        let profile = Profile::load()?;
        let from_env = |name| std::env::var(name).ok().filter(|text: &String| !text.is_empty());
        let first = |urls: String| urls.split(',').next().unwrap_or_default().trim().to_owned();
        let url = url.or_else(|| from_env("PREFAB_API_URL").map(first));
        let key = key.or_else(|| from_env("PREFAB_API_KEY"));
        let (url, key) = match (url, key, profile) {
            (Some(url), Some(key), _) => (url, key),
            // A key is never sent to a server that it was not given for.
            (None, None, Some(profile)) => (profile.url, profile.key),
            (Some(url), None, Some(profile)) if profile.url == url => (url, profile.key),
            (None, Some(key), _) => (LOCAL.to_owned(), key),
            _ => {
                return Err(anyhow::anyhow!(
                    "who asks? Give an admin key with --api-key or PREFAB_ADMIN_KEY, or sign in with `prefab login`"
                )
                .into());
            }
        };
        Self::new(&url, key, project)
    }

    pub(crate) fn new(url: &str, key: String, project: Option<i64>) -> Result<Self, Failure> {
        if !url.starts_with("http://") && !url.starts_with("https://") {
            let message = format!("`{url}` is no URL of a server: it begins with http:// or https://");
            return Err(Failure::Wrong(anyhow::Error::msg(message)));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let http = reqwest::Client::builder()
            .user_agent(concat!("prefab/", env!("CARGO_PKG_VERSION")))
            .build()
            .context("starting a client for HTTP")?;
        let mut server =
            Self { url: url.trim_end_matches('/').to_owned(), http, runtime, key, project: None };
        server.project = Some(match project {
            Some(project) => project,
            None => server.only_project()?,
        });
        Ok(server)
    }

    /// Returns the project of the key, which mostly has one.
    fn only_project(&self) -> Result<i64, Failure> {
        let projects = self.ask(Method::GET, "/api/manage/v1/projects", None)?;
        let projects = projects.as_array().map(Vec::as_slice).unwrap_or_default();
        let id = |project: &Json| project["id"].as_str().and_then(|id| id.parse().ok());
        match projects {
            [project] => Ok(id(project).context("the server names a project without a number")?),
            [] => Err(anyhow::anyhow!("this key belongs to no project").into()),
            several => {
                let names: Vec<_> = several
                    .iter()
                    .map(|project| {
                        format!(
                            "{} ({})",
                            project["id"].as_str().unwrap_or("?"),
                            project["name"].as_str().unwrap_or("?")
                        )
                    })
                    .collect();
                Err(anyhow::anyhow!("which project? Name one with --project: {}", names.join(", ")).into())
            }
        }
    }

    pub(crate) fn project(&self) -> i64 {
        self.project.unwrap_or_default()
    }

    /// Asks for something within the project; `path` begins with a slash.
    pub(crate) fn get(&self, path: &str) -> Result<Json, Failure> {
        self.ask(Method::GET, &self.within(path), None)
    }

    /// Sends something to a place within the project.
    pub(crate) fn send(&self, method: Method, path: &str, body: &Json) -> Result<Json, Failure> {
        self.ask(method, &self.within(path), Some(body).filter(|body| !body.is_null()))
    }

    fn within(&self, path: &str) -> String {
        format!("/api/manage/v1/projects/{}{path}", self.project())
    }

    /// Asks for something anywhere on the server.
    pub(crate) fn ask(&self, method: Method, path: &str, body: Option<&Json>) -> Result<Json, Failure> {
        let request = self.request(method, path).timeout(REQUEST_TIMEOUT);
        let request = match body {
            Some(body) => request.header("content-type", "application/json").body(body.to_string()),
            None => request,
        };
        let text = self.runtime.block_on(async {
            self.send_checked(request).await?.text().await.map_err(|error| self.unreachable(error))
        })?;
        if text.is_empty() {
            return Ok(Json::Null);
        }
        Ok(serde_json::from_str(&text)
            .with_context(|| format!("{}{path} did not answer with JSON", self.url))?)
    }

    /// Sends bytes as they are, within the project.
    pub(crate) fn upload(&self, path: &str, body: Vec<u8>) -> Result<Json, Failure> {
        let request = self.request(Method::POST, &self.within(path)).timeout(10 * REQUEST_TIMEOUT).body(body);
        let text = self.runtime.block_on(async {
            self.send_checked(request).await?.text().await.map_err(|error| self.unreachable(error))
        })?;
        Ok(serde_json::from_str(&text).context("the server did not answer with JSON")?)
    }

    /// Hands over what comes, piece by piece.
    pub(crate) fn stream(
        &self,
        path: &str,
        mut take: impl FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let request = self.request(Method::GET, path);
        self.runtime.block_on(async {
            let mut response = self.send_checked(request).await?;
            while let Some(bytes) = response.chunk().await.map_err(|error| self.unreachable(error))? {
                take(&bytes)?;
            }
            Ok(())
        })
    }

    pub(crate) fn events(&self) -> String {
        self.within("/events")
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url)).basic_auth("authuser", Some(&self.key))
    }

    async fn send_checked(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let response = request.send().await.map_err(|error| self.unreachable(error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status().as_u16();
        let body = response.text().await.unwrap_or_default();
        Err(Failure::Refused(Refusal::of(status, &body)))
    }

    fn unreachable(&self, error: reqwest::Error) -> Failure {
        let error = anyhow::Error::from(error.without_url());
        let url = &self.url;
        Failure::Input(error.context(format!(
            "the server at {url} does not answer; `prefab serve` starts one, and --url or PREFAB_URL names it"
        )))
    }
}
