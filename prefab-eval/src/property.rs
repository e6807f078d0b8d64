//! Where a criterion takes its left side from.

use std::sync::Arc;

use prefab_core::ContextValue;

use crate::{
    contexts::Stack,
    host::Host,
    property_name::{Interner, PropertyName},
};

/// Where a criterion takes its left side from.
#[derive(Clone, Debug)]
pub(crate) enum Property {
    Named(PropertyName),
    /// The clock, whatever the contexts say.
    CurrentTime,
    /// The client's namespace, stronger than any context.
    Namespace(Arc<ContextValue>),
}

/// The names under which the clock is known, to clients of every age.
const CURRENT_TIME: [&str; 3] = ["prefab.current-time", "reforge.current-time", "quonfig.current-time"];

/// The names under which the client's namespace is known.
const NAMESPACE: [&str; 2] = ["NAMESPACE", "prefab.namespace"];

pub(crate) fn is_namespace(name: &str) -> bool {
    NAMESPACE.contains(&name)
}

impl Property {
    pub(crate) fn compile(
        name: &str,
        namespace: Option<&Arc<ContextValue>>,
        interner: &mut Interner,
    ) -> Self {
        match namespace {
            Some(namespace) if is_namespace(name) => Self::Namespace(Arc::clone(namespace)),
            _ if CURRENT_TIME.contains(&name) => Self::CurrentTime,
            _ => Self::Named(interner.name(name)),
        }
    }

    /// Looks the property up and hands it to `test`.
    #[inline]
    pub(crate) fn with<R>(
        &self,
        stack: &Stack<'_>,
        host: &dyn Host,
        test: impl FnOnce(Option<&ContextValue>) -> R,
    ) -> R {
        match self {
            Self::Named(name) => test(stack.property(name)),
            Self::CurrentTime => test(Some(&ContextValue::Int(host.now_millis()))),
            Self::Namespace(namespace) => test(Some(namespace)),
        }
    }
}
