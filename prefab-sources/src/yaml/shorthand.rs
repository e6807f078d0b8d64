//! Mappings that are a single entry: flags, provided values and secrets.

use prefab_core::{ConfigType, ConfigValue, Match, Provided, ProvidedSource, Value, ValueType};

use super::{
    criteria,
    flatten::{Entry, Walk, plain_type},
    namespaces,
    node::{Kind, Member, Node},
    scalar::Plain,
    typed::{self, declared_type},
    value::{is_log_level, meaning, value},
};
use crate::{Position, finding::excerpt};

/// The forms of a mapping that is a single entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntryForm {
    /// `feature_flag: true`
    Flag,
    /// `feature_flag: false`: a config, not a flag.
    NoFlag,
    /// `type: provided`
    Provided,
    /// `type: duration` or `type: json`
    Typed,
    /// `value` and `namespaces`
    Namespaces,
    /// `decrypt_with` or `confidential`
    Secret,
}

impl EntryForm {
    /// Returns the form of a mapping; `None` if it only nests keys.
    pub(super) fn of(members: &[Member]) -> Option<Self> {
        let is_on = |name| get(members, name).and_then(|member| is_enabled(&member.value));
        match is_on("feature_flag") {
            Some(true) => return Some(Self::Flag),
            Some(false) => return Some(Self::NoFlag),
            None => {}
        }
        if get(members, "type").is_some_and(|member| member.value.text() == Some("provided")) {
            return Some(Self::Provided);
        }
        if declared_type(members).is_some() {
            return Some(Self::Typed);
        }
        if namespaces::are_declared(members) {
            return Some(Self::Namespaces);
        }
        let secret = is_on("decrypt_with") == Some(true) || is_on("confidential") == Some(true);
        secret.then_some(Self::Secret)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Flag => "a feature flag",
            Self::NoFlag => "an entry with `feature_flag: false`",
            Self::Provided => "a provided value",
            Self::Typed => "a value with a type",
            Self::Namespaces => "a value with namespaces",
            Self::Secret => "a confidential value",
        }
    }

    fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Flag => &["feature_flag", "value", "criterion", "criteria", "confidential", "decrypt_with"],
            Self::NoFlag => &["feature_flag", "value", "confidential", "decrypt_with"],
            Self::Provided => &["type", "source", "lookup", "value_type", "confidential"],
            Self::Typed => &["type", "value", "confidential"],
            Self::Namespaces => &["value", "namespaces", "confidential"],
            Self::Secret => &["value", "confidential", "decrypt_with"],
        }
    }
}

/// Reads a mapping of this form, or reports why it is invalid.
pub(super) fn read(walk: &mut Walk<'_>, form: EntryForm, key: &str, at: Position, members: &[Member]) {
    for member in members.iter().filter(|member| !form.fields().contains(&&*member.key)) {
        let message = format!("ignored `{}`: it is not a field of {}", excerpt(&member.key), form.name());
        walk.findings.key(key, member.at, message);
    }
    let taken = match form {
        EntryForm::Flag => flag(walk, key, at, members),
        EntryForm::NoFlag | EntryForm::Secret => read_value(key, members).map(|(value, value_type)| {
            walk.put(Entry { key, at, config_type: plain_type(key), value_type, value });
        }),
        EntryForm::Provided => provided(walk, key, at, members),
        EntryForm::Typed => typed(walk, key, at, members),
        EntryForm::Namespaces => namespaces::read(walk, key, at, members),
    };
    if let Err(EntryError { at: position, why }) = taken {
        walk.findings.key(key, position.unwrap_or(at), why);
    }
}

/// Why an entry is skipped, with the position, if it is not that of the key.
pub(super) struct EntryError {
    pub(super) at: Option<Position>,
    pub(super) why: String,
}

impl From<String> for EntryError {
    fn from(why: String) -> Self {
        Self { at: None, why }
    }
}

fn flag(walk: &mut Walk<'_>, key: &str, at: Position, members: &[Member]) -> Result<(), EntryError> {
    let (value, value_type) = read_value(key, members)?;
    let mut criteria = Vec::new();
    for name in ["criterion", "criteria"] {
        if let Some(member) = get(members, name) {
            criteria.extend(criteria::read(key, name, &member.value, walk.findings)?);
        }
    }
    let allowable = vec![value.clone()];
    let entry = Entry { key, at, config_type: ConfigType::FeatureFlag, value_type, value };
    walk.put_with(entry, criteria, allowable, Match::Text(key.into()));
    Ok(())
}

