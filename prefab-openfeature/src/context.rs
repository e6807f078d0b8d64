//! Evaluation contexts of the SDK, as fields that the mapping understands.

use std::{any::Any, borrow::Cow, collections::HashMap};

use jiff::Timestamp;
use open_feature::{EvaluationContext, EvaluationContextFieldValue, StructValue, Value};
use prefab_core::ContextSet;
use prefab_openfeature_mapping::contexts::{ContextLimit, Field, to_contexts};
use serde_json::{Map, Value as Json};
use time::OffsetDateTime;

/// Returns the Prefab contexts of an evaluation context. Calls `report` with the name of each field with a structure of an
/// unsupported type.
pub(crate) fn contexts(
    context: &EvaluationContext,
    targeting_property: &str,
    report: impl Fn(&str),
) -> Result<ContextSet, ContextLimit> {
    let fields = |structures: bool| {
        let fields = context.custom_fields.iter();
        fields.filter(move |(_, value)| value.is_struct() == structures)
    };
    // Structures first, so that `user.plan` has priority over `user: {plan}`: the order of the fields is random.
    let fields = fields(true).chain(fields(false)).filter_map(|(name, value)| {
        let field = field(value);
        if field.is_none() {
            report(name);
        }
        Some((name, field?))
    });
    to_contexts(context.targeting_key.as_deref(), targeting_property, fields)
}

/// Returns a field, or `None` if it is a structure of an unsupported type.
fn field(value: &EvaluationContextFieldValue) -> Option<Field<'_>> {
    Some(match value {
        EvaluationContextFieldValue::Bool(bool) => Field::Bool(*bool),
        EvaluationContextFieldValue::Int(int) => Field::Int(*int),
        EvaluationContextFieldValue::Float(float) => Field::Double(*float),
        EvaluationContextFieldValue::String(text) => Field::from(text.as_str()),
        EvaluationContextFieldValue::DateTime(date) => Field::Text(rfc_3339(*date).into()),
        EvaluationContextFieldValue::Struct(structure) => structure_field(structure.as_ref())?,
    })
}

/// Returns a date as text in UTC.
fn rfc_3339(date: OffsetDateTime) -> String {
    match Timestamp::from_nanosecond(date.unix_timestamp_nanos()) {
        Ok(timestamp) => timestamp.to_string(),
        // Outside of the years from -9999 to 9999, which no criterion can contain.
        Err(_) => date.unix_timestamp().to_string(),
    }
}

/// Returns a structure whose type the SDK or `serde_json` defines.
fn structure_field(structure: &(dyn Any + Send + Sync)) -> Option<Field<'_>> {
    if let Some(StructValue { fields }) = structure.downcast_ref() {
        return Some(structure_of(fields));
    }
    if let Some(fields) = structure.downcast_ref::<HashMap<String, Value>>() {
        return Some(structure_of(fields));
    }
    if let Some(fields) = structure.downcast_ref::<Map<String, Json>>() {
        let fields = fields.iter().map(|(name, field)| (Cow::Borrowed(name.as_str()), Field::from(field)));
        return Some(Field::Structure(fields.collect()));
    }
    // Any JSON, including lists and null, which the SDK has no variants for.
    structure.downcast_ref::<Json>().map(Field::from)
}

fn structure_of(fields: &HashMap<String, Value>) -> Field<'_> {
    let fields = fields.iter().map(|(name, value)| (Cow::Borrowed(name.as_str()), value_field(value)));
    Field::Structure(fields.collect())
}

fn value_field(value: &Value) -> Field<'_> {
    match value {
        Value::Bool(bool) => Field::Bool(*bool),
        Value::Int(int) => Field::Int(*int),
        Value::Float(float) => Field::Double(*float),
        Value::String(text) => Field::from(text.as_str()),
        Value::Array(items) => Field::List(items.iter().map(value_field).collect()),
        Value::Struct(structure) => structure_of(&structure.fields),
    }
}
