//! The rights of every role on every route of the API, compared with the table in `authorisation.txt`.
//!
//! With `PREFAB_TEST_WRITE` set, the test writes that file, for review.

use std::{env, fmt::Write as _, path::Path};

use crate::common::{
    TestServer, answer,
    people::{LoggedIn, PASSWORD, log_in, sign_up},
};
use prefab_server::{KeyKind, Role};
use serde_json::{Value as Json, json};

const PREFIX: &str = "/api/manage/v1";
const HEADER: &str = "\
# The status that each route of the API returns to each caller.
#
# anonymous  without a credential      key        an admin key of the project
# frontend, backend                    keys that SDKs have
# viewer, editor, publisher, admin     people in the project
# owner      an owner of the installation, who is admin of the project
# elsewhere  an admin of another project, who is not in this one
# offered    a person who was added to the project and has not accepted it
# removed    a person who was removed from the project
#
# 200 success, 401 no valid credential, 403 not allowed, 404 the caller has no access to the project, 409 allowed but in
# conflict: approving one's own draft, or the last owner's account.

";
const WHO: [&str; 12] = [
    "anonymous",
    "frontend",
    "backend",
    "key",
    "viewer",
    "editor",
    "publisher",
    "admin",
    "owner",
    "elsewhere",
    "offered",
    "removed",
];