fn provided(walk: &mut Walk<'_>, key: &str, at: Position, members: &[Member]) -> Result<(), EntryError> {
    let lookup = get(members, "lookup").and_then(|member| member.value.text()).unwrap_or_default();
    if lookup.is_empty() {
        return Err(String::from("`lookup` is missing; set it to the name of an environment variable").into());
    }
    let provided = Provided { source: ProvidedSource::EnvVar, lookup: lookup.to_owned() };
    let value = ConfigValue { confidential: is_confidential(members), ..provided.into() };
    let value_type = provided_type(key, members)?;
    let entry = Entry { key, at, config_type: plain_type(key), value_type, value };
    walk.put_with(entry, Vec::new(), Vec::new(), Match::Text(lookup.into()));
    Ok(())
}

/// Returns the type that the text of a variable is converted to. Without one, the type is inferred when the variable is read.
fn provided_type(key: &str, members: &[Member]) -> Result<ValueType, EntryError> {
    use ValueType as Type;
    const TYPES: [Type; 8] = [
        Type::String,
        Type::Int,
        Type::Double,
        Type::Bool,
        Type::StringList,
        Type::Duration,
        Type::Json,
        Type::LogLevel,
    ];
    let Some(member) = get(members, "value_type") else {
        // A level would be inferred as a string.
        return Ok(if is_log_level(key) { Type::LogLevel } else { Type::NotSet });
    };
    let text = member.value.text().unwrap_or_default();
    let declared = TYPES.into_iter().find(|value_type| value_type.name().eq_ignore_ascii_case(text));
    match declared {
        Some(value_type) if !is_log_level(key) || value_type == Type::LogLevel => Ok(value_type),
        Some(_) => Err(EntryError {
            at: Some(member.at),
            why: String::from("the type of a log level is `log_level`; remove `value_type`"),
        }),
        None => {
            let names = TYPES.map(|value_type| format!("`{}`", value_type.name().to_lowercase())).join(", ");
            let why = format!("unknown `value_type` `{}`: expected one of {names}", excerpt(text));
            Err(EntryError { at: Some(member.at), why })
        }
    }
}

fn typed(walk: &mut Walk<'_>, key: &str, at: Position, members: &[Member]) -> Result<(), EntryError> {
    let (Some(value_type), Some(member)) = (declared_type(members), get(members, "value")) else {
        return Err(String::from("`value` is missing; add it").into());
    };
    if is_log_level(key) {
        return Err(String::from("a log level must be a word such as `warn`").into());
    }
    if meaning(&member.value) == Ok(Plain::Null) {
        return Err(String::from("`value` is missing; add it").into());
    }
    let confidential = is_confidential(members);
    let value = typed::value(value_type, &member.value, confidential)?;
    let value = ConfigValue { value, confidential, ..ConfigValue::default() };
    walk.put(Entry { key, at, config_type: plain_type(key), value_type, value });
    Ok(())
}

/// Returns the content of `value`, with its flags.
pub(super) fn read_value(key: &str, members: &[Member]) -> Result<(ConfigValue, ValueType), EntryError> {
    let missing = || EntryError::from(String::from("`value` is missing; add it"));
    let node = &get(members, "value").ok_or_else(missing)?.value;
    let decrypt_with =
        match get(members, "decrypt_with").filter(|member| is_enabled(&member.value) == Some(true)) {
            Some(member) => Some(name_of(&member.value)?),
            None => None,
        };
    let confidential = is_confidential(members);
    let (value, value_type) = if decrypt_with.is_none() {
        value(key, node, confidential)?.ok_or_else(missing)?
    } else if meaning(node) == Ok(Plain::Null) {
        return Err(missing());
    } else {
        let why = || format!("an encrypted value must be a string, not {}", node.kind_name());
        (Value::from(node.text().ok_or_else(why)?), ValueType::String)
    };
    Ok((ConfigValue { value, confidential, decrypt_with, ..ConfigValue::default() }, value_type))
}

fn name_of(node: &Node) -> Result<String, EntryError> {
    let why = || {
        format!("`decrypt_with` must be the key of the config with the secret key, not {}", node.kind_name())
    };
    node.text().map(ToOwned::to_owned).ok_or_else(|| why().into())
}

pub(super) fn is_confidential(members: &[Member]) -> bool {
    get(members, "confidential").and_then(|member| is_enabled(&member.value)) == Some(true)
}

pub(super) fn get<'a>(members: &'a [Member], name: &str) -> Option<&'a Member> {
    members.iter().find(|member| &*member.key == name)
}

/// Returns whether a scalar enables something; `None` for null and for collections, which nest keys.
///
/// Any string except `false` and the empty one does, since the official examples write `"true"` with quotes.
fn is_enabled(node: &Node) -> Option<bool> {
    let Kind::Scalar { text, .. } = &node.kind else { return None };
    match meaning(node) {
        Ok(Plain::Null) => None,
        Ok(Plain::Bool(bool)) => Some(bool),
        Ok(Plain::Int(int)) => Some(int != 0),
        Ok(Plain::Double(double)) => Some(double != 0.0),
        Ok(Plain::Text) => Some(!text.is_empty() && !text.eq_ignore_ascii_case("false")),
        Err(_) => Some(true),
    }
}
