//! Chains: consecutive rules that compare the same property by "is one of", evaluated with one lookup.
//!
//! A flag that is rolled out to one team after the other has such rules. Trying them one by one takes time
//! proportional to their number.

use prefab_core::{ContextValue, text::TextBuffer};

use crate::{
    contexts::Stack,
    operators::{Test, TextSet, fingerprint},
    property::Property,
    property_name::PropertyName,
    rule::{Check, Condition, Rule},
};

/// Minimum number of rules in a chain. Fewer rules are as fast one by one.
const MIN_RULES: usize = 4;

/// Maximum number of rules in a chain, because a rule number has 16 bits. More rules become several chains.
const MAX_RULES: usize = 0xfffe;

/// The rules `start..end` of a config, whose first condition is "is one of" for the same property.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) start: usize,
    end: usize,
    property: PropertyName,
    first: FirstRules,
}

impl Chain {
    /// Returns the chains in a list of rules.
    pub(crate) fn all(rules: &[Rule]) -> Box<[Self]> {
        let mut chains = Vec::new();
        let mut at = 0;
        while at < rules.len() {
            let Some((property, _)) = one_of_condition(&rules[at]) else {
                at += 1;
                continue;
            };
            let has_same_property =
                |rule| one_of_condition(rule).is_some_and(|(other, _)| other.address() == property.address());
            let len = rules[at..].iter().take(MAX_RULES).take_while(|rule| has_same_property(rule)).count();
            if len >= MIN_RULES {
                chains.push(Self::new(property.clone(), at, &rules[at..at + len]));
            }
            at += len;
        }
        chains.into()
    }

    fn new(property: PropertyName, start: usize, rules: &[Rule]) -> Self {
        let lists =
            (0..).zip(rules.iter().filter_map(one_of_condition)).map(|(rule, (_, texts))| (rule, texts));
        let fingerprints: Vec<(u16, u64)> =
            lists.flat_map(|(rule, texts)| texts.iter().map(move |text| (rule, fingerprint(text)))).collect();
        Self { start, end: start + rules.len(), property, first: FirstRules::new(&fingerprints) }
    }

    /// Returns the index of the first rule that may match, or the index after the chain. No rule before it matches.
    #[inline]
    pub(crate) fn skip(&self, stack: &Stack<'_>) -> usize {
        let of = |text: &str| self.first.of(fingerprint(text));
        let rule = match stack.property(&self.property) {
            Some(ContextValue::String(text)) => of(text),
            Some(ContextValue::StringList(list)) => list.iter().filter_map(|text| of(text)).min(),
            Some(scalar) => TextBuffer::default().scalar(scalar).and_then(of),
            None => None,
        };
        rule.map_or(self.end, |rule| self.start + usize::from(rule))
    }
}

/// A hash table from the fingerprint of a text to the first rule that contains the text, counted from the start of the
/// chain.
///
/// The table stores 16 bits of a fingerprint, so it may return a rule that does not contain the text, but never skips
/// one that does. The caller tests the rule itself.
#[derive(Debug)]
struct FirstRules {
    /// Open addressing. The upper half of a slot is a part of the fingerprint, the lower half the rule plus one; 0 is
    /// free. The length is a power of two, and at least a quarter of the slots is free.
    places: Box<[u32]>,
}

impl FirstRules {
    /// Creates the table from pairs of a rule and a fingerprint, sorted by rule.
    fn new(fingerprints: &[(u16, u64)]) -> Self {
        let mut places = vec![0_u32; (fingerprints.len() * 4 / 3 + 1).next_power_of_two()].into_boxed_slice();
        let mask = places.len() - 1;
        for (rule, fingerprint) in fingerprints {
            let (mut at, tag) = place_of(*fingerprint);
            // An existing slot belongs to an earlier rule, or to this one.
            while places[at & mask] != 0 && places[at & mask] >> 16 != tag {
                at = at.wrapping_add(1);
            }
            if places[at & mask] == 0 {
                places[at & mask] = tag << 16 | (u32::from(*rule) + 1);
            }
        }
        Self { places }
    }

    #[inline]
    fn of(&self, fingerprint: u64) -> Option<u16> {
        let (mut at, tag) = place_of(fingerprint);
        let mask = self.places.len() - 1;
        loop {
            let place = *self.places.get(at & mask)?;
            if place == 0 {
                return None;
            }
            if place >> 16 == tag {
                return u16::try_from((place & 0xffff) - 1).ok();
            }
            at = at.wrapping_add(1);
        }
    }
}

/// Returns the first slot for a fingerprint and the bits to store. Mixes the fingerprint, whose outer bits vary less
/// than the inner ones.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "any part of it will do")]
fn place_of(fingerprint: u64) -> (usize, u32) {
    let mixed = (fingerprint ^ (fingerprint >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = mixed ^ (mixed >> 29);
    (mixed as usize, (mixed >> 48) as u32)
}

/// Returns the operands of the first condition, if that is "is one of" for a context property.
fn one_of_condition(rule: &Rule) -> Option<(&PropertyName, &TextSet)> {
    match rule.conditions().first()? {
        Condition {
            property: Property::Named(name),
            check: Check::Test(Test::OneOf { texts, negated: false }),
        } => Some((name, texts)),
        _ => None,
    }
}
