//! ISO 8601 durations of weeks, days, hours, minutes and seconds.
//!
//! # Examples
//!
//! ```
//! use prefab_core::duration::{format_duration, parse_duration};
//! assert_eq!(format_duration(parse_duration("PT90M")?), "PT1H30M");
//! # Ok::<(), prefab_core::DurationError>(())
//! ```

use std::time::Duration;

/// The error for a text that is not of the form `P[nW][nD][T[nH][nM][nS]]`.
///
/// # Examples
///
/// ```
/// assert_eq!(
///     prefab_core::parse_duration("30s").unwrap_err().to_string(),
///     "cannot parse duration `30s`: expected ISO 8601, for example `PT30S` or `P1DT12H`",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot parse duration `{text}`: expected ISO 8601, for example `PT30S` or `P1DT12H`")]
pub struct DurationError {
    text: String,
}

const SECOND: u128 = 1_000_000_000;
const UNITS: [(u8, bool, u128); 5] = [
    (b'W', false, 7 * 86_400 * SECOND),
    (b'D', false, 86_400 * SECOND),
    (b'H', true, 3_600 * SECOND),
    (b'M', true, 60 * SECOND),
    (b'S', true, SECOND),
];

/// Parses an ISO 8601 duration. The result is exact and truncated to nanoseconds.
///
/// Years and months are rejected because they have no fixed length. Signs and surrounding text, including spaces, are
/// rejected too.
///
/// # Errors
///
/// [`DurationError`] if the text is not such a duration, or if it is longer than a [`Duration`] can represent.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// assert_eq!(prefab_core::parse_duration("PT1.5M")?, Duration::from_secs(90));
/// assert_eq!(prefab_core::parse_duration("P1DT6H2M1.5S")?, Duration::from_millis(108_121_500));
/// assert!(prefab_core::parse_duration("10s").is_err());
/// # Ok::<(), prefab_core::DurationError>(())
/// ```
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    parse(text.as_bytes()).ok_or_else(|| DurationError { text: text.chars().take(60).collect() })
}

fn parse(text: &[u8]) -> Option<Duration> {
    let mut rest = text.strip_prefix(b"P")?;
    let mut in_time = false;
    let mut total: u128 = 0;
    let mut units = UNITS.iter();
    while let Some(&next) = rest.first() {
        if next == b'T' && !in_time {
            in_time = true;
            rest = &rest[1..];
            continue;
        }
        let (whole, after) = digits(rest)?;
        let (fraction, after) = match after.strip_prefix(b".") {
            Some(after) => digits(after)?,
            None => (&[][..], after),
        };
        let (&letter, after) = after.split_first()?;
        let (.., size) = units.find(|(name, time, _)| *name == letter && *time == in_time)?;
        total = total.checked_add(amount(whole, fraction, *size)?)?;
        rest = after;
    }
    let seconds = u64::try_from(total / SECOND).ok()?;
    let nanos = u32::try_from(total % SECOND).ok()?;
    Some(Duration::new(seconds, nanos))
}

fn digits(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// Returns `whole.fraction` times a unit of `size` nanoseconds, truncated to nanoseconds.
fn amount(whole: &[u8], fraction: &[u8], size: u128) -> Option<u128> {
    let mut sum = whole.iter().try_fold(0u128, |sum, digit| {
        sum.checked_mul(10)?.checked_add(u128::from(digit - b'0')).filter(|sum| *sum < 1 << 80)
    })?;
    sum = sum.checked_mul(size)?;
    // Eighteen digits are exact to the nanosecond for a week; more digits cannot change the truncated result.
    let (mut part, mut scale) = (0u128, 1u128);
    for digit in fraction.iter().take(18) {
        part = part * 10 + u128::from(digit - b'0');
        scale *= 10;
    }
    sum.checked_add(part * size / scale)
}

/// Parses a duration of the short form, such as `30s`, `250ms` or `1h30m`, or of the ISO 8601 form.
///
/// The units of the short form are `w`, `d`, `h`, `m`, `s` and `ms`, in this order, each at most once.
///
/// # Errors
///
/// [`DurationError`] if the text has neither form, or if it is longer than a [`Duration`] can represent.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use prefab_core::duration::parse_short_duration;
/// assert_eq!(parse_short_duration("30s")?, Duration::from_secs(30));
/// assert_eq!(parse_short_duration("1h30m")?, Duration::from_secs(5_400));
/// assert_eq!(parse_short_duration("PT30S")?, Duration::from_secs(30));
/// # Ok::<(), prefab_core::DurationError>(())
/// ```
pub fn parse_short_duration(text: &str) -> Result<Duration, DurationError> {
    short(text).map_or_else(|| parse_duration(text), Ok)
}

/// Parses the short form by writing it in the ISO 8601 form.
fn short(text: &str) -> Option<Duration> {
    const UNITS: [(&str, &str, u32); 6] =
        [("w", "W", 1), ("d", "D", 1), ("h", "H", 1), ("m", "M", 1), ("s", "S", 1), ("ms", "S", 1_000)];
    let mut rest = text;
    let mut units = UNITS.iter();
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| c.is_ascii_alphabetic())?;
        let (number, after) = rest.split_at(unit_at);
        let unit_end = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (name, after) = after.split_at(unit_end);
        let (_, letter, divisor) = units.find(|(unit, ..)| *unit == name)?;
        let designator = if matches!(*letter, "W" | "D") { "P" } else { "PT" };
        let part = parse(format!("{designator}{number}{letter}").as_bytes())?;
        total = total.checked_add(part / *divisor)?;
        rest = after;
    }
    (!text.is_empty()).then_some(total)
}

