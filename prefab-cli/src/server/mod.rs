//! The connection to a server's management API.

mod credential;
mod duration;
mod error;
mod options;
mod profile;
mod reply;
mod tags;
mod value;

use std::{cell::RefCell, time::Duration};

use anyhow::Context as _;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use prefab_management_api::ProjectResponse;
use reqwest::{Method, RequestBuilder, Response, header::HeaderValue};
use serde::{Serialize, de::DeserializeOwned};
use tokio::runtime::Runtime;

pub(crate) use credential::{Credential, KeySource, variable};
pub(crate) use error::{Refusal, suggest_key};
pub(crate) use options::Connection;
pub(crate) use profile::Profile;
pub(crate) use reply::Reply;
pub(crate) use value::{describe_value, kind_of, parse_value};

use crate::{Failure, http, output};

const DEFAULT_URL: &str = "http://127.0.0.1:8742";

/// The time limit of a request. The stream of `prefab tail` has none.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// The management API of a server, for one project.
pub(crate) struct Server {
    pub(crate) url: String,
    http: reqwest::Client,
    runtime: Runtime,
    key: String,
    source: KeySource,
    project: Option<i64>,
    /// The newest change that this command has made. Another server may answer the next request, and waits for it.
    last_id: RefCell<Option<HeaderValue>>,
}

/// The header with the newest change.
const LAST_ID: &str = "x-prefab-last-id";

