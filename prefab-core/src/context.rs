//! What a caller knows about a request: named contexts with properties.

use std::{borrow::Cow, fmt};

use serde_json::Value as Json;

/// A named group of properties, such as the user or the device of a request.
///
/// ```
/// use prefab_core::Context;
/// let user = Context::new("user").with("key", "u-1").with("beta", true).with("age", 42);
/// assert_eq!(user.name(), "user");
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Context {
    name: Cow<'static, str>,
    /// Sorted by name, so that equal contexts compare equal and a look-up can halve.
    properties: Vec<(Cow<'static, str>, ContextValue)>,
}

impl Context {
    /// Returns an empty context. The name `""` is the unnamed context's.
    ///
    /// Names that stand in the program's text, as most do, are not copied.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), properties: Vec::new() }
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sets a property and returns the context.
    #[must_use]
    pub fn with(mut self, property: impl Into<Cow<'static, str>>, value: impl Into<ContextValue>) -> Self {
        self.set(property, value);
        self
    }

    /// Sets a property, replacing an earlier value.
    pub fn set(&mut self, property: impl Into<Cow<'static, str>>, value: impl Into<ContextValue>) {
        let (property, value) = (property.into(), value.into());
        match self.properties.binary_search_by(|(name, _)| name.cmp(&property)) {
            Ok(at) => self.properties[at].1 = value,
            Err(at) => {
                if self.properties.is_empty() {
                    self.properties.reserve(6);
                }
                self.properties.insert(at, (property, value));
            }
        }
    }

    /// Returns a property's value, which may be null.
    #[inline]
    pub fn get(&self, property: &str) -> Option<&ContextValue> {
        // Contexts are small; comparing lengths first makes a scan cheaper than halving.
        if self.properties.len() <= 16 {
            let found = self.properties.iter().find(|(name, _)| **name == *property);
            return found.map(|(_, value)| value);
        }
        let at = self.properties.binary_search_by(|(name, _)| name.as_ref().cmp(property)).ok()?;
        Some(&self.properties[at].1)
    }

    /// Lists the properties in the order of their names.
    pub fn properties(&self) -> impl Iterator<Item = (&str, &ContextValue)> {
        self.properties.iter().map(|(name, value)| (&**name, value))
    }

    /// Tells whether there is no property.
    pub fn is_empty(&self) -> bool {
        self.properties.is_empty()
    }
}

/// The value of a property.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ContextValue {
    /// As good as absent, but it hides the same property of a weaker context set.
    #[default]
    Null,
    /// A text.
    String(String),
    /// A 64-bit integer.
    Int(i64),
    /// A double.
    Double(f64),
    /// A boolean.
    Bool(bool),
    /// A list of texts.
    StringList(Vec<String>),
}

macro_rules! context_value_from {
    ($($from:ty => $variant:ident,)*) => {$(
        impl From<$from> for ContextValue {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}
context_value_from! {
    &str => String, String => String, Box<str> => String, i64 => Int, i32 => Int, u32 => Int, u16 => Int,
    u8 => Int, f64 => Double, f32 => Double, bool => Bool, Vec<String> => StringList,
}

impl<const N: usize> From<[&str; N]> for ContextValue {
    fn from(list: [&str; N]) -> Self {
        Self::StringList(list.iter().map(|text| (*text).to_owned()).collect())
    }
}

impl<T: Into<ContextValue>> From<Option<T>> for ContextValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl fmt::Display for ContextValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::StringList(list) => write!(f, "[{}]", list.join(", ")),
            scalar => f.write_str(crate::text::TextBuffer::default().scalar(scalar).unwrap_or_default()),
        }
    }
}

/// Contexts by name: what one level (global, scope, call) says.
///
/// Levels are never merged property by property: a context replaces the one of the same name below it.
///
/// ```
/// use prefab_core::{Context, ContextSet};
/// let contexts = ContextSet::new()
///     .with(Context::new("user").with("key", "u-1"))
///     .with(Context::new("device").with("os", "linux"));
/// assert_eq!(contexts.len(), 2);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContextSet {
    contexts: Vec<Context>,
}

/// The property that holds the lookup key of the oldest call form.
pub const LOOKUP: &str = "LOOKUP";

impl ContextSet {
    /// Returns a set without contexts.
    pub const fn new() -> Self {
        Self { contexts: Vec::new() }
    }

    /// Adds a context, replacing one of the same name, and returns the set.
    #[must_use]
    pub fn with(mut self, context: Context) -> Self {
        self.set(context);
        self
    }

    /// Adds a context, replacing one of the same name.
    pub fn set(&mut self, context: Context) {
        match self.contexts.iter_mut().find(|other| other.name == context.name) {
            Some(other) => *other = context,
            None => self.contexts.push(context),
        }
    }

