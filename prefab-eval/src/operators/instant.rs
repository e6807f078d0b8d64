//! Instants, as milliseconds or as a date and time with an offset.

use prefab_core::ContextValue;

/// The error for a text that is not a date and time with an offset.
///
/// # Examples
///
/// ```
/// assert_eq!(prefab_eval::parse_instant("2024-12-05"), Err(prefab_eval::InvalidInstant));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a date and time with an offset, for example `2024-12-05T10:30:00Z`")]
pub struct InvalidInstant;

/// Returns a property as milliseconds since 1970-01-01T00:00:00Z.
pub(crate) fn of(property: Option<&ContextValue>) -> Option<i64> {
    match property? {
        ContextValue::Int(millis) => Some(*millis),
        ContextValue::Double(millis) => truncate(*millis),
        ContextValue::String(text) => parse_instant(text).ok(),
        _ => None,
    }
}

/// Returns whole milliseconds; `None` for NaN, which is neither before nor after any instant.
#[expect(clippy::cast_possible_truncation, reason = "instants out of range saturate")]
pub(crate) fn truncate(millis: f64) -> Option<i64> {
    (!millis.is_nan()).then_some(millis as i64)
}

/// Parses `YYYY-MM-DDThh:mm[:ss[.fraction]]` with `Z` or an offset to milliseconds since 1970-01-01T00:00:00Z.
///
/// # Errors
///
/// [`InvalidInstant`] if the text has another form or no offset: its meaning would depend on the machine.
///
/// # Examples
///
/// ```
/// assert_eq!(prefab_eval::parse_instant("1970-01-02T00:00:00.25Z"), Ok(86_400_250));
/// assert_eq!(prefab_eval::parse_instant("1970-01-01T02:00+02:00"), Ok(0));
/// assert!(prefab_eval::parse_instant("2024-12-05").is_err());
/// ```
pub fn parse_instant(text: &str) -> Result<i64, InvalidInstant> {
    Reader { rest: text.as_bytes() }.instant().ok_or(InvalidInstant)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn instant(&mut self) -> Option<i64> {
        let year = self.number(4)?;
        self.one_of(b"-")?;
        let month = self.number(2)?;
        self.one_of(b"-")?;
        let day = self.number(2)?;
        self.one_of(b"Tt")?;
        let hour = self.number(2).filter(|hour| *hour <= 23)?;
        self.one_of(b":")?;
        let minute = self.number(2).filter(|minute| *minute <= 59)?;
        let (second, millis) = self.seconds()?;
        let offset_minutes = self.offset()?;
        if !self.rest.is_empty() || day < 1 || day > days_in(year, month)? {
            return None;
        }
        let minutes = days_since_1970(year, month, day) * 1440 + hour * 60 + minute - offset_minutes;
        Some((minutes * 60 + second) * 1000 + millis)
    }

    fn seconds(&mut self) -> Option<(i64, i64)> {
        if self.one_of(b":").is_none() {
            return Some((0, 0));
        }
        let second = self.number(2).filter(|second| *second <= 59)?;
        if self.one_of(b".").is_none() {
            return Some((second, 0));
        }
        let digits = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (fraction, rest) = self.rest.split_at(digits);
        self.rest = rest;
        let millis =
            (0..3).fold(0, |sum, at| sum * 10 + fraction.get(at).map_or(0, |digit| i64::from(digit - b'0')));
        (digits > 0).then_some((second, millis))
    }

    fn offset(&mut self) -> Option<i64> {
        if self.one_of(b"Zz").is_some() {
            return Some(0);
        }
        let sign = if self.one_of(b"+-")? == b'-' { -1 } else { 1 };
        let hours = self.number(2).filter(|hours| *hours <= 23)?;
        let _ = self.one_of(b":");
        let minutes = self.number(2).filter(|minutes| *minutes <= 59)?;
        Some(sign * (hours * 60 + minutes))
    }

    fn one_of(&mut self, expected: &[u8]) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        expected.contains(&byte).then(|| {
            self.rest = rest;
            byte
        })
    }

    fn number(&mut self, digits: usize) -> Option<i64> {
        let (number, rest) = self.rest.split_at_checked(digits)?;
        let sum = number
            .iter()
            .try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))?;
        self.rest = rest;
        Some(sum)
    }
}

fn days_in(year: i64, month: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => Some(if leap { 29 } else { 28 }),
        4 | 6 | 9 | 11 => Some(30),
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        _ => None,
    }
}

/// Returns the days since 1970-01-01 in the proleptic Gregorian calendar. Years start in March, so that the leap day is
/// the last day.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Formats an instant so that [`parse_instant`] reads it back. Instants outside the years 0 to 9999 stay numbers.
pub(crate) fn format_instant(millis: i64) -> String {
    let (days, millis_of_day) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000));
    let Some((year, month, day)) = date(days) else { return format!("{millis} ms since 1970") };
    let seconds = millis_of_day / 1000;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let fraction = match millis_of_day % 1000 {
        0 => String::new(),
        millis => format!(".{millis:03}"),
    };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

/// The inverse of [`days_since_1970`] for the years 0 to 9999.
fn date(days: i64) -> Option<(i64, i64, i64)> {
    let days = days.checked_add(719_468)?;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (0..10_000).contains(&year).then_some((year, month, day))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_formatted_instant_parses_back(millis in -62_167_219_200_000_i64..253_402_300_800_000) {
            prop_assert_eq!(parse_instant(&format_instant(millis)), Ok(millis));
        }

        #[test]
        fn any_number_can_be_formatted(millis: i64) {
            prop_assert!(!format_instant(millis).is_empty());
        }
    }

    #[test]
    fn the_accepted_forms_parse_and_others_are_rejected() {
        for (text, millis) in [
            ("2024-12-05T00:00:00Z", Some(1_733_356_800_000)),
            ("2024-12-05t00:00:00z", Some(1_733_356_800_000)),
            ("2024-12-05T00:00Z", Some(1_733_356_800_000)),
            ("2024-12-05T01:00:00+0100", Some(1_733_356_800_000)),
            ("2024-12-04T18:30:00-05:30", Some(1_733_356_800_000)),
            ("2024-12-05T00:00:00.123456789Z", Some(1_733_356_800_123)),
            ("2024-02-29T00:00:00Z", Some(1_709_164_800_000)),
            ("1969-12-31T23:59:59.5Z", Some(-500)),
            ("0000-01-01T00:00:00Z", Some(-62_167_219_200_000)),
            ("2023-02-29T00:00:00Z", None),
            ("2024-12-05", None),
            ("2024-12-05T12:00:00", None),
            ("2024-12-05 12:00:00Z", None),
            ("2024-12-05T24:00:00Z", None),
            ("2024-12-05T23:59:60Z", None),
            ("2024-12-05T00:00:00.Z", None),
            ("2024-12-05T00:00:00Z ", None),
            ("2024-13-05T00:00:00Z", None),
            ("2024-12-05T00:00:00Z[UTC]", None),
            ("1733097600000", None),
        ] {
            assert_eq!(parse_instant(text).ok(), millis, "{text}");
        }
    }
}
