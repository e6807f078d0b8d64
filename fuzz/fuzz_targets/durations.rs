//! A duration that parses survives being written and parsed again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prefab_core::{duration::format_duration, parse_duration};

fuzz_target!(|text: &str| {
    let Ok(duration) = parse_duration(text) else { return };
    let written = format_duration(duration);
    assert_eq!(parse_duration(&written), Ok(duration), "{text} was written as {written}");
    assert_eq!(parse_duration(&format!("{text} ")).ok(), None);
});
