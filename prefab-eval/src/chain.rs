//! Many rules that each ask whether one property is one of some texts, answered by one look-up.
//!
//! Rules of this kind follow one another wherever a flag is given to one team after the other. Tried one by
//! one, the last costs as much as all before it.

use prefab_core::{ContextValue, text::TextBuffer};

use crate::{
    contexts::Stack,
    operators::{Test, TextSet, fingerprint},
    property::Property,
    property_name::PropertyName,
    rule::{Check, Condition, Rule},
};

/// Fewer rules are tried as fast one by one.
const SHORTEST: usize = 4;

/// More rules are several chains: the number of a rule has 16 bits.
const LONGEST: usize = 0xfffe;

/// Rules `start..end` of a config, all of which begin with "is one of" for the same property.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) start: usize,
    end: usize,
    property: PropertyName,
    first: FirstRules,
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
            let len = rules[at..].iter().take(LONGEST).take_while(|rule| alike(rule)).count();
            if len >= SHORTEST {
                chains.push(Self::new(property.clone(), at, &rules[at..at + len]));
            }
            at += len;
        }
        chains.into()
    }

    fn new(property: PropertyName, start: usize, rules: &[Rule]) -> Self {
        let lists = (0..).zip(rules.iter().filter_map(head)).map(|(rule, (_, texts))| (rule, texts));
        let prints: Vec<(u16, u64)> =
            lists.flat_map(|(rule, texts)| texts.iter().map(move |text| (rule, fingerprint(text)))).collect();
        Self { start, end: start + rules.len(), property, first: FirstRules::new(&prints) }
    }

    /// Returns the first rule that may hold, or the one after the chain: those before it do not hold.
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

/// The first rule, counted from the start of the chain, that has a text with a fingerprint.
///
/// Of a fingerprint only some bits are kept, so others may share the place: the rule itself is asked then, and
/// those after it. Never is a rule passed over that has the text.
#[derive(Debug)]
struct FirstRules {
    /// In the upper half bits of the fingerprint, in the lower half the rule plus one; 0 for a free place. A
    /// power of two, a quarter of them free at least.
    places: Box<[u32]>,
}

impl FirstRules {
    /// Takes in the rules of fingerprints, the first rule first.
    fn new(prints: &[(u16, u64)]) -> Self {
        let mut places = vec![0_u32; (prints.len() * 4 / 3 + 1).next_power_of_two()].into_boxed_slice();
        let mask = places.len() - 1;
        for (rule, print) in prints {
            let (mut at, tag) = place_of(*print);
            // One that is there already is of an earlier rule, or of this one.
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
    fn of(&self, print: u64) -> Option<u16> {
        let (mut at, tag) = place_of(print);
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

/// Spreads fingerprints, whose ends differ less than their middle: where to look first, and which bits are kept.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "any part of it will do")]
fn place_of(print: u64) -> (usize, u32) {
    let mixed = (print ^ (print >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = mixed ^ (mixed >> 29);
    (mixed as usize, (mixed >> 48) as u32)
}

/// Returns what the first condition asks, where that is "is one of" for a property of a context.
fn head(rule: &Rule) -> Option<(&PropertyName, &TextSet)> {
    match rule.conditions().first()? {
        Condition {
            property: Property::Named(name),
            check: Check::Test(Test::OneOf { texts, negated: false }),
        } => Some((name, texts)),
        _ => None,
    }
}
