//! Converts the tree to configs: nested keys are joined with dots.

use std::collections::HashMap;

use prefab_core::{
    ConditionalValue, Config, ConfigRow, ConfigType, ConfigValue, Criterion, Match, ValueType,
};

use super::{
    MAX_KEY_BYTES, MAX_KEYS_BYTES, YamlError, YamlErrorKind, YamlItem,
    findings::Findings,
    node::{Kind, LONE_SURROGATE, Member, Node},
    scalar::Plain,
    shorthand,
    value::{collection_tag, is_log_level, meaning, value},
};
use crate::{Position, finding::excerpt};

/// Returns one item per key. If a key is repeated, the later entry applies.
pub(super) fn flatten(root: &Node, findings: &mut Findings) -> Result<Vec<YamlItem>, YamlError> {
    let mut walk = Walk { findings, items: Vec::new(), index: HashMap::new(), key_bytes: 0 };
    match &root.kind {
        Kind::Map(members) => {
            for member in members {
                walk.member(None, member)?;
            }
        }
        _ if meaning(root) == Ok(Plain::Null) => {}
        _ => walk.findings.file(
            root.at,
            format!("the file contains {} instead of keys with values, and is ignored", root.kind_name()),
        ),
    }
    Ok(walk.items.into_iter().flatten().collect())
}

pub(super) struct Walk<'a> {
    pub(super) findings: &'a mut Findings,
    items: Vec<Option<YamlItem>>,
    index: HashMap<String, usize>,
    key_bytes: usize,
}

impl Walk<'_> {
    fn member(&mut self, around: Option<&str>, member: &Member) -> Result<(), YamlError> {
        let key = match (around, &*member.key) {
            (Some(around), "_") => around.to_owned(),
            (Some(around), child) => format!("{around}.{}", cut(child)),
            (None, child) => cut(child).to_owned(),
        };
        self.key_bytes += key.len();
        if self.key_bytes > MAX_KEYS_BYTES {
            return Err(YamlError { position: member.at, cause: YamlErrorKind::KeysTooLong });
        }
        if member.lone_surrogate {
            self.findings.key(&excerpt(&key), member.at, LONE_SURROGATE);
        } else if member.key.is_empty() {
            self.findings.key(&key, member.at, "the key is empty; give it a name");
        } else if key.len() > MAX_KEY_BYTES {
            let message =
                format!("the key, with the keys around it, exceeds {MAX_KEY_BYTES} bytes; shorten it");
            self.findings.key(&excerpt(&key), member.at, message);
        } else {
            self.entry(&key, member.at, &member.value)?;
        }
        Ok(())
    }

    fn entry(&mut self, key: &str, at: Position, node: &Node) -> Result<(), YamlError> {
        if let Kind::Map(members) = &node.kind {
            if let Err(why) = collection_tag(node) {
                self.findings.key(key, at, why);
            } else if let Some(form) = shorthand::EntryForm::of(members) {
                if node.has_lone_surrogate() {
                    self.findings.key(key, at, LONE_SURROGATE);
                    return Ok(());
                }
                shorthand::read(self, form, key, at, members);
            } else {
                for member in members {
                    self.member(Some(key), member)?;
                }
            }
            return Ok(());
        }
        if node.has_lone_surrogate() {
            self.findings.key(key, at, LONE_SURROGATE);
            return Ok(());
        }
        match value(key, node, false) {
            Ok(Some((value, value_type))) => {
                self.put(Entry { key, at, config_type: plain_type(key), value_type, value: value.into() });
            }
            Ok(None) => {}
            Err(why) => self.findings.key(key, at, why),
        }
        Ok(())
    }

    /// Adds a config with one value and no criteria.
    pub(super) fn put(&mut self, entry: Entry<'_>) {
        self.put_with(entry, Vec::new(), Vec::new(), Match::ByRow);
    }

    /// Adds a config with one rule.
    pub(super) fn put_with(
        &mut self,
        entry: Entry<'_>,
        criteria: Vec<Criterion>,
        allowable_values: Vec<ConfigValue>,
        matched: Match,
    ) {
        self.put_rules(entry, Vec::new(), criteria, allowable_values, matched);
    }

    /// Adds a config with rules before the one that the entry describes.
    pub(super) fn put_rules(
        &mut self,
        entry: Entry<'_>,
        mut rules: Vec<ConditionalValue>,
        criteria: Vec<Criterion>,
        allowable_values: Vec<ConfigValue>,
        matched: Match,
    ) {
        let Entry { key, at, config_type, value_type, value } = entry;
        rules.push(ConditionalValue::when(criteria, value));
        let config = Config {
            key: key.to_owned(),
            config_type,
            value_type,
            allowable_values,
            rows: vec![ConfigRow::default_row(rules)],
            ..Config::default()
        };
        if let Some(earlier) = self.index.insert(key.to_owned(), self.items.len()) {
            self.items[earlier] = None;
        }
        self.items.push(Some(YamlItem { config, matched, position: at }));
    }
}

/// The parts that all forms of entries have.
pub(super) struct Entry<'a> {
    pub(super) key: &'a str,
    pub(super) at: Position,
    pub(super) config_type: ConfigType,
    pub(super) value_type: ValueType,
    pub(super) value: ConfigValue,
}

/// Returns the type of a config that is not a flag.
pub(super) fn plain_type(key: &str) -> ConfigType {
    if is_log_level(key) { ConfigType::LogLevel } else { ConfigType::Config }
}

/// Truncates a key that is too long, to limit the memory of its findings.
fn cut(key: &str) -> &str {
    key.char_indices().map(|(at, _)| at).find(|at| *at > MAX_KEY_BYTES).map_or(key, |end| &key[..end])
}
