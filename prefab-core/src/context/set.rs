//! Sets of contexts with different names.

use std::{
    borrow::Cow,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use serde_json::Value as Json;

use super::{Context, ContextValue};
use crate::text::same;

/// A set of contexts with different names: the contexts of one call, of a scope, or of the whole program.
///
/// Sets are not merged property by property: a context of a stronger set replaces the whole context with that name.
///
/// # Examples
///
/// ```
/// use prefab_core::{Context, ContextSet};
/// let contexts = ContextSet::new()
///     .with(Context::new("user").with("key", "u-1"))
///     .with(Context::new("device").with("os", "linux"));
/// assert_eq!(contexts.len(), 2);
/// ```
#[derive(Default)]
pub struct ContextSet {
    /// The first context. Most sets have only one.
    first: Option<Context>,
    /// Boxed to keep a set with one context small.
    #[expect(clippy::box_collection, reason = "a `Vec` would add two words to every set")]
    others: Option<Box<Vec<Context>>>,
    /// The cached [`fingerprint`](Self::fingerprint). 0 if it was not computed yet.
    fingerprint: AtomicU64,
}

/// The name of the property with the lookup key; see [`ContextSet::from_lookup_key`].
pub const LOOKUP: &str = "LOOKUP";

impl ContextSet {
    /// Creates an empty set.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::ContextSet;
    /// static NO_CONTEXTS: ContextSet = ContextSet::new();
    /// assert!(NO_CONTEXTS.is_empty());
    /// ```
    pub const fn new() -> Self {
        Self { first: None, others: None, fingerprint: AtomicU64::new(0) }
    }

    /// Adds a context, replacing one with the same name, and returns the set.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::{Context, ContextSet};
    /// let contexts = ContextSet::new().with(Context::new("user").with("key", "u-1"));
    /// assert_eq!(contexts.len(), 1);
    /// ```
    #[must_use]
    pub fn with(mut self, context: Context) -> Self {
        self.set(context);
        self
    }

    /// Adds a context, replacing one with the same name.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::{Context, ContextSet};
    /// let mut contexts = ContextSet::new();
    /// contexts.set(Context::new("user").with("key", "u-1"));
    /// contexts.set(Context::new("user").with("key", "u-2"));
    /// assert_eq!(contexts.property("user", "key"), Some(&"u-2".into()));
    /// ```
    pub fn set(&mut self, context: Context) {
        self.fingerprint = AtomicU64::new(0);
        let others = self.others.iter_mut().flat_map(|others| others.iter_mut());
        if let Some(other) = self.first.iter_mut().chain(others).find(|other| other.name == context.name) {
            *other = context;
        } else if self.first.is_none() {
            self.first = Some(context);
        } else {
            self.others.get_or_insert_default().push(context);
        }
    }

    /// Creates a set from a lookup key and attributes, as the first SDKs took them.
    ///
    /// They become properties of the unnamed context. The property of the lookup key is [`LOOKUP`].
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::ContextSet;
    /// let contexts = ContextSet::from_lookup_key(Some("u-1"), [("plan", "pro")]);
    /// assert_eq!(contexts.property("", "LOOKUP"), Some(&"u-1".into()));
    /// assert_eq!(contexts.property("", "plan"), Some(&"pro".into()));
    /// ```
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

    /// Returns the context with this name.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::{Context, ContextSet};
    /// let contexts = ContextSet::from(Context::new("user").with("key", "u-1"));
    /// assert!(contexts.get("user").is_some() && contexts.get("device").is_none());
    /// ```
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the call costs more than the function")]
    pub fn get(&self, name: &str) -> Option<&Context> {
        let first = self.first.as_ref()?;
        if same(&first.name, name) {
            return Some(first);
        }
        self.among_others(name)
    }

    #[inline(never)]
    fn among_others(&self, name: &str) -> Option<&Context> {
        self.others.as_ref()?.iter().find(|context| same(&context.name, name))
    }

    /// Returns the value of `property` in the context with the name `context`.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::{Context, ContextSet};
    /// let contexts = ContextSet::from(Context::new("user").with("age", 42));
    /// assert_eq!(contexts.property("user", "age"), Some(&42.into()));
    /// ```
    pub fn property(&self, context: &str, property: &str) -> Option<&ContextValue> {
        self.get(context)?.get(property)
    }

    /// Returns a copy of this set with every context of `stronger` added. Contexts with the same name are replaced.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::{Context, ContextSet};
    /// let weak = ContextSet::from(Context::new("user").with("key", "u-1").with("age", 42));
    /// let both = weak.overlay(&Context::new("user").with("key", "u-2").into());
    /// assert_eq!(both.property("user", "key"), Some(&"u-2".into()));
    /// assert_eq!(both.property("user", "age"), None);
    /// ```
    #[must_use]
    pub fn overlay(&self, stronger: &Self) -> Self {
        let mut both = self.clone();
        for context in stronger.iter() {
            both.set(context.clone());
        }
        both
    }

    /// Returns the contexts in insertion order.
    pub fn iter(&self) -> impl Iterator<Item = &Context> {
        self.first.iter().chain(self.others.iter().flat_map(|others| others.iter()))
    }

    /// Returns the number of contexts.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Returns whether the set is empty.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Returns the fingerprint of the set, computing it with `compute` on first use. A change of the set resets it.
    ///
    /// Telemetry uses it to recognize a set that a request evaluates many flags with. A set caches one fingerprint, so
    /// all callers must pass the same function. Concurrent first calls may compute it more than once.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::{Context, ContextSet};
    /// let contexts = ContextSet::from(Context::new("user").with("key", "u-1"));
    /// assert_eq!(contexts.fingerprint(|contexts| contexts.len() as u64), 1);
    /// assert_eq!(contexts.fingerprint(|_| unreachable!("it is cached")), 1);
    /// ```
    #[inline]
    pub fn fingerprint(&self, compute: impl FnOnce(&Self) -> u64) -> u64 {
        match self.fingerprint.load(Ordering::Relaxed) {
            0 => {
                let fingerprint = compute(self);
                self.fingerprint.store(fingerprint, Ordering::Relaxed);
                fingerprint
            }
            fingerprint => fingerprint,
        }
    }

    /// Returns the [fingerprint](Self::fingerprint) if it was computed already.
    #[inline]
    pub fn cached_fingerprint(&self) -> Option<u64> {
        Some(self.fingerprint.load(Ordering::Relaxed)).filter(|fingerprint| *fingerprint != 0)
    }

    /// Reads contexts from JSON, for example `{"user": {"key": "u-1", "age": 42}}`.
    ///
    /// Values are strings, numbers, booleans, null and lists of strings. A number without a fraction is an integer.
    ///
    /// # Errors
    ///
    /// [`ContextError`] if the JSON is not an object of such objects.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::ContextSet;
    /// let contexts = ContextSet::from_json(&serde_json::json!({"user": {"key": "u-1", "age": 42}}))?;
    /// assert_eq!(contexts.property("user", "age"), Some(&42.into()));
    /// # Ok::<(), prefab_core::ContextError>(())
    /// ```
    pub fn from_json(json: &Json) -> Result<Self, ContextError> {
        let Json::Object(contexts) = json else {
            return Err(ContextError { place: String::from("contexts"), expected: "an object of contexts" });
        };
        let mut set = Self::new();
        for (name, properties) in contexts {
            let Json::Object(properties) = properties else {
                return Err(ContextError { place: name.clone(), expected: "an object of properties" });
            };
            let mut context = Context::new(name.clone());
            for (property, value) in properties {
                let value = context_value(value).ok_or_else(|| ContextError {
                    place: format!("{name}.{property}"),
                    expected: "a text, a number, a boolean, null or a list of texts",
                })?;
                context.set(property.clone(), value);
            }
            set.set(context);
        }
        Ok(set)
    }
}

impl Clone for ContextSet {
    fn clone(&self) -> Self {
        let fingerprint = AtomicU64::new(self.fingerprint.load(Ordering::Relaxed));
        Self { first: self.first.clone(), others: self.others.clone(), fingerprint }
    }
}

impl PartialEq for ContextSet {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for ContextSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let contexts: Vec<_> = self.iter().collect();
        f.debug_struct("ContextSet").field("contexts", &contexts).finish()
    }
}

