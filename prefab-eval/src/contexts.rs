//! The stack of context sets that an evaluation reads.

use prefab_core::{Context, ContextSet, ContextValue};

use crate::property_name::PropertyName;

static NO_CONTEXTS: ContextSet = ContextSet::new();

/// The context sets of an evaluation. From the strongest to the weakest: `call`, `bound`, `scope`, the default context
/// that the server sent with the configs, `global`.
///
/// A context in a stronger set replaces the whole context with the same name in a weaker set. The sets are not merged
/// or copied: a lookup walks the stack.
///
/// # Examples
///
/// ```
/// use prefab_eval::{Context, ContextSet, Contexts};
///
/// let global = ContextSet::from(Context::new("app").with("version", "1.2.0"));
/// let user = ContextSet::from(Context::new("user").with("key", "u-1"));
/// let contexts = Contexts { global: &global, ..Contexts::of(&user) };
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Contexts<'a> {
    /// The contexts that are passed to the call.
    pub call: &'a ContextSet,
    /// The contexts that are bound to the client handle.
    pub bound: &'a ContextSet,
    /// The contexts of the request, the task or the thread around the call.
    pub scope: &'a ContextSet,
    /// The contexts in the options of the client.
    pub global: &'a ContextSet,
}

impl Default for Contexts<'_> {
    fn default() -> Self {
        Self { call: &NO_CONTEXTS, bound: &NO_CONTEXTS, scope: &NO_CONTEXTS, global: &NO_CONTEXTS }
    }
}

impl<'a> Contexts<'a> {
    /// Creates a stack with the contexts of the call only.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::{Context, ContextSet, Contexts};
    /// let user = ContextSet::from(Context::new("user").with("key", "u-1"));
    /// assert_eq!(Contexts::of(&user).call.len(), 1);
    /// ```
    pub fn of(call: &'a ContextSet) -> Self {
        Self { call, ..Self::default() }
    }

    /// Returns one set with the effective contexts of the stack. `api` is the default context that the server sent.
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_eval::{Context, ContextSet, Contexts};
    ///
    /// let global = ContextSet::from(Context::new("app").with("version", "1.2.0"));
    /// let user = ContextSet::from(Context::new("user").with("key", "u-1"));
    /// let contexts = Contexts { global: &global, ..Contexts::of(&user) };
    /// assert_eq!(contexts.flatten(&ContextSet::new()).len(), 2);
    /// ```
    pub fn flatten(&self, api: &ContextSet) -> ContextSet {
        self.global.overlay(api).overlay(self.scope).overlay(self.bound).overlay(self.call)
    }
}

/// A stack that includes the default context of the server.
pub(crate) struct Stack<'a> {
    contexts: &'a Contexts<'a>,
    api: &'a ContextSet,
}

impl<'a> Stack<'a> {
    #[inline]
    pub(crate) fn new(contexts: &'a Contexts<'a>, api: &'a ContextSet) -> Self {
        Self { contexts, api }
    }

    /// Returns a property. A null property is absent.
    pub(crate) fn property(&self, name: &PropertyName) -> Option<&'a ContextValue> {
        // Usually the strongest set has the context.
        match self.contexts.call.get(name.context()) {
            Some(context) => property_of(context, name),
            None => self.weaker(name),
        }
    }

    #[inline(never)]
    fn weaker(&self, name: &PropertyName) -> Option<&'a ContextValue> {
        let Contexts { call: _, bound, scope, global } = *self.contexts;
        let context =
            [bound, scope, self.api, global].into_iter().find_map(|level| level.get(name.context()))?;
        property_of(context, name)
    }
}

#[inline]
fn property_of<'a>(context: &'a Context, name: &PropertyName) -> Option<&'a ContextValue> {
    context.get(name.property()).filter(|value| !matches!(value, ContextValue::Null))
}
