//! A parsed duration can be formatted and parsed again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prefab_core::{duration::format_duration, parse_duration};

fuzz_target!(|text: &str| {
    let Ok(duration) = parse_duration(text) else { return };
    let formatted = format_duration(duration);
    assert_eq!(parse_duration(&formatted), Ok(duration), "{text} was formatted as {formatted}");
    assert_eq!(parse_duration(&format!("{text} ")).ok(), None);
});
