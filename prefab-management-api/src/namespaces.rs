//! Rules for the namespaces of clients.

use crate::{FlatCriterion, FlatValue, Rule, ValueKind};

/// Returns why a text is not a namespace, or `None` if it is one.
///
/// # Examples
///
/// ```
/// use prefab_management_api::namespace_problem;
///
/// assert_eq!(namespace_problem("services.user_service"), None);
/// assert!(namespace_problem("services.").is_some());
/// ```
pub fn namespace_problem(namespace: &str) -> Option<&'static str> {
    let is_segment = |segment: &str| !segment.is_empty() && !segment.contains(char::is_whitespace);
    let expected = "`namespace`: expected names separated by dots, such as services.user_service";
    (!namespace.split('.').all(is_segment)).then_some(expected)
}

/// Returns the number of names in a namespace.
///
/// # Examples
///
/// ```
/// assert_eq!(prefab_management_api::namespace_depth("services.user_service"), 2);
/// ```
pub fn namespace_depth(namespace: &str) -> usize {
    namespace.split('.').count()
}

impl FlatCriterion {
    /// Returns the namespace that clients must be in or below, if the criterion is of that form.
    pub fn namespace(&self) -> Option<&str> {
        let is_namespace = self.operator == "HIERARCHICAL_MATCH"
            && matches!(self.property_name.as_deref(), Some("NAMESPACE" | "prefab.namespace"));
        self.value_to_match.as_ref().filter(|_| is_namespace)?.value.as_str()
    }
}

impl Rule {
    /// Creates a rule whose only criterion is a namespace.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_management_api::{FlatValue, Rule, ValueKind};
    ///
    /// let rule = Rule::for_namespace("services", FlatValue::new(ValueKind::Int, 50));
    /// assert_eq!(rule.criteria[0].property_name.as_deref(), Some("NAMESPACE"));
    /// ```
    pub fn for_namespace(namespace: &str, value: FlatValue) -> Self {
        let criterion = FlatCriterion {
            property_name: Some("NAMESPACE".to_owned()),
            operator: "HIERARCHICAL_MATCH".to_owned(),
            value_to_match: Some(FlatValue::new(ValueKind::String, namespace)),
        };
        Self { criteria: vec![criterion], value }
    }

    /// Returns the namespace of a rule whose only criterion is a namespace.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_management_api::{FlatValue, Rule, ValueKind};
    ///
    /// let rule = Rule::for_namespace("services", FlatValue::new(ValueKind::Int, 50));
    /// assert_eq!(rule.namespace(), Some("services"));
    /// ```
    pub fn namespace(&self) -> Option<&str> {
        match &*self.criteria {
            [only] => only.namespace(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_has_no_empty_names() {
        for (text, is_valid) in
            [("a", true), ("services.user_service", true), ("", false), ("a.", false), ("a b", false)]
        {
            assert_eq!(namespace_problem(text).is_none(), is_valid, "{text}");
        }
    }
}
