//! The stack of context sets that one evaluation looks through.

use prefab_core::{Context, ContextSet, ContextValue};

use crate::property_name::PropertyName;

static NONE: ContextSet = ContextSet::new();

/// The context sets of one evaluation, by strength: `call` over `bound` over `scope` over the API's
/// default context (which comes with the configs) over `global`.
///
/// A context in a stronger set replaces the one of the same name in a weaker set as a whole. Nothing is
/// merged or copied: a look-up walks the stack.
///
/// ```
/// use prefab_core::{Context, ContextSet};
/// use prefab_eval::Contexts;
///
/// let global = ContextSet::from(Context::new("app").with("version", "1.2.0"));
/// let user = ContextSet::from(Context::new("user").with("key", "u-1"));
/// let contexts = Contexts { global: &global, ..Contexts::of(&user) };
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Contexts<'a> {
    /// Given with the call.
    pub call: &'a ContextSet,
    /// Bound to the client that the call goes through.
    pub bound: &'a ContextSet,
    /// Open around the call: the request, the task, the thread.
    pub scope: &'a ContextSet,
    /// Given in the client's options.
    pub global: &'a ContextSet,
}

impl Default for Contexts<'_> {
    fn default() -> Self {
        Self { call: &NONE, bound: &NONE, scope: &NONE, global: &NONE }
    }
}

impl<'a> Contexts<'a> {
    /// Returns a stack with one set, given with the call.
    pub fn of(call: &'a ContextSet) -> Self {
        Self { call, ..Self::default() }
    }

    /// Returns the merged set, as telemetry reports it.
    pub fn flatten(&self, api: &ContextSet) -> ContextSet {
        self.global.overlay(api).overlay(self.scope).overlay(self.bound).overlay(self.call)
    }
}

/// A stack with the API's default context in its place.
pub(crate) struct Stack<'a> {
    contexts: &'a Contexts<'a>,
    api: &'a ContextSet,
}

impl<'a> Stack<'a> {
    #[inline]
    pub(crate) fn new(contexts: &'a Contexts<'a>, api: &'a ContextSet) -> Self {
        Self { contexts, api }
    }

    /// Finds a property; one that is null is as good as absent.
    pub(crate) fn property(&self, name: &PropertyName) -> Option<&'a ContextValue> {
        // Mostly the strongest set has it.
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
