//! The body of a request.

use prefab_core::{ContextSet, encoding, json};
use prefab_openfeature_mapping::{
    ErrorCode, Failure,
    contexts::{Field, TARGETING_PROPERTY, to_contexts},
};
use serde_json::Value as Json;

/// The evaluation context of a request.
///
/// Clients omit parts of it although the protocol requires them, so a missing body, context or targeting key is an empty
/// one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EvaluationRequest {
    /// The targeting key.
    pub targeting_key: Option<String>,
    /// The contexts, with the targeting key.
    pub contexts: ContextSet,
}

impl EvaluationRequest {
    /// Parses a body.
    ///
    /// # Errors
    ///
    /// A [`Failure`] with the code `INVALID_CONTEXT` if the body is not JSON, or if its context is invalid or too large.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_service::ofrep::EvaluationRequest;
    /// let request = EvaluationRequest::parse(br#"{"context": {"targetingKey": "u-1"}}"#).unwrap();
    /// assert_eq!(request.contexts.property("user", "key"), Some(&"u-1".into()));
    /// ```
    pub fn parse(body: &[u8]) -> Result<Self, Failure> {
        if body.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        let text = encoding::decode_slice(body).map_err(|error| invalid(format!("the body: {error}")))?;
        let body = json::parse(text).map_err(|error| invalid(format!("the body is not JSON: {error}")))?;
        let context = match body {
            Json::Object(mut members) => members.remove("context").unwrap_or_default(),
            _ => return Err(invalid("the body is not an object")),
        };
        let fields = match &context {
            Json::Null => return Ok(Self::default()),
            Json::Object(fields) => fields,
            _ => return Err(invalid("`context` is not an object")),
        };
        let targeting_key = match fields.get("targetingKey") {
            None | Some(Json::Null) => None,
            Some(Json::String(key)) => Some(key.clone()),
            Some(_) => return Err(invalid("`targetingKey` is not a string")),
        };
        let others = fields.iter().filter(|(name, _)| *name != "targetingKey");
        let others = others.map(|(name, field)| (name, Field::from(field)));
        let contexts = to_contexts(targeting_key.as_deref(), TARGETING_PROPERTY, others)
            .map_err(|limit| invalid(limit.to_string()))?;
        Ok(Self { targeting_key, contexts })
    }
}

fn invalid(message: impl Into<String>) -> Failure {
    Failure { code: ErrorCode::InvalidContext, message: message.into() }
}

#[cfg(test)]
mod tests {
    use prefab_core::Context;

    use super::*;

    #[test]
    fn missing_parts_are_an_empty_context() {
        for body in [
            "",
            "  \n",
            "{}",
            r#"{"context": null}"#,
            r#"{"context": {}}"#,
            r#"{"context": {"targetingKey": null}}"#,
        ] {
            assert_eq!(EvaluationRequest::parse(body.as_bytes()), Ok(EvaluationRequest::default()), "{body}");
        }
        let request =
            EvaluationRequest::parse(br#"{"context": {"targetingKey": "u-1", "plan": "pro"}, "other": 1}"#);
        let expected: ContextSet =
            [Context::new("").with("plan", "pro"), Context::new("user").with("key", "u-1")]
                .into_iter()
                .collect();
        assert_eq!(request.unwrap().contexts, expected);
    }

    #[test]
    fn invalid_contexts_are_reported() {
        let check = |body: &[u8], message: &str| {
            let failure = EvaluationRequest::parse(body).unwrap_err();
            assert_eq!(failure.code, ErrorCode::InvalidContext);
            assert!(failure.message.contains(message), "{}", failure.message);
        };
        check(b"{", "the body is not JSON: ");
        check(b"[]", "the body is not an object");
        check(b"\xff\x00", "the body: ");
        check(br#"{"context": 1}"#, "`context` is not an object");
        check(br#"{"context": {"targetingKey": 7}}"#, "`targetingKey` is not a string");
        check(br#"{"context": {"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}}"#, "more than 4 structures");
        let many: serde_json::Map<_, _> =
            (0..1_001).map(|number| (format!("p{number}"), number.into())).collect();
        check(serde_json::json!({ "context": many }).to_string().as_bytes(), "more than 1000 properties");
    }
}
