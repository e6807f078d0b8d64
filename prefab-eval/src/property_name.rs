//! Property names, split into context and property, and interned.

use std::{collections::HashMap, sync::Arc};

/// A property name `context.property`, split at the first dot.
#[derive(Clone, Debug)]
pub(crate) struct PropertyName(Arc<SplitName>);

#[derive(Debug)]
struct SplitName {
    context: Box<str>,
    property: Box<str>,
}

impl PropertyName {
    /// Returns the address of the shared name. Names with the same address are equal.
    #[inline]
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    #[inline]
    pub(crate) fn context(&self) -> &str {
        &self.0.context
    }

    #[inline]
    pub(crate) fn property(&self) -> &str {
        &self.0.property
    }
}

/// Interns property names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interner {
    names: HashMap<Box<str>, PropertyName, foldhash::fast::RandomState>,
}

impl Interner {
    pub(crate) fn name(&mut self, full: &str) -> PropertyName {
        if let Some(name) = self.names.get(full) {
            return name.clone();
        }
        let (context, property) = full.split_once('.').unwrap_or(("", full));
        let name = PropertyName(Arc::new(SplitName { context: context.into(), property: property.into() }));
        self.names.insert(full.into(), name.clone());
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_splits_at_its_first_dot() {
        let mut interner = Interner::default();
        for (full, context, property) in [
            ("user.key", "user", "key"),
            ("user.address.city", "user", "address.city"),
            ("domain", "", "domain"),
            (".domain", "", "domain"),
            ("", "", ""),
            ("user.", "user", ""),
        ] {
            let name = interner.name(full);
            assert_eq!((name.context(), name.property()), (context, property), "{full}");
        }
        assert_eq!(interner.name("user.key").address(), interner.name("user.key").address());
    }
}
