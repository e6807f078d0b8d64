//! The meaning of plain scalars: YAML 1.1 as in `PyYAML`, so that a file has the same meaning in every language.

/// The meaning of a scalar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Plain {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    /// A string; dates are strings, too.
    Text,
}

/// An integer that does not fit in 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OutOfRange;

pub(super) fn resolve(text: &str) -> Result<Plain, OutOfRange> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Plain::Null),
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Ok(Plain::Bool(true));
        }
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Ok(Plain::Bool(false));
        }
        ".nan" | ".NaN" | ".NAN" => return Ok(Plain::Double(f64::NAN)),
        _ => {}
    }
    if let Some(int) = int(text) {
        return int.map(Plain::Int);
    }
    Ok(double(text).map_or(Plain::Text, Plain::Double))
}

/// Returns the integer of a text, if it is one.
fn int(text: &str) -> Option<Result<i64, OutOfRange>> {
    let (negative, digits) = signed(text);
    let magnitude = if let Some(digits) = digits.strip_prefix("0b") {
        number(digits, 2)
    } else if let Some(digits) = digits.strip_prefix("0x") {
        number(digits, 16)
    } else if digits.starts_with('0') {
        // `0` and `0_` are zero; `08` has a digit that is not octal, so it is a string.
        number(digits, 8)
    } else if !starts_with_digit(digits) {
        None
    } else if let Some((first, rest)) = digits.split_once(':') {
        sexagesimal(first, rest)
    } else {
        number(digits, 10)
    }?;
    Some(magnitude.and_then(|magnitude| {
        let magnitude = i128::from(magnitude);
        i64::try_from(if negative { -magnitude } else { magnitude }).map_err(|_| OutOfRange)
    }))
}

/// Returns the number of digits and underscores; `None` without a digit, or with other characters.
fn number(digits: &str, radix: u32) -> Option<Result<u64, OutOfRange>> {
    let digits = digits.chars().filter(|c| *c != '_').map(|c| c.to_digit(radix));
    let digits: Vec<u32> = digits.collect::<Option<_>>()?;
    (!digits.is_empty()).then(|| digits.into_iter().try_fold(0, |sum, digit| append(sum, radix, digit)))
}

/// Parses base 60, for hours, minutes and seconds: `1:30` is ninety.
fn sexagesimal(first: &str, rest: &str) -> Option<Result<u64, OutOfRange>> {
    let first = number(first, 10)?;
    let parts: Vec<u32> = rest.split(':').map(sixtieth).collect::<Option<_>>()?;
    Some(first.and_then(|first| parts.into_iter().try_fold(first, |sum, part| append(sum, 60, part))))
}

fn append(sum: u64, radix: u32, digit: u32) -> Result<u64, OutOfRange> {
    let sum = sum.checked_mul(radix.into()).and_then(|sum| sum.checked_add(digit.into()));
    sum.ok_or(OutOfRange)
}

