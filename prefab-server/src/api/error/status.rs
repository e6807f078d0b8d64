//! The HTTP status of each error code, and texts for database errors.

use http::StatusCode;

use prefab_service::ErrorCode;

/// Returns the status of a response with this code.
pub(super) const fn of(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::Unauthorized => StatusCode::UNAUTHORIZED,
        ErrorCode::Forbidden => StatusCode::FORBIDDEN,
        ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::Invalid | ErrorCode::NeedsComment => StatusCode::BAD_REQUEST,
        ErrorCode::VersionConflict
        | ErrorCode::NameTaken
        | ErrorCode::InUse
        | ErrorCode::NeedsApproval
        | ErrorCode::OwnDraft
        | ErrorCode::DraftChanged
        | ErrorCode::WrongType
        | ErrorCode::NotArchived
        | ErrorCode::AccountExists
        | ErrorCode::AlreadyMember
        | ErrorCode::LastAdmin => StatusCode::CONFLICT,
        ErrorCode::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
        ErrorCode::RateLimited | ErrorCode::TooManyStreams => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::Busy
        | ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseUnavailable
        | ErrorCode::OutcomeUnknown => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
        ErrorCode::DatabaseReadOnly | ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Returns the cause of a database error that an operator can fix.
pub(super) const fn database_cause(code: ErrorCode) -> Option<&'static str> {
    match code {
        ErrorCode::StorageFull => {
            Some("the disk of the database is full; nothing was changed; free some space on it")
        }
        ErrorCode::DatabaseBusy => Some("the database is busy; nothing was changed, try again"),
        ErrorCode::DatabaseUnavailable => {
            Some("the database cannot be reached; nothing was changed, try again")
        }
        ErrorCode::OutcomeUnknown => Some(
            "the connection to the database was lost; the change may be stored, so check whether it is before you try again",
        ),
        ErrorCode::DatabaseReadOnly => Some("the server cannot write to its database; nothing was changed"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use prefab_service::ProblemCode;
    use utoipa::PartialSchema as _;

    use super::*;

    #[test]
    fn conflicts_and_no_other_errors_are_409() {
        for code in ErrorCode::ALL {
            assert_eq!(of(code) == StatusCode::CONFLICT, code.is_conflict(), "{code}");
        }
    }

    #[test]
    fn the_docs_list_every_code_with_its_status() {
        let page = include_str!("../../../../docs/error-codes.md");
        let documented: Vec<(String, String)> = page
            .lines()
            .filter_map(|line| {
                let mut cells = line.strip_prefix("| `")?.split('|').map(str::trim);
                Some((cells.next()?.trim_end_matches('`').to_owned(), cells.next()?.to_owned()))
            })
            .filter(|(_, status)| status.parse::<u16>().is_ok())
            .collect();
        let row = |code: &ErrorCode| (code.to_string(), of(*code).as_u16().to_string());
        assert_eq!(documented, ErrorCode::ALL.iter().map(row).collect::<Vec<_>>());
    }
    #[test]
    fn the_page_and_the_docs_name_every_code() {
        let types = include_str!("../../../../prefab-page/api.d.ts");
        for code in ErrorCode::ALL {
            assert!(types.contains(&format!("\"{code}\"")), "{code}");
        }
        let page = include_str!("../../../../docs/error-codes.md");
        let problems = serde_json::to_value(ProblemCode::schema()).unwrap();
        for code in problems["enum"].as_array().unwrap() {
            assert!(page.contains(&format!("\n| `{}` | ", code.as_str().unwrap())), "{code}");
        }
    }
}
