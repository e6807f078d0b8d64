//! What a caller knows about a request: named contexts with properties.

mod set;

use std::{borrow::Cow, fmt};

use crate::text::{TextBuffer, bool_text, same};

pub use set::{ContextError, ContextSet, LOOKUP};

/// A named group of properties, such as the user or the device of a request.
///
/// ```
/// use prefab_core::Context;
/// let user = Context::new("user").with("key", "u-1").with("beta", true).with("age", 42);
/// assert_eq!(user.name(), "user");
/// ```
#[derive(Clone, Default)]
pub struct Context {
    name: Cow<'static, str>,
    /// A few as they came, since contexts are built for every request; from [`SCANNED`] on sorted by name, so
    /// that a look-up can halve.
    properties: Vec<Property>,
}

type Property = (Cow<'static, str>, ContextValue);

/// Up to this many properties, comparing names one by one, lengths first, is cheaper than halving.
const SCANNED: usize = 16;

impl Context {
    /// Returns an empty context. The name `""` is the unnamed context's.
    ///
    /// Names that stand in the program's text, as most do, are not copied.
    #[inline]
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), properties: Vec::new() }
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sets a property and returns the context.
    #[must_use]
    #[inline]
    pub fn with(mut self, property: impl Into<Cow<'static, str>>, value: impl Into<ContextValue>) -> Self {
        self.set(property, value);
        self
    }

    /// Sets a property, replacing an earlier value.
    ///
    /// Small enough to be taken into the caller: a property that is handed on costs as much as all else here.
    #[inline]
    pub fn set(&mut self, property: impl Into<Cow<'static, str>>, value: impl Into<ContextValue>) {
        let (property, value) = (property.into(), value.into());
        // Where a list is known to have room, a compiler puts the parts there one by one and moves no whole.
        if self.has_room_for(&property) && self.properties.len() < self.properties.capacity() {
            self.properties.push((property, value));
        } else {
            self.set_elsewhere(property, value);
        }
    }

    /// Tells whether the property goes behind the others; makes room for some more.
    #[inline(never)]
    fn has_room_for(&mut self, property: &str) -> bool {
        if self.properties.len() == self.properties.capacity() {
            self.properties.reserve_exact(6);
        }
        // Most names differ in their lengths.
        let is_it = |name: &str| name.len() == property.len() && is_same(name, property);
        self.properties.len() < SCANNED && !self.properties.iter().any(|(name, _)| is_it(name))
    }

    #[cold]
    #[inline(never)]
    fn set_elsewhere(&mut self, property: Cow<'static, str>, value: ContextValue) {
        if let Some(place) = self.place(&property) {
            self.properties[place].1 = value;
        } else if self.properties.len() == SCANNED {
            self.properties.push((property, value));
            self.properties.sort_unstable_by(|(left, _), (right, _)| left.cmp(right));
        } else {
            let at = self.properties.partition_point(|(name, _)| *name < property);
            self.properties.insert(at, (property, value));
        }
    }

    fn place(&self, property: &str) -> Option<usize> {
        if self.properties.len() > SCANNED {
            return self.properties.binary_search_by(|(name, _)| name.as_ref().cmp(property)).ok();
        }
        self.properties.iter().position(|(name, _)| same(name, property))
    }

    /// Returns a property's value, which may be null.
    #[inline]
    pub fn get(&self, property: &str) -> Option<&ContextValue> {
        if self.properties.len() > SCANNED {
            return self.search(property);
        }
        self.properties.iter().find(|(name, _)| same(name, property)).map(|(_, value)| value)
    }

    #[cold]
    #[inline(never)]
    fn search(&self, property: &str) -> Option<&ContextValue> {
        self.place(property).map(|place| &self.properties[place].1)
    }

    /// Lists the properties in the order of their names.
    pub fn properties(&self) -> impl Iterator<Item = (&str, &ContextValue)> {
        let mut order = [0; SCANNED];
        let is_sorted = self.properties.len() > SCANNED;
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

    /// Tells whether there is no property.
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
    /// Returns the text of a scalar; `None` for a list and for null.
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
        fn a_property_is_found_however_many_there_are(names in prop::collection::vec("[a-z]{1,3}", 0..40)) {
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
