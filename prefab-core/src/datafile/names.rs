//! The names of enums in a datafile that have no type of their own in the model, or no names there.

use crate::{LogLevel, ProvidedSource, SchemaType};

/// The policies of the rate limiter.
pub(super) const LIMIT_POLICIES: &[(i32, &str)] = &[
    (0, "NOT_SET"),
    (1, "SECONDLY_ROLLING"),
    (3, "MINUTELY_ROLLING"),
    (5, "HOURLY_ROLLING"),
    (7, "DAILY_ROLLING"),
    (8, "MONTHLY_ROLLING"),
    (9, "INFINITE"),
    (10, "YEARLY_ROLLING"),
];

/// The safety levels of the rate limiter.
pub(super) const SAFETY_LEVELS: &[(i32, &str)] =
    &[(0, "LIMIT_SAFETY_LEVEL_NOT_SET"), (4, "L4_BEST_EFFORT"), (5, "L5_BOMBPROOF")];

pub(super) fn name_in(names: &[(i32, &str)], name: &str) -> Option<i32> {
    names.iter().find(|(_, known)| *known == name).map(|(number, _)| *number)
}

pub(super) fn level_from_name(name: &str) -> Option<LogLevel> {
    LogLevel::ALL.into_iter().find(|level| level.name() == name)
}

pub(super) fn source_from_name(name: &str) -> Option<ProvidedSource> {
    match name {
        "ENV_VAR" => Some(ProvidedSource::EnvVar),
        "PROVIDED_SOURCE_NOT_SET" => Some(ProvidedSource::NotSet),
        _ => None,
    }
}

pub(super) fn source_from_number(number: i32) -> ProvidedSource {
    if number == 1 { ProvidedSource::EnvVar } else { ProvidedSource::NotSet }
}

pub(super) fn schema_from_name(name: &str) -> Option<SchemaType> {
    match name {
        "UNKNOWN" => Some(SchemaType::Unknown),
        "ZOD" => Some(SchemaType::Zod),
        "JSON_SCHEMA" => Some(SchemaType::JsonSchema),
        _ => None,
    }
}

pub(super) fn schema_from_number(number: i32) -> Option<SchemaType> {
    match number {
        0 => Some(SchemaType::Unknown),
        1 => Some(SchemaType::Zod),
        2 => Some(SchemaType::JsonSchema),
        _ => None,
    }
}
