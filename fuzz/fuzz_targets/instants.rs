//! A parsed instant equals the one that `jiff` parses.
#![no_main]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    // The range of `jiff` ends one day before the year 10000.
    let shared = Timestamp::MIN.as_millisecond()..Timestamp::MAX.as_millisecond();
    let Some(ours) = prefab_eval::parse_instant(text).ok().filter(|millis| shared.contains(millis)) else {
        return;
    };
    let theirs: Timestamp = nanoseconds(text).parse().expect("a parsed instant is a timestamp");
    // Rounds down, so that instants before 1970 have the same millisecond on both sides.
    let millis = theirs.as_nanosecond().div_euclid(1_000_000);
    assert_eq!(i128::from(ours), millis, "{text:?}");
});

/// Truncates the fraction to the nine digits that `jiff` accepts.
fn nanoseconds(text: &str) -> String {
    let Some((whole, rest)) = text.split_once('.') else { return text.to_owned() };
    let zone = rest.trim_start_matches(|digit: char| digit.is_ascii_digit());
    let fraction = &rest[..rest.len() - zone.len()];
    format!("{whole}.{}{zone}", &fraction[..fraction.len().min(9)])
}
