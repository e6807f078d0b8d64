//! Errors that a server returns, and hints for them.

use prefab_management_api::{ErrorResponse, ItemPage, ListItemsQuery};
use prefab_server::ErrorCode;

use super::{KeySource, Server};
use crate::Failure;

/// An error that a server returned.
pub(crate) struct Refusal {
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
}

impl Refusal {
    /// Reads the error in a response. Returns `None` if it is not an error of a Prefab server.
    pub(super) fn from_response(status: u16, body: &str, source: KeySource) -> Option<Self> {
        let ErrorResponse { message, code, embedded } = serde_json::from_str(body).ok()?;
        if code.is_empty() && message.is_empty() {
            return None;
        }
        let code = code.parse().unwrap_or(code_of_status(status));
        let problems: Vec<_> =
            embedded.unwrap_or_default().errors.into_iter().map(|problem| problem.message).collect();
        let message = match message.as_str() {
            _ if !problems.is_empty() => problems.join("\n       "),
            "" => format!("the server returned status {status} without a reason"),
            _ => message,
        };
        let message = match (code, source) {
            (ErrorCode::Unauthorized, _) => format!(
                "the server rejected the key from {source}: set an admin key with --api-key or PREFAB_ADMIN_KEY, or \
                 log in with `prefab login`"
            ),
            (ErrorCode::Forbidden, KeySource::ProgramVariable) => format!(
                "{message}; the key is from {source}, which is for programs: log in with `prefab login`, or set \
                 PREFAB_ADMIN_KEY"
            ),
            (ErrorCode::Forbidden, _) => format!("{message}; the key is from {source}"),
            _ => message,
        };
        Some(Self { code, message })
    }

    /// Returns the exit code of the command.
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
fn code_of_status(status: u16) -> ErrorCode {
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

/// Replaces a bare "Not Found" about a config key by a message with a similar key.
pub(crate) fn suggest_key(server: &Server, key: &str, failure: Failure) -> Failure {
    match failure {
        Failure::Refused(Refusal { code: ErrorCode::NotFound, .. }) => {
            let hint =
                similar_key(server, key).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            let message = format!("the project has no item `{key}`{hint}");
            Failure::Refused(Refusal { code: ErrorCode::NotFound, message })
        }
        other => other,
    }
}

fn similar_key(server: &Server, key: &str) -> Option<String> {
    // Only the first page of a large project is compared.
    let query = ListItemsQuery { limit: Some(1_000), ..ListItemsQuery::default() };
    let page = server.find::<ItemPage>("/items", &query).ok()?.body;
    let keys = page.items.into_iter().map(|item| item.key);
    let near = keys.map(|other| (strsim::damerau_levenshtein(key, &other), other)).min()?;
    (near.0 <= 1 + key.chars().count() / 4).then_some(near.1)
}
