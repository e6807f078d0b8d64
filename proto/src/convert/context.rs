//! Conversion of contexts.

use prefab_core::{Context, ContextSet, ContextValue};

use crate::wire::{self, config_value::Type};

/// Converts contexts to the data model. Values that a property cannot have, for example ranges, become null.
///
/// # Examples
///
/// ```
/// use prefab_core::{Context, ContextSet};
/// use prefab_proto::{convert::contexts_from_wire, wire};
///
/// let contexts = ContextSet::from(Context::new("user").with("key", "u-1"));
/// assert_eq!(contexts_from_wire(wire::ContextSet::from(&contexts)), contexts);
/// ```
pub fn contexts_from_wire(set: wire::ContextSet) -> ContextSet {
    let wire::ContextSet { contexts } = set;
    contexts.into_iter().map(context).collect()
}

fn context(context: wire::Context) -> Context {
    let wire::Context { r#type, values } = context;
    let mut context = Context::new(r#type.unwrap_or_default());
    for (property, value) in values {
        context.set(property, plain(value));
    }
    context
}

fn plain(value: wire::ConfigValue) -> ContextValue {
    match value.r#type {
        Some(Type::Int(int)) => ContextValue::Int(int),
        Some(
            Type::String(text)
            | Type::Duration(wire::IsoDuration { definition: text })
            | Type::Json(wire::Json { json: text }),
        ) => ContextValue::String(text),
        Some(Type::Double(double)) => ContextValue::Double(double),
        Some(Type::Bool(bool)) => ContextValue::Bool(bool),
        Some(Type::StringList(wire::StringList { values })) => ContextValue::StringList(values),
        Some(Type::LogLevel(number)) => prefab_core::LogLevel::from_number(number)
            .map_or(ContextValue::Null, |level| ContextValue::String(level.name().to_owned())),
        Some(
            Type::Bytes(_)
            | Type::WeightedValues(_)
            | Type::LimitDefinition(_)
            | Type::IntRange(_)
            | Type::Provided(_)
            | Type::Schema(_),
        )
        | None => ContextValue::Null,
    }
}

impl From<&ContextSet> for wire::ContextSet {
    fn from(set: &ContextSet) -> Self {
        let contexts = set.iter().map(|context| wire::Context {
            r#type: Some(context.name().to_owned()),
            values: context
                .properties()
                .map(|(name, value)| (name.to_owned(), value_to_wire(value)))
                .collect(),
        });
        Self { contexts: contexts.collect() }
    }
}

fn value_to_wire(value: &ContextValue) -> wire::ConfigValue {
    let kind = match value {
        ContextValue::Null => None,
        ContextValue::String(text) => Some(Type::String(text.clone())),
        ContextValue::Int(int) => Some(Type::Int(*int)),
        ContextValue::Double(double) => Some(Type::Double(*double)),
        ContextValue::Bool(bool) => Some(Type::Bool(*bool)),
        ContextValue::StringList(values) => {
            Some(Type::StringList(wire::StringList { values: values.clone() }))
        }
    };
    wire::ConfigValue { r#type: kind, ..wire::ConfigValue::default() }
}
