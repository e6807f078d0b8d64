//! People with sessions, as in browsers.

use prefab_server::Role;
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::{Value as Json, json};

use super::{TestServer, answer};

pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A person with a session.
pub(crate) struct LoggedIn {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) cookie: String,
    pub(crate) csrf: String,
}

impl LoggedIn {
    /// Signs up with the link of the first start.
    pub(crate) async fn first(server: &TestServer) -> Self {
        let link = server.running.sign_up.clone().unwrap();
        let token = link.split_once("token=").unwrap().1.to_owned();
        Self::of(sign_up(server, &token, "owner@example.com", "Owner").await).await
    }

    /// Signs up with an invitation of the admin key of project 1.
    pub(crate) async fn invited(server: &TestServer, name: &str, role: Role, environments: Json) -> Self {
        let email = format!("{}@example.com", name.to_lowercase());
        let wish = json!({"email": email, "role": role.name(), "environments": environments});
        let (status, invitation) = server.post("/api/manage/v1/projects/1/invitations", wish).await;
        assert_eq!(status, 200, "{invitation}");
        Self::of(sign_up(server, invitation["token"].as_str().unwrap(), &email, name).await).await
    }

    pub(crate) async fn of(response: Response) -> Self {
        let cookie = cookie(&response);
        let (status, session) = answer(response).await;
        assert_eq!(status, 200, "{session}");
        Self {
            id: session["person"]["id"].as_str().unwrap().to_owned(),
            email: session["person"]["email"].as_str().unwrap().to_owned(),
            csrf: session["csrf"].as_str().unwrap().to_owned(),
            cookie,
        }
    }

    /// Sends a request like a page.
    pub(crate) fn request(&self, server: &TestServer, method: &str, path: &str) -> RequestBuilder {
        let request =
            server.http.request(method.parse().unwrap(), server.url(&format!("/api/manage/v1{path}")));
        request.header("cookie", &self.cookie).header("x-prefab-csrf", &self.csrf)
    }

    pub(crate) async fn ask(
        &self,
        server: &TestServer,
        method: &str,
        path: &str,
        body: Json,
    ) -> (StatusCode, Json) {
        let request = self.request(server, method, path);
        let request = if body.is_null() { request } else { request.body(body.to_string()) };
        answer(request.send().await.unwrap()).await
    }

    /// Becomes a member of a project that another person manages.
    pub(crate) async fn join(&self, server: &TestServer, by: &Self, project: &str, role: Role) {
        let add = json!({"email": self.email, "role": role.name()});
        by.done(server, "POST", &format!("/projects/{project}/people"), add).await;
        self.done(server, "POST", &format!("/session/offers/{project}"), Json::Null).await;
    }

    /// Sends a request that must succeed.
    pub(crate) async fn done(&self, server: &TestServer, method: &str, path: &str, body: Json) -> Json {
        let (status, answer) = self.ask(server, method, path, body).await;
        assert_eq!(status, 200, "{method} {path}: {answer}");
        answer
    }
}

/// Returns the cookie of a response, without its attributes.
pub(crate) fn cookie(response: &Response) -> String {
    let set = response.headers().get("set-cookie").map(|set| set.to_str().unwrap()).unwrap_or_default();
    set.split(';').next().unwrap().to_owned()
}

pub(crate) async fn sign_up(server: &TestServer, token: &str, email: &str, name: &str) -> Response {
    let body = json!({"token": token, "email": email, "name": name, "password": PASSWORD});
    server.http.post(server.url("/api/manage/v1/sign-up")).body(body.to_string()).send().await.unwrap()
}

pub(crate) async fn log_in(server: &TestServer, email: &str, password: &str) -> Response {
    let body = json!({"email": email, "password": password});
    server.http.post(server.url("/api/manage/v1/session")).body(body.to_string()).send().await.unwrap()
}