fn sixtieth(part: &str) -> Option<u32> {
    let digits = (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    if digits { part.parse().ok().filter(|part| *part < 60) } else { None }
}

/// Returns the double of a text, if it is one. It must have a dot, and an exponent must have a sign.
fn double(text: &str) -> Option<f64> {
    let (negative, rest) = signed(text);
    let signed_text = rest.len() < text.len();
    let magnitude = if matches!(rest, ".inf" | ".Inf" | ".INF") {
        f64::INFINITY
    } else if let Some(fraction) = rest.strip_prefix('.') {
        // `-.5` is a string: the pattern of YAML 1.1 has no sign here.
        let (fraction, exponent) = exponent(fraction)?;
        if signed_text || !starts_with_digit(fraction) || !digits_or_underscores(fraction) {
            return None;
        }
        parse(&format!("0.{fraction}{exponent}"))?
    } else {
        let (whole, fraction) = rest.split_once('.')?;
        if !starts_with_digit(whole) {
            return None;
        }
        if let Some((first, sixtieths)) = whole.split_once(':') {
            if !digits_or_underscores(first) || !digits_or_underscores(fraction) {
                return None;
            }
            sexagesimal_double(first, sixtieths, fraction)?
        } else {
            let (fraction, exponent) = exponent(fraction)?;
            if !digits_or_underscores(whole) || !digits_or_underscores(fraction) {
                return None;
            }
            parse(&format!("{whole}.{fraction}{exponent}"))?
        }
    };
    Some(if negative { -magnitude } else { magnitude })
}

/// Splits off an exponent; `None` if it is not `e`, a sign and digits.
fn exponent(text: &str) -> Option<(&str, &str)> {
    let Some(at) = text.find(['e', 'E']) else { return Some((text, "")) };
    let (before, exponent) = text.split_at(at);
    let digits = exponent[1..].strip_prefix(['+', '-'])?;
    let good = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    good.then_some((before, exponent))
}

/// Sums the parts as doubles in the order of `PyYAML`: from the last to the first.
fn sexagesimal_double(first: &str, sixtieths: &str, fraction: &str) -> Option<f64> {
    let parts: Vec<&str> = sixtieths.split(':').collect();
    let (last, between) = parts.split_last()?;
    sixtieth(last)?;
    let mut sum = parse(&format!("{last}.{fraction}"))?;
    let mut base = 1.0;
    for part in between.iter().rev() {
        base *= 60.0;
        sum += f64::from(sixtieth(part)?) * base;
    }
    Some(sum + parse(first)? * base * 60.0)
}

fn parse(text: &str) -> Option<f64> {
    text.replace('_', "").parse().ok()
}

fn signed(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    }
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

fn digits_or_underscores(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use Plain::{Bool, Double, Int, Null, Text};
    use proptest::prelude::*;

    fn check(meaning: Plain, texts: &[&str]) {
        for text in texts {
            assert_eq!(resolve(text), Ok(meaning), "`{text}`");
        }
    }

    #[test]
    fn null_and_booleans_have_three_spellings_each() {
        check(Null, &["", "~", "null", "Null", "NULL"]);
        check(Bool(true), &["yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"]);
        check(Bool(false), &["no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"]);
        check(Text, &["nULL", "y", "n", "Y", "N", "tRUE", "oN", "None", "=", "<<", "true "]);
    }

    #[test]
    fn integers_have_five_bases() {
        check(Int(0), &["0", "-0", "+0", "00", "0_", "0x0", "0b0"]);
        check(Int(15), &["15", "+15", "017", "0_17", "0xF", "0xf", "0x_f", "0b1111", "1_5", "15_"]);
        check(Int(-31), &["-31", "-0x1F", "-037", "-0b11111"]);
        check(Int(90), &["1:30", "90"]);
        check(Int(5_025), &["1:23:45"]);
        check(Int(-90), &["-1:30"]);
        check(Int(685_230), &["190:20:30"]);
        check(Int(i64::MAX), &["9223372036854775807", "0x7fff_ffff_ffff_ffff"]);
        check(Int(i64::MIN), &["-9223372036854775808"]);
        check(
            Text,
            &["08", "0o17", "0b2", "0xg", "0x", "0x_", "_1", "1:60", "0:30", "1:", ":1", "1:2:", "+", "-"],
        );
        check(Text, &["--1", "1-2", "2024-01-02", "192.168.0.1", "1 000", "0b_", "1:+5", "１"]);
    }

    #[test]
    fn an_integer_beyond_64_bits_is_out_of_range() {
        for text in [
            "9223372036854775808",
            "-9223372036854775809",
            "0x10000000000000000",
            "9999999:00:00:00:00:00:00:00:00",
        ] {
            assert_eq!(resolve(text), Err(OutOfRange), "`{text}`");
        }
        assert_eq!(resolve(&"9".repeat(100_000)), Err(OutOfRange));
    }

    #[test]
    fn a_double_requires_a_dot_and_a_signed_exponent() {
        check(Double(1.5), &["1.5", "+1.5", "1.5_0", "01.5", "1.5e+0", "0.15E+1"]);
        check(Double(1000.5), &["1_000.5", "1_0_0_0.5_"]);
        check(Double(1.0), &["1.", "1._", "1.0"]);
        check(Double(0.5), &[".5", ".5_", "0.5", ".05e+1"]);
        check(Double(-2500.0), &["-2.5e+3", "-2500."]);
        check(Double(f64::INFINITY), &[".inf", ".Inf", ".INF", "+.inf", "1.0e+999"]);
        check(Double(f64::NEG_INFINITY), &["-.inf"]);
        check(Double(5_025.5), &["1:23:45.5"]);
        check(Double(30.5), &["0:30.5"]);
        check(
            Text,
            &["1e3", "1.5e3", "1.5e", "1.5e+", ".", "._5", "-.5", "+.5", ".5e3", "1.2.3", "inf", "nan"],
        );
        check(Text, &["+.nan", ".iNF", "1:60.5", "1:5e+3.5", "1.5f", "0x1.8", "1:2:.5", ".e+1", "1:30.5e+1"]);
        assert!(matches!(resolve(".nan"), Ok(Double(nan)) if nan.is_nan()));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,20}", numeric in "[-+]?[0-9_:.xbeEaf]{0,24}[+-]?[0-9]{0,4}") {
            let _ = resolve(&text);
            let _ = resolve(&numeric);
        }

        #[test]
        fn every_integer_reads_back(value: i64) {
            prop_assert_eq!(resolve(&value.to_string()), Ok(Int(value)));
        }
    }
}
