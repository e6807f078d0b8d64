//! The parts of the `OpenAPI` document that describe errors.

use utoipa::openapi::{
    Content, OpenApi, Ref, RefOr, Response, ResponseBuilder, Schema, SecurityRequirement, path::Operation,
};

/// Adds the responses 401 and 403 to all endpoints that require a credential, and the list of error codes.
pub(super) fn describe(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
        for operation in operations.into_iter().flatten().filter(|operation| requires_credential(operation)) {
            let responses = &mut operation.responses.responses;
            for (status, description) in [
                ("401", "The credential is missing, unknown, expired or revoked"),
                (
                    "403",
                    "The role is not sufficient, or a request with a session has no `x-prefab-csrf` header",
                ),
            ] {
                responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(error_response(description)));
            }
        }
    }
    // The field is a string in Rust, so that an older program reads newer codes.
    let schemas = document.components.as_mut().map(|components| &mut components.schemas);
    if let Some(RefOr::T(Schema::Object(error))) =
        schemas.and_then(|schemas| schemas.get_mut("ErrorResponse"))
    {
        error.properties.insert("code".to_owned(), RefOr::Ref(Ref::from_schema_name("ErrorCode")));
    }
}

/// Public endpoints have a security requirement that is empty.
fn requires_credential(operation: &Operation) -> bool {
    let nothing = SecurityRequirement::default();
    operation.security.as_ref().is_none_or(|all| !all.contains(&nothing))
}

fn error_response(description: &str) -> Response {
    let schema = RefOr::Ref(Ref::from_schema_name("ErrorResponse"));
    ResponseBuilder::new()
        .description(description)
        .content("application/json", Content::new(Some(schema)))
        .build()
}
