//! Many rules that each ask whether one property is one of some texts, answered by one look-up.
//!
//! Rules of this kind follow one another wherever a flag is given to one team after the other. Tried one by
//! one, the last costs as much as all before it.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use prefab_core::{ContextValue, text::TextBuffer};

use crate::{
    compile::{Check, Condition, Rule},
    contexts::Stack,
    operators::{Test, TextSet, fingerprint},
    property::{Property, PropertyName},
};

/// Fewer rules are tried as fast one by one.
const SHORTEST: usize = 3;

/// Rules `start..end` of a config, all of which begin with "is one of" for the same property.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) start: usize,
    end: usize,
    property: PropertyName,
    /// The first rule, counted from `start`, that has a text with this fingerprint. Others may share it, so the rule itself is
    /// asked then, and those after it.
    first: HashMap<u64, u32, BuildHasherDefault<Mixed>>,
}

impl Chain {
    /// Finds the chains among rules.
    pub(crate) fn all(rules: &[Rule]) -> Box<[Self]> {
        let mut chains = Vec::new();
        let mut at = 0;
        while at < rules.len() {
            let Some((property, _)) = head(&rules[at]) else {
                at += 1;
                continue;
            };
            let alike = |rule| head(rule).is_some_and(|(other, _)| other.address() == property.address());
            let len = rules[at..].iter().take_while(|rule| alike(rule)).count();
            if len >= SHORTEST {
                chains.push(Self::new(property.clone(), at, &rules[at..at + len]));
            }
            at += len;
        }
        chains.into()
    }

    fn new(property: PropertyName, start: usize, rules: &[Rule]) -> Self {
        let texts = rules.iter().filter_map(head).map(|(_, texts)| texts);
        let mut first = HashMap::default();
        for (rule, texts) in (0..).zip(texts) {
            texts.fingerprints().for_each(|print| {
                first.entry(print).or_insert(rule);
            });
        }
        first.shrink_to_fit();
        Self { start, end: start + rules.len(), property, first }
    }

    /// Returns the first rule that may hold, or the one after the chain: those before it do not hold.
    #[inline]
    pub(crate) fn skip(&self, stack: &Stack<'_>) -> usize {
        let of = |text: &str| self.first.get(&fingerprint(text)).copied();
        let rule = match stack.property(&self.property) {
            Some(ContextValue::String(text)) => of(text),
            Some(ContextValue::StringList(list)) => list.iter().filter_map(|text| of(text)).min(),
            Some(scalar) => TextBuffer::default().scalar(scalar).and_then(of),
            None => None,
        };
        rule.map_or(self.end, |rule| self.start + rule as usize)
    }
}

/// Returns what the first condition asks, where that is "is one of" for a property of a context.
fn head(rule: &Rule) -> Option<(&PropertyName, &TextSet)> {
    match rule.conditions.first()? {
        Condition {
            property: Property::Named(name),
            check: Check::Test(Test::OneOf { texts, negated: false }),
        } => Some((name, texts)),
        _ => None,
    }
}

/// Spreads fingerprints, whose ends differ less than their middle.
#[derive(Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(self.0 ^ u64::from(*byte));
        }
    }

    #[inline]
    fn write_u64(&mut self, print: u64) {
        let mixed = (print ^ (print >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 29);
    }
}
