//! Semantic versions, parsed without copying.

use std::cmp::Ordering;

/// The parts of a version, borrowed from its text. Build metadata is omitted, because it does not affect precedence.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Version<'a> {
    core: [&'a str; 3],
    pre_release: Option<&'a str>,
}

impl<'a> Version<'a> {
    /// Parses a version of Semantic Versioning 2.0.0. Rejects short, prefixed and padded versions.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (text, build) = cut(text, '+');
        let (core, pre_release) = cut(text, '-');
        let mut parts = core.split('.');
        let core = [parts.next()?, parts.next()?, parts.next()?];
        let well_formed = parts.next().is_none()
            && core.into_iter().all(is_plain_number)
            && pre_release.is_none_or(|pre| {
                pre.split('.').all(|part| is_identifier(part) && (!is_number(part) || is_plain_number(part)))
            })
            && build.is_none_or(|build| build.split('.').all(is_identifier));
        well_formed.then_some(Self { core, pre_release })
    }

    /// Compares by precedence.
    pub(crate) fn precedence(&self, other: &Self) -> Ordering {
        let core = self.core.iter().zip(other.core);
        let core = core.map(|(left, right)| by_number(left, right)).find(|order| order.is_ne());
        core.unwrap_or_else(|| match (self.pre_release, other.pre_release) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(left), Some(right)) => by_identifiers(left, right),
        })
    }
}

fn cut(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(before, after)| (before, Some(after)))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_plain_number(text: &str) -> bool {
    is_number(text) && (text.len() == 1 || !text.starts_with('0'))
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Compares numbers without leading zeros. A longer number is larger.
fn by_number(left: &str, right: &str) -> Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

fn by_identifiers(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.split('.'), right.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(left), Some(right)) => match (is_number(left), is_number(right)) {
                (true, true) => by_number(left, right),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) => left.cmp(right),
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_the_standard_requires() {
        let ascending = [
            "1.0.0-0",
            "1.0.0-2",
            "1.0.0-900",
            "1.0.0-99999999999999999998",
            "1.0.0-99999999999999999999",
            "1.0.0--1",
            "1.0.0-1e3",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "2.0.0",
            "10.0.0",
            "99999999999.0.0",
            "999999999999999999999999.0.0",
        ];
        for (left_at, left) in ascending.iter().enumerate() {
            for (right_at, right) in ascending.iter().enumerate() {
                let (left, right) = (Version::parse(left).unwrap(), Version::parse(right).unwrap());
                assert_eq!(left.precedence(&right), left_at.cmp(&right_at), "{left:?} {right:?}");
            }
        }
        let build = Version::parse("1.2.3+b1").unwrap();
        assert!(build.precedence(&Version::parse("1.2.3+b2-x").unwrap()).is_eq());
    }

    #[test]
    fn incomplete_versions_are_rejected() {
        for text in [
            "2.0",
            "v2.0.0",
            "02.0.0",
            "1.2.3.4",
            " 1.0.0 ",
            "1.0.0-01",
            "1.0.0-",
            "1.0.0+",
            "",
            "1.0.0\n",
            "1..0",
            "1.0.0-a..b",
            "1.0.0-ä",
            "-1.0.0",
            "1.0.0+a+b",
        ] {
            assert!(Version::parse(text).is_none(), "{text:?}");
        }
    }
}
