//! Contexts: the properties of a request, in named groups.
//!
//! # Examples
//!
//! ```
//! use prefab_core::context::{Context, ContextSet};
//!
//! let contexts = ContextSet::new()
//!     .with(Context::new("user").with("key", "u-1").with("plan", "pro"))
//!     .with(Context::new("device").with("mobile", true));
//! assert_eq!(contexts.property("user", "plan"), Some(&"pro".into()));
//! ```

mod set;

use std::{borrow::Cow, fmt};

use crate::text::{TextBuffer, bool_text, same};

pub use set::{ContextError, ContextSet, LOOKUP};

/// A named group of properties, for example of the user or the device of a request.
///
/// # Examples
///
/// ```
/// use prefab_core::Context;
/// let user = Context::new("user").with("key", "u-1").with("beta", true).with("age", 42);
/// assert_eq!(user.name(), "user");
/// ```
#[derive(Clone, Default)]
pub struct Context {
    name: Cow<'static, str>,
    /// Up to [`MAX_LINEAR`] properties in insertion order, because contexts are built for every request. More properties
    /// are sorted by name for binary search.
    properties: Vec<Property>,
}

type Property = (Cow<'static, str>, ContextValue);

/// The number of properties up to which a linear search, which compares lengths first, is faster than a binary search.
const MAX_LINEAR: usize = 16;

impl Context {
    /// Creates a context without properties. The unnamed context has the name `""`.
    ///
    /// A `&'static str` name is not copied.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::Context;
    /// assert!(Context::new("user").is_empty());
    /// ```
    #[inline]
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), properties: Vec::new() }
    }

    /// Returns the name.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::Context;
    /// assert_eq!(Context::new("device").name(), "device");
    /// ```
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sets a property and returns the context.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::Context;
    /// let user = Context::new("user").with("key", "u-1").with("groups", ["staff", "beta"]);
    /// assert_eq!(user.properties().count(), 2);
    /// ```
    #[must_use]
    #[inline]
    pub fn with(mut self, property: impl Into<Cow<'static, str>>, value: impl Into<ContextValue>) -> Self {
        self.set(property, value);
        self
    }

    /// Sets a property, replacing an earlier value.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::Context;
    /// let mut user = Context::new("user");
    /// user.set("age", 41);
    /// user.set("age", 42);
    /// assert_eq!(user.get("age"), Some(&42.into()));
    /// ```
    // Small enough to be inlined: moving the property costs as much as the rest of the function.
    #[inline]
    pub fn set(&mut self, property: impl Into<Cow<'static, str>>, value: impl Into<ContextValue>) {
        let (property, value) = (property.into(), value.into());
        // With spare capacity in sight, the compiler writes the parts in place instead of moving the whole.
        if self.has_room_for(&property) && self.properties.len() < self.properties.capacity() {
            self.properties.push((property, value));
        } else {
            self.set_slow(property, value);
        }
    }

    /// Returns whether a new property can be appended. Reserves capacity.
    #[inline(never)]
    fn has_room_for(&mut self, property: &str) -> bool {
        if self.properties.len() == self.properties.capacity() {
            self.properties.reserve_exact(6);
        }
        // Most names differ in length.
        let is_match = |name: &str| name.len() == property.len() && is_same(name, property);
        self.properties.len() < MAX_LINEAR && !self.properties.iter().any(|(name, _)| is_match(name))
    }

    #[cold]
    #[inline(never)]
    fn set_slow(&mut self, property: Cow<'static, str>, value: ContextValue) {
        if let Some(place) = self.place(&property) {
            self.properties[place].1 = value;
        } else if self.properties.len() == MAX_LINEAR {
            self.properties.push((property, value));
            self.properties.sort_unstable_by(|(left, _), (right, _)| left.cmp(right));
        } else {
            let at = self.properties.partition_point(|(name, _)| *name < property);
            self.properties.insert(at, (property, value));
        }
    }

    fn place(&self, property: &str) -> Option<usize> {
        if self.properties.len() > MAX_LINEAR {
            return self.properties.binary_search_by(|(name, _)| name.as_ref().cmp(property)).ok();
        }
        self.properties.iter().position(|(name, _)| same(name, property))
    }

    /// Returns the value of a property, which may be null.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::{Context, ContextValue};
    /// let user = Context::new("user").with("name", None::<&str>);
    /// assert_eq!(user.get("name"), Some(&ContextValue::Null));
    /// assert_eq!(user.get("age"), None);
    /// ```
    #[inline]
    pub fn get(&self, property: &str) -> Option<&ContextValue> {
        if self.properties.len() > MAX_LINEAR {
            return self.search(property);
        }
        self.properties.iter().find(|(name, _)| same(name, property)).map(|(_, value)| value)
    }

    #[cold]
    #[inline(never)]
    fn search(&self, property: &str) -> Option<&ContextValue> {
        self.place(property).map(|place| &self.properties[place].1)
    }

    /// Returns the properties, sorted by name.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::Context;
    /// let user = Context::new("user").with("plan", "pro").with("age", 42);
    /// let names: Vec<_> = user.properties().map(|(name, _)| name).collect();
    /// assert_eq!(names, ["age", "plan"]);
    /// ```
    pub fn properties(&self) -> impl Iterator<Item = (&str, &ContextValue)> {
        let mut order = [0; MAX_LINEAR];
        let is_sorted = self.properties.len() > MAX_LINEAR;
        if !is_sorted {
            let order = &mut order[..self.properties.len()];
            order.iter_mut().enumerate().for_each(|(at, place)| *place = at);
            order.sort_unstable_by(|left, right| self.properties[*left].0.cmp(&self.properties[*right].0));
        }
        (0..self.properties.len()).map(move |at| {
            let (name, value) = &self.properties[if is_sorted { at } else { order[at] }];
            (&**name, value)
        })
    }

    /// Returns whether the context has no properties.
    pub fn is_empty(&self) -> bool {
        self.properties.is_empty()
    }
}