    /// Returns the set that the oldest call form means: a lookup key and attributes.
    ///
    /// Both become properties of the unnamed context, the key as `LOOKUP`.
    pub fn from_lookup_key<K, V>(
        lookup_key: Option<&str>,
        attributes: impl IntoIterator<Item = (K, V)>,
    ) -> Self
    where
        K: Into<Cow<'static, str>>,
        V: Into<ContextValue>,
    {
        let mut unnamed = Context::new("");
        for (property, value) in attributes {
            unnamed.set(property, value);
        }
        if let Some(key) = lookup_key {
            unnamed.set(LOOKUP, key);
        }
        Self::from(unnamed)
    }

    /// Returns the context of this name.
    #[inline]
    pub fn get(&self, name: &str) -> Option<&Context> {
        self.contexts.iter().find(|context| *context.name == *name)
    }

    /// Returns the value of `property` in the context `context`.
    pub fn property(&self, context: &str, property: &str) -> Option<&ContextValue> {
        self.get(context)?.get(property)
    }

    /// Returns this set with every context of `stronger` put over it, by name.
    #[must_use]
    pub fn merged(&self, stronger: &Self) -> Self {
        let mut merged = self.clone();
        for context in &stronger.contexts {
            merged.set(context.clone());
        }
        merged
    }

    /// Lists the contexts in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = &Context> {
        self.contexts.iter()
    }

    /// Tells how many contexts there are.
    pub fn len(&self) -> usize {
        self.contexts.len()
    }

    /// Tells whether there is no context.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.contexts.is_empty()
    }

    /// Reads contexts from JSON: `{"user": {"key": "u-1", "age": 42}}`.
    ///
    /// Values are texts, numbers, booleans, null and lists of texts. A number without a fraction is an
    /// integer.
    pub fn from_json(json: &Json) -> Result<Self, ContextError> {
        let Json::Object(contexts) = json else {
            return Err(ContextError { place: String::from("contexts"), wanted: "an object of contexts" });
        };
        let mut set = Self::new();
        for (name, properties) in contexts {
            let Json::Object(properties) = properties else {
                return Err(ContextError { place: name.clone(), wanted: "an object of properties" });
            };
            let mut context = Context::new(name.clone());
            for (property, value) in properties {
                let value = context_value(value).ok_or_else(|| ContextError {
                    place: format!("{name}.{property}"),
                    wanted: "a text, a number, a boolean, null or a list of texts",
                })?;
                context.set(property.clone(), value);
            }
            set.set(context);
        }
        Ok(set)
    }
}

impl From<Context> for ContextSet {
    fn from(context: Context) -> Self {
        Self { contexts: vec![context] }
    }
}

impl FromIterator<Context> for ContextSet {
    fn from_iter<I: IntoIterator<Item = Context>>(contexts: I) -> Self {
        contexts.into_iter().fold(Self::new(), Self::with)
    }
}

/// JSON that is not a set of contexts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("context `{place}`: expected {wanted}")]
pub struct ContextError {
    place: String,
    wanted: &'static str,
}

fn context_value(json: &Json) -> Option<ContextValue> {
    Some(match json {
        Json::Null => ContextValue::Null,
        Json::Bool(bool) => (*bool).into(),
        Json::String(text) => text.as_str().into(),
        Json::Number(number) => match number.as_i64() {
            Some(int) => int.into(),
            None => number.as_f64()?.into(),
        },
        Json::Array(items) => {
            let texts = items.iter().map(|item| item.as_str().map(ToOwned::to_owned));
            ContextValue::StringList(texts.collect::<Option<_>>()?)
        }
        Json::Object(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_stronger_context_replaces_the_whole_of_its_name() {
        let weak =
            ContextSet::from_json(&json!({"user": {"key": "1", "age": 3}, "app": {"v": "1"}})).unwrap();
        let strong = ContextSet::from_json(&json!({"user": {"key": "2"}})).unwrap();
        let merged = weak.merged(&strong);
        assert_eq!(merged.property("user", "key"), Some(&"2".into()));
        assert_eq!(merged.property("user", "age"), None);
        assert_eq!(merged.property("app", "v"), Some(&"1".into()));
    }

    #[test]
    fn what_is_no_context_is_named() {
        let check = |json: Json, message: &str| {
            assert_eq!(ContextSet::from_json(&json).unwrap_err().to_string(), message);
        };
        check(json!([]), "context `contexts`: expected an object of contexts");
        check(json!({"user": 1}), "context `user`: expected an object of properties");
        check(
            json!({"user": {"a": {"b": 1}}}),
            "context `user.a`: expected a text, a number, a boolean, null or a list of texts",
        );
    }

    proptest! {
        #[test]
        fn a_property_is_found_however_many_there_are(names in prop::collection::vec("[a-z]{1,3}", 0..40)) {
            let mut context = Context::new("c");
            for (at, name) in names.iter().enumerate() {
                context.set(name.clone(), i64::try_from(at).unwrap());
            }
            for name in &names {
                let last = names.iter().rposition(|other| other == name).unwrap();
                prop_assert_eq!(context.get(name), Some(&ContextValue::Int(i64::try_from(last).unwrap())));
            }
            prop_assert_eq!(context.get("absent"), None);
        }
    }
}