#[tokio::test]
async fn every_role_has_the_rights_in_the_table() {
    let mut world = World::new().await;
    let document = world.server.http.get(world.server.url(&format!("{PREFIX}/openapi.json")));
    let (_, document) = answer(document.send().await.unwrap()).await;
    let mut table = format!("{HEADER}{:72}", "");
    for who in WHO {
        write!(table, " {who:>9}").unwrap();
    }
    table.push('\n');
    for (path, methods) in document["paths"].as_object().unwrap() {
        let path = path.strip_prefix(PREFIX).unwrap();
        for method in methods.as_object().unwrap().keys().filter(|method| *method != "parameters") {
            let method = method.to_uppercase();
            write!(table, "{:72}", format!("{method:6} {path}")).unwrap();
            for who in WHO {
                write!(table, " {:>9}", world.ask(who, &method, path).await).unwrap();
            }
            table.push('\n');
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/authorisation.txt");
    if env::var_os("PREFAB_TEST_WRITE").is_some() {
        std::fs::write(&file, &table).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap();
    for (found, expected) in table.lines().zip(written.lines()) {
        assert_eq!(found, expected, "the rights differ from `authorisation.txt`");
    }
    assert_eq!(table.lines().count(), written.lines().count(), "the table and the API have different routes");
}

/// A server with all callers.
struct World {
    server: TestServer,
    owner: LoggedIn,
    people: Vec<(&'static str, LoggedIn)>,
    /// The person on whom requests act.
    spare: LoggedIn,
    made: usize,
}

/// An admin of another project, without access to the first one.
async fn elsewhere(server: &TestServer, owner: &LoggedIn, name: &str) -> LoggedIn {
    let email = format!("{name}@example.com");
    let wish = json!({"email": email, "role": "admin"});
    let made = owner.done(server, "POST", "/projects/2/invitations", wish).await;
    let token = made["token"].as_str().unwrap();
    LoggedIn::of(sign_up(server, token, &email, name).await).await
}

impl World {
    async fn new() -> Self {
        let server = TestServer::new().await;
        let owner = LoggedIn::first(&server).await;
        let mut people = Vec::new();
        for role in Role::ALL {
            people.push((role.name(), LoggedIn::invited(&server, role.name(), role, json!([])).await));
        }
        let project = owner.done(&server, "POST", "/projects", json!({"name": "Other"})).await;
        assert_eq!(project["id"], "2");
        let spare = LoggedIn::invited(&server, "Spare", Role::Viewer, json!([])).await;
        let mut world = Self { server, owner, people, spare, made: 0 };
        for who in ["elsewhere", "offered", "removed"] {
            let person = world.sign_up_again(who).await;
            world.people.push((who, person));
        }
        let owner = LoggedIn::of(log_in(&world.server, &world.owner.email, PASSWORD).await).await;
        world.people.push(("owner", owner));
        world
    }

    /// Adds the person to the project, without the person's consent.
    async fn offer(&self, email: &str) {
        let add = json!({"email": email, "role": "admin"}).to_string();
        let path = format!("{PREFIX}/projects/1/people");
        let status = self.server.admin("POST", &path).body(add).send().await.unwrap().status();
        assert_eq!(status, 200);
    }

    async fn remove(&self, id: &str) {
        let path = format!("{PREFIX}/projects/1/people/{id}");
        let status = self.server.admin("DELETE", &path).send().await.unwrap().status().as_u16();
        assert!([200, 404].contains(&status), "{status}");
    }

    /// Creates the account of a caller again after its deletion.
    async fn sign_up_again(&self, who: &'static str) -> LoggedIn {
        match Role::from_name(who) {
            Some(role) => LoggedIn::invited(&self.server, who, role, json!([])).await,
            None if who == "removed" => {
                let person = LoggedIn::invited(&self.server, who, Role::Admin, json!([])).await;
                self.remove(&person.id).await;
                person
            }
            None => {
                let person = elsewhere(&self.server, &self.owner, who).await;
                if who == "offered" {
                    self.offer(&person.email).await;
                }
                person
            }
        }
    }

    /// Sends a request after creating what it needs, and returns the status.
    async fn ask(&mut self, who: &str, method: &str, path: &str) -> u16 {
        let (path, body) = self.prepare(method, path).await;
        let url = self.server.url(&format!("{PREFIX}{path}"));
        let request = self.server.http.request(method.parse().unwrap(), url);
        let key = |kind| self.server.key("Development", kind);
        let request = match who {
            "anonymous" => request,
            "frontend" => request.bearer_auth(key(KeyKind::Frontend)),
            "backend" => request.bearer_auth(key(KeyKind::Backend)),
            "key" => request.bearer_auth(key(KeyKind::Admin)),
            who => {
                let (_, visitor) = self.people.iter().find(|(name, _)| *name == who).unwrap();
                request.header("cookie", &visitor.cookie).header("x-prefab-csrf", &visitor.csrf)
            }
        };
        let request = if body.is_null() { request } else { request.body(body.to_string()) };
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        if (method, path.as_str()) == ("DELETE", "/session")
            && let Some((_, visitor)) = self.people.iter_mut().find(|(name, _)| *name == who)
        {
            *visitor = LoggedIn::of(log_in(&self.server, &visitor.email, PASSWORD).await).await;
        }
        if (who, method, path.as_str()) == ("owner", "PUT", "/session/password") {
            // The other sessions of the person have ended.
            self.owner = LoggedIn::of(log_in(&self.server, &self.owner.email, PASSWORD).await).await;
        }
        if ("POST", "/password-reset", 200) == (method, path.as_str(), status) {
            self.spare = LoggedIn::of(response).await;
        }
        if path.starts_with("/installation/owners") {
            self.owner.done(&self.server, "DELETE", &path, Json::Null).await;
        }
        if let ("DELETE", "/account", 200) = (method, path.as_str(), status)
            && let Some(at) = self.people.iter().position(|(name, _)| *name == who)
        {
            self.people[at].1 = self.sign_up_again(self.people[at].0).await;
        }
        status
    }

    /// Fills in the parameters of a path, creates what they name, and returns the query and the body.
    async fn prepare(&mut self, method: &str, template: &str) -> (String, Json) {
        self.made += 1;
        let key = format!("k{}", self.made);
        let mut path = template.replace("{project}", "1").replace("{environment}", "Staging");
        if template.contains("/items/{key}") {
            let version = self.server.create(&key, "1").await;
            path = path.replace("{key}", &key).replace("{version}", &version.to_string());
        } else if template.contains("/keys/{key}") {
            let made = self.make("/keys", json!({"name": key, "environment": "Staging"})).await;
            path = path.replace("{key}", &made);
        }
        if template.contains("/draft") && method != "PUT" && template.contains("{key}") {
            let draft = self.server.admin("PUT", &format!("{PREFIX}/projects/1/items/{key}/draft"));
            let saved = draft.body(item(&key).to_string()).send().await.unwrap();
            assert_eq!(saved.status(), 200);
        }
        if template.starts_with("/session/offers") {
            let (_, person) = self.people.iter().find(|(name, _)| *name == "offered").unwrap();
            self.remove(&person.id).await;
            self.offer(&person.email).await;
        }
        if template.contains("{person}") {
            self.spare_is_member(true).await;
            let make =
                if template.starts_with("/installation") && method == "DELETE" { "PUT" } else { "DELETE" };
            let owners = format!("/installation/owners/{}", self.spare.id);
            self.owner.done(&self.server, make, &owners, Json::Null).await;
            path = path.replace("{person}", &self.spare.id);
        }
        if template.contains("{invitation}") {
            let wish = json!({"email": format!("{key}@example.com"), "role": "viewer"});
            path = path.replace("{invitation}", &self.make("/invitations", wish).await);
        }
        if template.contains("{token}") {
            let made = self.make("/tokens", json!({"name": key, "role": "viewer"})).await;
            path = path.replace("{token}", &made);
        }
        if template.contains("{path}") {
            path = path.replace("{path}", &format!("my_app.{key}"));
            let level = self.server.admin("PUT", &format!("{PREFIX}{path}"));
            let set = level.body(json!({"level": "INFO"}).to_string()).send().await.unwrap();
            assert_eq!(set.status(), 200);
        }
        let (query, body) = self.body(method, template, &key).await;
        assert!(!path.contains('{'), "add the parameters of this route to the test: {method} {template}");
        (path + query, body)
    }

    /// Returns the query and the body of a request.
    async fn body(&self, method: &str, template: &str, key: &str) -> (&'static str, Json) {
        let place = template.strip_prefix("/projects/{project}").unwrap_or(template);
        let body = match (method, place) {
            ("GET", "/account") => return ("?email=spare@example.com", Json::Null),
            ("PATCH", "/installation") => json!({"inviters": "admins"}),
            ("GET", "/compare") => return ("?left=Staging&right=Production", Json::Null),
            ("DELETE", "/items/{key}/override") => {
                let own = json!({"environment": "Staging", "user": "9", "value": text("mine")});
                let path = format!("{PREFIX}/projects/1/items/{key}/override");
                let set = self.server.admin("PUT", &path).body(own.to_string()).send().await.unwrap();
                assert_eq!(set.status(), 200);
                return ("?environment=Staging&user=9", Json::Null);
            }
            ("DELETE", "/account") => json!({"password": PASSWORD}),
            ("PUT", "/installation/owners/{person}")
            | ("POST", "/session/offers/{project}" | "/people/{person}/password-reset") => Json::Null,
            ("POST", "/password-reset") => {
                let place = format!("/people/{}/password-reset", self.spare.id);
                let (_, made) = self.server.post(&format!("{PREFIX}/projects/1{place}"), Json::Null).await;
                json!({"token": made["token"], "password": PASSWORD})
            }
            ("GET" | "DELETE", _) | ("POST", "/items/{key}/draft/approve" | "/items/{key}/draft/publish") => {
                Json::Null
            }
            ("POST", "/sign-up") => {
                let email = format!("{key}@example.com");
                let wish = json!({"email": email, "role": "viewer"});
                let path = format!("{PREFIX}/projects/1/invitations");
                let (_, made) = self.server.post(&path, wish).await;
                json!({"token": made["token"], "email": email, "name": key, "password": PASSWORD})
            }
            ("POST", "/session") => json!({"email": self.spare.email, "password": PASSWORD}),
            ("PUT", "/session/password") => json!({"current": PASSWORD, "password": PASSWORD}),
            ("PATCH", "") => json!({"name": "Default"}),
            ("POST", "/projects" | "/environments") => json!({"name": key}),
            ("PATCH", "/environments/{environment}") => json!({"needsComment": false}),
            ("POST", "/environments/{environment}/copy") => json!({"from": "Production"}),
            ("POST", "/items") => item(&format!("{key}.new")),
            ("PUT", "/items/{key}") => {
                let path = format!("{PREFIX}/projects/1/items/{key}");
                let (_, standing) = answer(self.server.admin("GET", &path).send().await.unwrap()).await;
                json!({ "item": standing })
            }
            ("PUT", "/items/{key}/value") | ("POST", "/validate") => json!({"value": text("2")}),
            ("PUT", "/items/{key}/draft") => item(key),
            ("PUT", "/items/{key}/override") => {
                json!({"environment": "Staging", "user": "9", "value": text("mine")})
            }
            ("POST", "/items/{key}/revert") => {
                let path = format!("{PREFIX}/projects/1/items/{key}/versions");
                let (_, versions) = answer(self.server.admin("GET", &path).send().await.unwrap()).await;
                json!({"to": versions[0]["id"]})
            }
            ("POST", "/items/{key}/restore") => {
                self.server.delete(key).await;
                Json::Null
            }
            ("POST", "/explain") => json!({"key": "k1", "environment": "Staging"}),
            ("PUT", "/log-levels/{path}") => json!({"level": "DEBUG"}),
            ("POST", "/keys") => json!({"name": key, "environment": "Staging"}),
            ("PUT", "/keys/{key}/expiry") => json!({"at": 4_102_444_800_000_i64}),
            ("POST", "/keys/{key}/rotate") => json!({"overlapSeconds": 60}),
            ("POST", "/people") => {
                self.spare_is_member(false).await;
                json!({"email": self.spare.email, "role": "viewer"})
            }
            ("PATCH", "/people/{person}") => json!({"role": "editor"}),
            ("POST", "/invitations") => json!({"email": format!("{key}@example.com"), "role": "viewer"}),
            ("POST", "/secrets") => json!({"secrets": []}),
            ("POST", "/tokens") => json!({"name": key, "role": "viewer"}),
            ("POST", "/import") => return ("?dryRun=false", json!({"configs": []})),
            _ => panic!("add the body of this route to the test: {method} {template}"),
        };
        ("", body)
    }

    async fn make(&self, place: &str, wish: Json) -> String {
        let (status, made) = self.server.post(&format!("{PREFIX}/projects/1{place}"), wish).await;
        assert_eq!(status, 200, "{made}");
        made["id"].as_str().unwrap().to_owned()
    }

    async fn spare_is_member(&self, wanted: bool) {
        let path = format!("{PREFIX}/projects/1/people");
        let request = if wanted {
            let add = json!({"email": self.spare.email, "role": "viewer"});
            self.server.admin("POST", &path).body(add.to_string())
        } else {
            self.server.admin("DELETE", &format!("{path}/{}", self.spare.id))
        };
        // The member may have this state already.
        let status = request.send().await.unwrap().status().as_u16();
        assert!([200, 404, 409].contains(&status), "{status}");
        if wanted && status == 200 {
            self.spare.done(&self.server, "POST", "/session/offers/1", Json::Null).await;
        }
    }
}

fn text(value: &str) -> Json {
    json!({"type": "string", "value": value})
}

fn item(key: &str) -> Json {
    json!({"item": {"key": key, "type": "config", "valueType": "string",
                    "default": {"rules": [{"value": text("2")}]}}})
}