/// The characters to encode in a path segment: all but RFC 3986's unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Encodes a text as a path segment.
pub(crate) fn path_segment(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// Returns the path of an item within the project.
pub(crate) fn item_path(key: &str) -> String {
    format!("/items/{}", path_segment(key))
}

/// Returns a path with a query.
pub(crate) fn with_query(path: &str, query: &impl Serialize) -> Result<String, Failure> {
    let query = serde_urlencoded::to_string(query).context("cannot encode the query")?;
    Ok(if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") })
}

/// A request without a body.
pub(crate) const NO_BODY: Option<&()> = None;

impl Server {
    /// Finds the server and its key: in the options, then in the saved login, then in the variables of programs.
    pub(crate) fn signed_in(
        url: Option<String>,
        key: Option<String>,
        project: Option<i64>,
    ) -> Result<Self, Failure> {
        let login = Profile::load()?;
        let elsewhere = login.as_ref().map(|login| login.url.clone());
        let credential = credential::Settings::new(url, key, login).choose().ok_or_else(|| {
            let hint = elsewhere.map_or(String::new(), |url| format!("; the saved login is for {url}"));
            anyhow::anyhow!(
                "no admin key: set --api-key or PREFAB_ADMIN_KEY, or log in with `prefab login`{hint}"
            )
        })?;
        Self::new(credential, project)
    }

    pub(crate) fn new(credential: Credential, project: Option<i64>) -> Result<Self, Failure> {
        let Credential { url, key, source } = credential;
        if !url.starts_with("http://") && !url.starts_with("https://") {
            let message = format!("invalid server URL `{url}`: expected http:// or https://");
            return Err(Failure::Usage(anyhow::Error::msg(message)));
        }
        for ignored in http::ignored_proxies(&url) {
            output::warning(&format!("{ignored}; {}", http::PROXY_EXAMPLE));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let http = http::client(&url, || {
            reqwest::Client::builder().user_agent(concat!("prefab/", env!("CARGO_PKG_VERSION")))
        })?;
        let url = url.trim_end_matches('/').to_owned();
        let last_id = RefCell::default();
        let mut server = Self { url, http, runtime, key, source, project: None, last_id };
        server.project = Some(match project {
            Some(project) => project,
            None => server.only_project()?,
        });
        Ok(server)
    }

    /// Returns the project of the key, if there is exactly one.
    fn only_project(&self) -> Result<i64, Failure> {
        let projects: Reply<Vec<ProjectResponse>> =
            self.request_json(Method::GET, "/api/manage/v1/projects", NO_BODY)?;
        match &**projects {
            [project] => {
                Ok(project.id.parse().with_context(|| format!("invalid project number `{}`", project.id))?)
            }
            [] => Err(anyhow::anyhow!("this key does not belong to a project").into()),
            several => {
                let names: Vec<_> =
                    several.iter().map(|project| format!("{} ({})", project.id, project.name)).collect();
                Err(anyhow::anyhow!(
                    "the key belongs to several projects; select one with --project: {}",
                    names.join(", ")
                )
                .into())
            }
        }
    }

    pub(crate) fn project(&self) -> i64 {
        self.project.unwrap_or_default()
    }

    /// Reads from the project; `path` starts with a slash.
    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<Reply<T>, Failure> {
        self.request_json(Method::GET, &self.within(path), NO_BODY)
    }

    /// Reads from the project, with a query.
    pub(crate) fn find<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &impl Serialize,
    ) -> Result<Reply<T>, Failure> {
        self.get(&with_query(path, query)?)
    }

    /// Sends a body to the project.
    pub(crate) fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<Reply<T>, Failure> {
        self.request_json(method, &self.within(path), Some(body))
    }

    /// Sends a request without a body to the project.
    pub(crate) fn send_empty<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
    ) -> Result<Reply<T>, Failure> {
        self.request_json(method, &self.within(path), NO_BODY)
    }

    fn within(&self, path: &str) -> String {
        format!("/api/manage/v1/projects/{}{path}", self.project())
    }

    fn request_json<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<Reply<T>, Failure> {
        let request = self.request(method, path).timeout(REQUEST_TIMEOUT);
        let request = match body {
            Some(body) => {
                let body = serde_json::to_string(body).context("cannot encode the request")?;
                request.header("content-type", "application/json").body(body)
            }
            None => request,
        };
        self.read_json(request, path)
    }

    /// Sends bytes to the project.
    pub(crate) fn upload<T: DeserializeOwned>(&self, path: &str, body: Vec<u8>) -> Result<Reply<T>, Failure> {
        let path = self.within(path);
        let request = self.request(Method::POST, &path).timeout(10 * REQUEST_TIMEOUT).body(body);
        self.read_json(request, &path)
    }

    fn read_json<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        path: &str,
    ) -> Result<Reply<T>, Failure> {
        let text = self.runtime.block_on(async {
            self.send_checked(request).await?.text().await.map_err(|error| self.unreachable(error))
        })?;
        let unexpected = || {
            let (url, proxy) = (&self.url, http::through_proxy(&self.url));
            format!("unexpected response from {url}{path}{proxy}; {}", self.advice())
        };
        Ok(Reply::parse(&text).with_context(unexpected)?)
    }

    /// Passes the chunks of a response to `receive` as they arrive.
    pub(crate) fn stream(
        &self,
        path: &str,
        mut receive: impl FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let request = self.request(Method::GET, path);
        self.runtime.block_on(async {
            let mut response = self.send_checked(request).await?;
            while let Some(bytes) = response.chunk().await.map_err(|error| self.unreachable(error))? {
                receive(&bytes)?;
            }
            Ok(())
        })
    }

    /// Returns the path of the project's event stream.
    pub(crate) fn events_path(&self) -> String {
        self.within("/events")
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        let request = request.basic_auth("authuser", Some(&self.key));
        match &*self.last_id.borrow() {
            Some(last_id) => request.header(LAST_ID, last_id),
            None => request,
        }
    }

    async fn send_checked(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let response = request.send().await.map_err(|error| self.unreachable(error))?;
        if response.status().is_success() && !http::is_web_page(&response) {
            if let Some(last_id) = response.headers().get(LAST_ID) {
                self.last_id.replace(Some(last_id.clone()));
            }
            return Ok(response);
        }
        if let Some(target) = http::redirect(&response) {
            let (url, status) = (&self.url, response.status());
            return Err(Failure::Input(anyhow::anyhow!(
                "the server at {url} redirects to {target} ({status}); if that is your server, set --url or PREFAB_URL \
                 to it"
            )));
        }
        let status = response.status();
        let body = response.text().await.unwrap_or_default();
        Err(Refusal::from_response(status.as_u16(), &body, self.source).map_or_else(
            || {
                let (url, proxy) = (&self.url, http::through_proxy(&self.url));
                Failure::Input(anyhow::anyhow!(
                    "{url}{proxy} responded with {status}, but not as a Prefab server; {}",
                    self.advice()
                ))
            },
            Failure::Refused,
        ))
    }

    /// Returns what to check if a response is not from the server.
    fn advice(&self) -> &'static str {
        http::advice(&self.url).unwrap_or("check --url or PREFAB_URL")
    }

    fn unreachable(&self, error: reqwest::Error) -> Failure {
        let error = anyhow::Error::from(error.without_url());
        let url = &self.url;
        let proxy = http::through_proxy(url);
        let advice = http::advice(url).unwrap_or("start one with `prefab serve`, or set --url or PREFAB_URL");
        Failure::Input(error.context(format!("no response from the server at {url}{proxy}; {advice}")))
    }
}
