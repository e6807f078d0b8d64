//! Contexts by name.

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
#[derive(Default)]
pub struct ContextSet {
    /// Mostly the only one.
    first: Option<Context>,
    /// Boxed, so that a set of one is no larger for it.
    #[expect(clippy::box_collection, reason = "three words for what mostly is not there")]
    others: Option<Box<Vec<Context>>>,
    /// What [`mark`](Self::fingerprint) gave; 0 before it was asked for.
    mark: AtomicU64,
}

/// The property that holds the lookup key of the oldest call form.
pub const LOOKUP: &str = "LOOKUP";

impl ContextSet {
    /// Returns a set without contexts.
    pub const fn new() -> Self {
        Self { first: None, others: None, mark: AtomicU64::new(0) }
    }

    /// Adds a context, replacing one of the same name, and returns the set.
    #[must_use]
    pub fn with(mut self, context: Context) -> Self {
        self.set(context);
        self
    }

    /// Adds a context, replacing one of the same name.
    pub fn set(&mut self, context: Context) {
        self.mark = AtomicU64::new(0);
        let others = self.others.iter_mut().flat_map(|others| others.iter_mut());
        if let Some(other) = self.first.iter_mut().chain(others).find(|other| other.name == context.name) {
            *other = context;
        } else if self.first.is_none() {
            self.first = Some(context);
        } else {
            self.others.get_or_insert_default().push(context);
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
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call in between costs more than all that it does")]
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

    /// Returns the value of `property` in the context `context`.
    pub fn property(&self, context: &str, property: &str) -> Option<&ContextValue> {
        self.get(context)?.get(property)
    }

    /// Returns this set with every context of `stronger` put over it, by name.
    #[must_use]
    pub fn overlay(&self, stronger: &Self) -> Self {
        let mut merged = self.clone();
        for context in stronger.iter() {
            merged.set(context.clone());
        }
        merged
    }

    /// Lists the contexts in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = &Context> {
        self.first.iter().chain(self.others.iter().flat_map(|others| others.iter()))
    }

    /// Tells how many contexts there are.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Tells whether there is no context.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Returns a number that `make` makes of the set, once for as long as the set stays as it is.
    ///
    /// A request asks for many flags with one set, and telemetry wants to know whether it has met it. There
    /// is one number for the set, so all who ask must make it the same way. It may be made twice where
    /// threads ask at once.
    #[inline]
    pub fn fingerprint(&self, make: impl FnOnce(&Self) -> u64) -> u64 {
        match self.mark.load(Ordering::Relaxed) {
            0 => {
                let mark = make(self);
                self.mark.store(mark, Ordering::Relaxed);
                mark
            }
            mark => mark,
        }
    }

    /// Returns the [mark](Self::fingerprint) where it was made already.
    #[inline]
    pub fn cached_fingerprint(&self) -> Option<u64> {
        Some(self.mark.load(Ordering::Relaxed)).filter(|mark| *mark != 0)
    }

    /// Reads contexts from JSON: `{"user": {"key": "u-1", "age": 42}}`.
    ///
    /// Values are texts, numbers, booleans, null and lists of texts. A number without a fraction is an
    /// integer.
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
        let mark = AtomicU64::new(self.mark.load(Ordering::Relaxed));
        Self { first: self.first.clone(), others: self.others.clone(), mark }
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
        Self { first: Some(context), others: None, mark: AtomicU64::new(0) }
    }
}

/// For whoever shares a set, as scopes do.
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

/// JSON that is not a set of contexts.
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
    fn a_stronger_context_replaces_the_whole_of_its_name() {
        let weak =
            ContextSet::from_json(&json!({"user": {"key": "1", "age": 3}, "app": {"v": "1"}})).unwrap();
        let strong = ContextSet::from_json(&json!({"user": {"key": "2"}})).unwrap();
        let merged = weak.overlay(&strong);
        assert_eq!(merged.property("user", "key"), Some(&"2".into()));
        assert_eq!(merged.property("user", "age"), None);
        assert_eq!(merged.property("app", "v"), Some(&"1".into()));
    }

    #[test]
    fn a_set_is_marked_once_until_it_changes() {
        let mut set = ContextSet::new();
        assert_eq!(set.fingerprint(|_| 7), 7);
        assert_eq!(set.fingerprint(|_| 8), 7);
        assert_eq!(set.clone().fingerprint(|_| 8), 7);
        set.set(Context::new("user"));
        assert_eq!(set.fingerprint(|_| 8), 8);
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
}
