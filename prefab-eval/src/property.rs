//! The property that a criterion compares.

use std::sync::Arc;

use prefab_core::{ContextValue, Operator};

use crate::{
    contexts::Stack,
    host::Host,
    property_name::{Interner, PropertyName},
};

/// The property that a criterion compares.
#[derive(Clone, Debug)]
pub(crate) enum Property {
    Named(PropertyName),
    /// The current time. A context cannot override it.
    CurrentTime,
    /// The namespace of the client. A context cannot override it.
    Namespace(Arc<ContextValue>),
}

/// The property names of the current time, for all generations of SDKs.
const CURRENT_TIME: [&str; 3] = ["prefab.current-time", "reforge.current-time", "quonfig.current-time"];

/// The property names of the client's namespace.
const NAMESPACE: [&str; 2] = ["NAMESPACE", "prefab.namespace"];

pub(crate) fn is_namespace(name: &str) -> bool {
    NAMESPACE.contains(&name)
}

/// Returns whether the name of a property that `operator` compares has spaces around it.
pub(crate) fn is_padded(operator: Operator, name: &str) -> bool {
    let compares = !matches!(operator, Operator::InSeg | Operator::NotInSeg | Operator::AlwaysTrue);
    compares && name.trim() != name
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

    /// Calls `test` with the property.
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
