//! A baseline: one lookup of the key in a hash map, and the minimal work of the rule.
//!
//! It has no format, no types and no reasons, so it is not a flag engine.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher, RandomState},
    sync::Arc,
};

use anyhow::Result;
use prefab_bench::{Contestant, Entry, Part, Rule, User, Work, first_letter, host};
use serde_json::{Value, from_value, json};

enum Ready<S> {
    Constant(bool),
    EndsWith(String),
    /// All lists have the same result, so they are one set.
    Team(HashSet<String, S>),
    Member(Arc<HashSet<String, S>>),
    Split(u64, Vec<(u64, u8)>),
}

struct Floor<S>(HashMap<String, Ready<S>, S>);

/// The key, the kind of rule, and its operand.
type Written = (String, u8, Value);

const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

fn fnv(start: u64, text: &str) -> u64 {
    text.bytes().fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn write(work: &Work) -> Result<Vec<u8>> {
    let flags: Vec<_> = work
        .flags
        .iter()
        .map(|flag| match &flag.rule {
            Rule::Constant(value) => json!([flag.key, 0, value]),
            Rule::EndsWith(_, suffix) => json!([flag.key, 1, suffix]),
            Rule::OneOf(_, lists) => json!([flag.key, 2, lists.concat()]),
            Rule::Member(segment) => json!([flag.key, 3, segment]),
            Rule::Split(texts) => json!([flag.key, 4, texts]),
        })
        .collect();
    let segments: Vec<_> = work.segments.iter().map(|segment| &segment.members).collect();
    Ok(serde_json::to_vec(&(flags, segments))?)
}

impl<S: BuildHasher + Default> Floor<S> {
    fn read(document: &[u8]) -> Result<Self> {
        let (flags, segments): (Vec<Written>, Vec<HashSet<String, S>>) = serde_json::from_slice(document)?;
        let segments: Vec<Arc<HashSet<String, S>>> = segments.into_iter().map(Arc::new).collect();
        let ready = |key: &str, kind, value| {
            anyhow::Ok(match kind {
                0 => Ready::Constant(from_value(value)?),
                1 => Ready::EndsWith(from_value(value)?),
                2 => Ready::Team(from_value(value)?),
                3 => Ready::Member(Arc::clone(&segments[from_value::<usize>(value)?])),
                _ => Ready::Split(fnv(FNV_START, key), limits(from_value(value)?)),
            })
        };
        let flags = flags.into_iter().map(|(key, kind, value)| {
            let flag = ready(&key, kind, value)?;
            Ok((key, flag))
        });
        flags.collect::<Result<_>>().map(Self)
    }

    #[inline]
    fn is_on(&self, key: &str, user: &User) -> bool {
        match self.0.get(key) {
            Some(Ready::Constant(value)) => *value,
            Some(Ready::EndsWith(suffix)) => user.email.ends_with(suffix),
            Some(Ready::Team(teams)) => teams.contains(&user.team),
            Some(Ready::Member(members)) => members.contains(&user.key),
            Some(Ready::Split(..)) | None => false,
        }
    }

    #[inline]
    fn text(&self, key: &str, user: &User) -> u8 {
        let Some(Ready::Split(start, limits)) = self.0.get(key) else { return 0 };
        let hash = fnv(*start, &user.key);
        let point = (hash ^ (hash >> 32)) % 1_000;
        limits.iter().find(|(limit, _)| point < *limit).map_or(0, |(_, letter)| *letter)
    }
}

fn limits(texts: Vec<(String, u64)>) -> Vec<(u64, u8)> {
    let mut limit = 0;
    let mut add = |weight| {
        limit += weight;
        limit
    };
    texts.into_iter().map(|(text, weight)| (add(weight), first_letter(&text))).collect()
}

macro_rules! floor {
    ($hasher:ty, $name:literal, $note:literal) => {
        impl Contestant for Floor<$hasher> {
            const NAME: &'static str = $name;
            const CRATE: &'static str = "";
            const PART: Part = Part::Engine;
            const NOTE: &'static str = $note;
            type Subject = User;

            fn write(work: &Work) -> Result<Vec<u8>> {
                write(work)
            }

            fn load(document: &[u8]) -> Result<Self> {
                Self::read(document)
            }

            fn subject(user: &User) -> User {
                user.clone()
            }

            fn enabled(&self, key: &str, user: &User) -> bool {
                self.is_on(key, user)
            }

            fn letter(&self, key: &str, user: &User) -> u8 {
                self.text(key, user)
            }
        }
    };
}

floor!(RandomState, "floor", "a baseline with the standard `HashMap`; not a flag engine");
floor!(
    foldhash::fast::RandomState,
    "floor-fast-hash",
    "the same with a hash function that is not resistant to collision attacks"
);

fn main() -> Result<()> {
    host(&[Entry::of::<Floor<RandomState>>(), Entry::of::<Floor<foldhash::fast::RandomState>>()])
}
