//! What a server refuses, and what to do then.

use prefab_server::ErrorCode;
use serde_json::Value as Json;

use super::Server;
use crate::Failure;

/// A refusal of a server.
pub(crate) struct Refusal {
    pub(crate) code: ErrorCode,
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
        let code = json["code"].as_str().and_then(|code| code.parse().ok()).unwrap_or(of_status(status));
        let message = match code {
            ErrorCode::Unauthorized => {
                "the key is not one of this server's, or was revoked: give an admin key with --api-key or \
                    PREFAB_ADMIN_KEY, or sign in with `prefab login`"
                    .to_owned()
            }
            _ => message,
        };
        Self { code, message }
    }

    /// Tells how the command ends.
    pub(crate) fn exit_code(&self) -> u8 {
        match self.code {
            ErrorCode::NotFound => 4,
            code if code.is_conflict() => 5,
            _ => 1,
        }
    }
}

/// Returns the code that is closest to a status, for proxies and for servers with codes that this version does not
/// support.
fn of_status(status: u16) -> ErrorCode {
    match status {
        400 => ErrorCode::Invalid,
        401 => ErrorCode::Unauthorized,
        403 => ErrorCode::Forbidden,
        404 => ErrorCode::NotFound,
        409 => ErrorCode::VersionConflict,
        429 => ErrorCode::RateLimited,
        503 => ErrorCode::Busy,
        _ => ErrorCode::Internal,
    }
}

/// Makes "Not Found" about a key a sentence that helps.
pub(crate) fn suggest_key(server: &Server, key: &str, failure: Failure) -> Failure {
    match failure {
        Failure::Refused(Refusal { code: ErrorCode::NotFound, .. }) => {
            let near = near(server, key).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            let message = format!("`{key}`: the project has nothing of this name{near}");
            Failure::Refused(Refusal { code: ErrorCode::NotFound, message })
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
