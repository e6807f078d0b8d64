//! A property of contexts and its values on the command line.

use std::{fmt, str::FromStr};

use prefab_management_api::{FlatCriterion, FlatValue, ValueKind};

/// A property and the values that match: `user.key=ann,bob`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PropertyValues {
    pub(crate) property: String,
    pub(crate) values: Vec<String>,
}

impl FromStr for PropertyValues {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (property, values) = text.split_once('=').unwrap_or_default();
        let (property, values) = (property.trim(), values.split(',').map(|value| value.trim().to_owned()));
        let values: Vec<String> = values.collect();
        if property.is_empty() || values.iter().any(String::is_empty) {
            return Err("expected a property and its values, as in user.key=ann or user.plan=pro,team");
        }
        Ok(Self { property: property.to_owned(), values })
    }
}

impl fmt::Display for PropertyValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.property, self.values.join(","))
    }
}

impl PropertyValues {
    /// Returns the criterion that the property has one of the values.
    pub(crate) fn criterion(&self) -> FlatCriterion {
        FlatCriterion {
            property_name: Some(self.property.clone()),
            operator: "PROP_IS_ONE_OF".to_owned(),
            value_to_match: Some(FlatValue::new(ValueKind::StringList, self.values.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_has_a_name_and_at_least_one_value() {
        for (text, expected) in [
            ("user.key=ann", Some("user.key=ann")),
            (" user.plan = pro , team ", Some("user.plan=pro,team")),
            ("user.query=a=b", Some("user.query=a=b")),
            ("user.key", None),
            ("=ann", None),
            ("user.key=", None),
            ("user.key=ann,", None),
        ] {
            let parsed = text.parse::<PropertyValues>().ok().map(|parsed| parsed.to_string());
            assert_eq!(parsed.as_deref(), expected, "{text}");
        }
    }
}