impl From<Context> for ContextSet {
    #[inline]
    fn from(context: Context) -> Self {
        Self { first: Some(context), others: None, fingerprint: AtomicU64::new(0) }
    }
}

impl From<Context> for Arc<ContextSet> {
    fn from(context: Context) -> Self {
        Self::new(context.into())
    }
}

impl FromIterator<Context> for ContextSet {
    fn from_iter<I: IntoIterator<Item = Context>>(contexts: I) -> Self {
        contexts.into_iter().fold(Self::new(), Self::with)
    }
}

/// The error for JSON that is not a set of contexts. Its message names the context and the property.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("context `{place}`: expected {expected}")]
pub struct ContextError {
    place: String,
    expected: &'static str,
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
    use serde_json::json;

    #[test]
    fn a_stronger_context_replaces_the_whole_context_with_its_name() {
        let weak =
            ContextSet::from_json(&json!({"user": {"key": "1", "age": 3}, "app": {"v": "1"}})).unwrap();
        let strong = ContextSet::from_json(&json!({"user": {"key": "2"}})).unwrap();
        let merged = weak.overlay(&strong);
        assert_eq!(merged.property("user", "key"), Some(&"2".into()));
        assert_eq!(merged.property("user", "age"), None);
        assert_eq!(merged.property("app", "v"), Some(&"1".into()));
    }

    #[test]
    fn a_fingerprint_is_computed_once_until_the_set_changes() {
        let mut set = ContextSet::new();
        assert_eq!(set.fingerprint(|_| 7), 7);
        assert_eq!(set.fingerprint(|_| 8), 7);
        assert_eq!(set.clone().fingerprint(|_| 8), 7);
        set.set(Context::new("user"));
        assert_eq!(set.fingerprint(|_| 8), 8);
    }

    #[test]
    fn an_error_names_the_place_in_the_json() {
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
}