#[inline(never)]
fn is_same(left: &str, right: &str) -> bool {
    same(left, right)
}

impl PartialEq for Context {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.properties.len() == other.properties.len()
            && self.properties.iter().all(|(name, value)| other.get(name) == Some(value))
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let properties: Vec<_> = self.properties().collect();
        f.debug_struct("Context").field("name", &self.name).field("properties", &properties).finish()
    }
}

/// The value of a property.
///
/// # Examples
///
/// ```
/// use prefab_core::ContextValue;
/// assert_eq!(ContextValue::from(42), ContextValue::Int(42));
/// assert_eq!(ContextValue::from(["a", "b"]).to_string(), "[a, b]");
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ContextValue {
    /// No value. Criteria treat the property as absent.
    #[default]
    Null,
    /// A string.
    String(String),
    /// A 64-bit integer.
    Int(i64),
    /// A double.
    Double(f64),
    /// A boolean.
    Bool(bool),
    /// A list of strings.
    StringList(Vec<String>),
}

macro_rules! context_value_from {
    ($($from:ty => $variant:ident,)*) => {$(
        impl From<$from> for ContextValue {
            #[inline]
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

impl TextBuffer {
    /// Returns the text of a scalar. Returns `None` for a list and for null.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::{ContextValue, text::TextBuffer};
    /// assert_eq!(TextBuffer::default().scalar(&ContextValue::Double(2.0)), Some("2.0"));
    /// assert_eq!(TextBuffer::default().scalar(&ContextValue::Null), None);
    /// ```
    pub fn scalar<'a>(&'a mut self, value: &'a ContextValue) -> Option<&'a str> {
        match value {
            ContextValue::String(text) => Some(text),
            ContextValue::Int(int) => Some(self.int(*int)),
            ContextValue::Double(double) => Some(self.double(*double)),
            ContextValue::Bool(bool) => Some(bool_text(*bool)),
            ContextValue::StringList(_) | ContextValue::Null => None,
        }
    }
}

impl fmt::Display for ContextValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::StringList(list) => write!(f, "[{}]", list.join(", ")),
            scalar => f.write_str(TextBuffer::default().scalar(scalar).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_property_is_found_among_any_number_of_properties(names in prop::collection::vec("[a-z]{1,3}", 0..40)) {
            let mut context = Context::new("c");
            for (at, name) in names.iter().enumerate() {
                context.set(name.clone(), i64::try_from(at).unwrap());
            }
            let mut sorted: Vec<_> = names.iter().map(String::as_str).collect();
            sorted.sort_unstable();
            sorted.dedup();
            prop_assert_eq!(context.properties().map(|(name, _)| name).collect::<Vec<_>>(), sorted);
            let backwards = context.properties().collect::<Vec<_>>().into_iter().rev();
            let other = backwards
                .fold(Context::new("c"), |other, (name, value)| other.with(name.to_owned(), value.clone()));
            prop_assert_eq!(&context, &other);
            prop_assert_ne!(&context, &other.with("absent", 1));
            for name in &names {
                let last = names.iter().rposition(|other| other == name).unwrap();
                prop_assert_eq!(context.get(name), Some(&ContextValue::Int(i64::try_from(last).unwrap())));
            }
            prop_assert_eq!(context.get("absent"), None);
        }
    }
}