/// Formats a duration so that [`parse_duration`] reads it back.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use prefab_core::duration::format_duration;
/// assert_eq!(format_duration(Duration::from_secs(5_400)), "PT1H30M");
/// assert_eq!(format_duration(Duration::from_millis(250)), "PT0.25S");
/// ```
pub fn format_duration(duration: Duration) -> String {
    use std::fmt::Write as _;
    let seconds = duration.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let (rest, nanos) = (seconds % 60, duration.subsec_nanos());
    let mut text = String::from("P");
    let part = |text: &mut String, amount: u64, unit: char| {
        if amount > 0 {
            let _ = write!(text, "{amount}{unit}");
        }
    };
    part(&mut text, days, 'D');
    if hours + minutes + rest > 0 || nanos > 0 || days == 0 {
        text.push('T');
        part(&mut text, hours, 'H');
        part(&mut text, minutes, 'M');
        if nanos > 0 {
            let fraction = format!("{nanos:09}");
            let _ = write!(text, "{rest}.{}S", fraction.trim_end_matches('0'));
        } else if rest > 0 || duration.is_zero() {
            let _ = write!(text, "{rest}S");
        } else if hours + minutes == 0 {
            text.pop();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, millis: Option<f64>) {
        let got = parse_duration(text).ok().map(|duration| duration.as_secs_f64() * 1e3);
        assert_eq!(got, millis, "{text}");
    }

    #[test]
    fn durations_parse_as_the_specification_requires() {
        check("PT0.2S", Some(200.0));
        check("PT90S", Some(90_000.0));
        check("PT0.5H", Some(1_800_000.0));
        check("P1W", Some(604_800_000.0));
        check("P0.5W", Some(302_400_000.0));
        check("P", Some(0.0));
        check("PT", Some(0.0));
        check("P1DT", Some(86_400_000.0));
        check("PT1.123456789S", Some(1_123.456_789));
        for bad in
            ["", "P1Y", "P1M", "-PT5S", "PT-5S", "10s", "pt5s", "PT5", "PT1S1M", "xPT5Sx", " PT5S", "PT1,5S"]
        {
            check(bad, None);
        }
        for bad in ["PTT5S", "PT.5S", "PT5.S", "P1DT2D", "P99999999999999999999999999W", "P1H"] {
            check(bad, None);
        }
    }

    #[test]
    fn short_durations_have_units_in_order() {
        let check = |text: &str, expected: Option<Duration>| {
            assert_eq!(parse_short_duration(text).ok(), expected, "{text}");
        };
        check("30s", Some(Duration::from_secs(30)));
        check("1.5h", Some(Duration::from_secs(5_400)));
        check("1h30m", Some(Duration::from_secs(5_400)));
        check("250ms", Some(Duration::from_millis(250)));
        check("1s250ms", Some(Duration::from_millis(1_250)));
        check("2w1d", Some(Duration::from_secs(15 * 86_400)));
        check("PT90M", Some(Duration::from_secs(5_400)));
        for bad in ["", "30", "s", "30m1h", "1h1h", "30 s", " 30s", "-30s", "30S", "30sec", "1hPT", "1h30"] {
            check(bad, None);
        }
    }

    proptest! {
        #[test]
        fn a_formatted_duration_parses_back(seconds in 0u64..1 << 40, nanos in 0u32..1_000_000_000) {
            let duration = Duration::new(seconds, nanos);
            prop_assert_eq!(parse_duration(&format_duration(duration)), Ok(duration));
        }

        #[test]
        fn parsing_never_panics(text in "P?[0-9WDTHMS.]{0,60}") {
            let _ = parse_duration(&text);
        }
    }
}
