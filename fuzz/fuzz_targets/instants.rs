//! An instant that parses is the one that `jiff` reads.
#![no_main]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    // Its timestamps end a day before year 10000 does.
    let shared = Timestamp::MIN.as_millisecond()..Timestamp::MAX.as_millisecond();
    let Some(ours) = prefab_eval::parse_instant(text).ok().filter(|millis| shared.contains(millis)) else {
        return;
    };
    let theirs: Timestamp = nanoseconds(text).parse().expect("what the engine takes is a timestamp");
    // Before 1970 a part of a millisecond counts downwards: both sides look at whole ones from below.
    let millis = theirs.as_nanosecond().div_euclid(1_000_000);
    assert_eq!(i128::from(ours), millis, "{text:?}");
});

/// Cuts the fraction to the nine digits that `jiff` takes.
fn nanoseconds(text: &str) -> String {
    let Some((whole, rest)) = text.split_once('.') else { return text.to_owned() };
    let zone = rest.trim_start_matches(|digit: char| digit.is_ascii_digit());
    let fraction = &rest[..rest.len() - zone.len()];
    format!("{whole}.{}{zone}", &fraction[..fraction.len().min(9)])
}
