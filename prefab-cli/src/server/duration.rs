//! Durations on the command line: `30s`, `1h30m`, or ISO 8601.

use std::fmt::Write as _;

use anyhow::bail;
use prefab_core::duration::parse_duration;

/// The units, in the order of ISO 8601, with the letter of each.
const UNITS: [(&str, char); 4] = [("d", 'D'), ("h", 'H'), ("m", 'M'), ("s", 'S')];

/// Returns a duration in ISO 8601. A text in ISO 8601 is not changed.
pub(super) fn to_iso(text: &str) -> anyhow::Result<String> {
    let text = text.trim();
    let iso = from_units(text).unwrap_or_else(|| text.to_owned());
    if parse_duration(&iso).is_err() {
        bail!("invalid value \"{text}\": expected a duration such as 30s, 1h30m or PT30S");
    }
    Ok(iso)
}

/// Converts numbers with units, each unit at most once and the largest first.
fn from_units(text: &str) -> Option<String> {
    let (mut rest, mut date, mut time) = (text, String::new(), String::new());
    let mut units = UNITS.iter();
    while !rest.is_empty() {
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, after) = rest.split_at(end);
        let end = after.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        if unit == "ms" && after.is_empty() {
            let millis = number.parse::<u64>().ok()?;
            write!(time, "{}.{:03}S", millis / 1000, millis % 1000).ok()?;
            units = [].iter();
        } else {
            let (_, letter) = units.find(|(name, _)| *name == unit)?;
            let part = if *letter == 'D' { &mut date } else { &mut time };
            write!(part, "{number}{letter}").ok()?;
        }
        rest = after;
    }
    let time = if time.is_empty() { time } else { format!("T{time}") };
    Some(format!("P{date}{time}")).filter(|iso| iso != "P")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_become_iso_8601() {
        for (text, iso) in [
            ("30s", "PT30S"),
            ("1h30m", "PT1H30M"),
            ("2d", "P2D"),
            ("1d2h3m4.5s", "P1DT2H3M4.5S"),
            ("1500ms", "PT1.500S"),
            ("90s", "PT90S"),
            ("PT30S", "PT30S"),
            ("P1DT2H", "P1DT2H"),
        ] {
            assert_eq!(to_iso(text).unwrap(), iso, "{text}");
        }
        for text in ["", "30", "s", "30 parsecs", "30s1h", "1h1h", "-5s", "1ms2s"] {
            let error = to_iso(text).unwrap_err().to_string();
            assert!(error.contains("expected a duration such as 30s"), "{text}: {error}");
        }
    }
}
