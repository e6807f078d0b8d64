//! What a server refuses, and what to do then.

use serde_json::Value as Json;

use super::Server;
use crate::Failure;

/// A refusal of a server.
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) message: String,
}

impl Refusal {
    pub(super) fn of(status: u16, body: &str) -> Self {
        let json: Json = serde_json::from_str(body).unwrap_or_default();
        let causes: Vec<_> = json["_embedded"]["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|cause| cause["message"].as_str())
            .collect();
        let message = if causes.is_empty() {
            json["message"].as_str().unwrap_or("the server gave no reason").to_owned()
        } else {
            causes.join("\n       ")
        };
        let message = match status {
            401 => {
                "the key is not one of this server's, or was revoked: give an admin key with --api-key or \
                    PREFAB_ADMIN_KEY, or sign in with `prefab login`"
                    .to_owned()
            }
            _ => message,
        };
        Self { status, message }
    }

    /// Tells how the command ends.
    pub(crate) fn exit_code(&self) -> u8 {
        match self.status {
            404 => 4,
            409 => 5,
            _ => 1,
        }
    }
}

/// Makes "Not Found" about a key a sentence that helps.
pub(crate) fn refused(server: &Server, key: &str, failure: Failure) -> Failure {
    match failure {
        Failure::Refused(Refusal { status: 404, .. }) => {
            let near = near(server, key).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            let message = format!("`{key}`: the project has nothing of this name{near}");
            Failure::Refused(Refusal { status: 404, message })
        }
        other => other,
    }
}

fn near(server: &Server, key: &str) -> Option<String> {
    // Of a large project the first page is looked at; the answer is right without a hint, too.
    let page = server.get("/items?limit=1000").ok()?;
    let keys = page["items"].as_array()?.iter().filter_map(|item| item["key"].as_str());
    let near = keys.map(|other| (strsim::damerau_levenshtein(key, other), other)).min()?;
    (near.0 <= 1 + key.chars().count() / 4).then(|| near.1.to_owned())
}
