//! The flags of the measurements, independent of any engine's format.

/// The measured flags, one for each kind of rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// A flag without rules, which is on.
    Static,
    /// The user's email ends with `@x.com`.
    EndsWith,
    /// Twenty rules with ten teams each. Only the last one contains the user's team.
    OneOf20,
    /// A percentage rollout of three strings by the user's key.
    Split3,
    /// The user's key is in a segment of 1,000 keys.
    Segment1000,
}

impl Item {
    /// All items, in the order of the table.
    pub const ALL: [Self; 5] = [Self::Static, Self::EndsWith, Self::OneOf20, Self::Split3, Self::Segment1000];

    /// Returns the key of the flag.
    pub fn key(self) -> &'static str {
        match self {
            Self::Static => "item-static",
            Self::EndsWith => "item-ends-with",
            Self::OneOf20 => "item-one-of-20",
            Self::Split3 => "item-split-3",
            Self::Segment1000 => "item-segment-1000",
        }
    }

    /// Returns the name of the column.
    pub fn name(self) -> &'static str {
        self.key().trim_start_matches("item-")
    }
}

/// The rules of a flag.
#[derive(Clone, Debug)]
pub enum Rule {
    /// Always on, or always off.
    Constant(bool),
    /// On if the property ends with the text.
    EndsWith(&'static str, String),
    /// On if the property is in one of the lists. Each list is a rule.
    OneOf(&'static str, Vec<Vec<String>>),
    /// A rollout of strings, with weights out of 1,000, by the user's key.
    Split(Vec<(&'static str, u32)>),
    /// On if the user's key is in the segment with this index.
    Member(usize),
}

/// A flag.
#[derive(Clone, Debug)]
pub struct Flag {
    /// The key.
    pub key: String,
    /// The rules.
    pub rule: Rule,
}

/// A named list of user keys.
#[derive(Clone, Debug)]
pub struct Segment {
    /// The name.
    pub key: String,
    /// The user keys.
    pub members: Vec<String>,
}

/// Two editions differ in every flag except the five measured ones, so that a reload cannot skip unchanged flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edition {
    /// The edition that is loaded initially.
    First,
    /// The edition that alternates with the first one.
    Second,
}

/// All flags and segments of one document.
#[derive(Clone, Debug)]
pub struct Work {
    /// The flags. The five measured ones come first.
    pub flags: Vec<Flag>,
    /// The segments.
    pub segments: Vec<Segment>,
    /// The edition, from which documents with versions derive their version.
    pub edition: Edition,
}

/// Strings and their weights out of 1,000.
const TEXTS: [(&str, u32); 3] = [("alpha", 334), ("bravo", 333), ("charlie", 333)];

impl Work {
    /// Returns the five measured flags only.
    pub fn alone() -> Self {
        Self::beside(0, Edition::First)
    }

    /// Returns the five measured flags beside others. Of twenty other flags, eight are constant, four have one rule, four
    /// have three lists of ten, three are rollouts, and one refers to a segment of 100 keys. There is one such segment
    /// per 200 flags.
    pub fn beside(others: usize, edition: Edition) -> Self {
        let mut segments = vec![segment("item-members", 1_000, member)];
        let mut flags = vec![
            flag(Item::Static.key(), Rule::Constant(true)),
            flag(Item::EndsWith.key(), Rule::EndsWith("email", "@x.com".into())),
            flag(Item::OneOf20.key(), teams(20, "team")),
            flag(Item::Split3.key(), Rule::Split(TEXTS.to_vec())),
            flag(Item::Segment1000.key(), Rule::Member(0)),
        ];
        let groups = others.div_ceil(200);
        let second = edition == Edition::Second;
        for group in 0..groups {
            let guest = if second { "visitor" } else { "guest" };
            segments
                .push(segment(&format!("group-{group:03}"), 100, |at| format!("{guest}-{group:03}-{at:03}")));
        }
        for at in 0..others {
            let rule = match at % 20 {
                0..8 => Rule::Constant((at % 3 == 0) != second),
                8..12 => Rule::EndsWith("email", if second { "@z.org" } else { "@x.com" }.into()),
                12..16 => teams(3, if second { "crew" } else { "team" }),
                16..19 => {
                    Rule::Split(if second { TEXTS.into_iter().rev().collect() } else { TEXTS.to_vec() })
                }
                _ => Rule::Member(1 + (at / 20) % groups),
            };
            flags.push(flag(&format!("part-{:02}.setting-{at:05}", at % 40), rule));
        }
        Self { flags, segments, edition }
    }

    /// Returns the number of the edition, 1 or 2.
    pub fn version(&self) -> u32 {
        match self.edition {
            Edition::First => 1,
            Edition::Second => 2,
        }
    }
}

fn flag(key: &str, rule: Rule) -> Flag {
    Flag { key: key.to_owned(), rule }
}

fn segment(key: &str, size: usize, name: impl Fn(usize) -> String) -> Segment {
    Segment { key: key.to_owned(), members: (0..size).map(name).collect() }
}

/// Returns the key of a member of the measured segment.
pub(crate) fn member(at: usize) -> String {
    format!("user-{at:04}")
}

/// Returns a team of one of the lists.
pub(crate) fn team(word: &str, list: usize, at: usize) -> String {
    format!("{word}-{list:02}-{at}")
}

fn teams(lists: usize, word: &str) -> Rule {
    Rule::OneOf("team", (0..lists).map(|list| (0..10).map(|at| team(word, list, at)).collect()).collect())
}
