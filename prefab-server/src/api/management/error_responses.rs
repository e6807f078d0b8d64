//! What every endpoint may answer that asks who somebody is.

use utoipa::openapi::{
    Content, OpenApi, Ref, RefOr, Response, ResponseBuilder, SecurityRequirement, path::Operation,
};

/// Adds the refusals to the document, where an endpoint does not describe its own.
pub(super) fn describe(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
        for operation in operations.into_iter().flatten().filter(|operation| asks_who(operation)) {
            let responses = &mut operation.responses.responses;
            for (status, when) in [
                ("401", "Nobody with this key, token or session"),
                ("403", "The role does not allow it, or a session came without `x-prefab-csrf`"),
            ] {
                responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(refusal(when)));
            }
        }
    }
}

/// Endpoints for everybody say so with a requirement that asks for nothing.
fn asks_who(operation: &Operation) -> bool {
    let nothing = SecurityRequirement::default();
    operation.security.as_ref().is_none_or(|all| !all.contains(&nothing))
}

fn refusal(when: &str) -> Response {
    let problem = RefOr::Ref(Ref::from_schema_name("Problem"));
    ResponseBuilder::new().description(when).content("application/json", Content::new(Some(problem))).build()
}
