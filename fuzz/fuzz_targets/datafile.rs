//! A datafile either does not parse, or what was read survives being written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prefab_core::datafile;
use prefab_eval::Ruleset;

fuzz_target!(|text: &str| {
    let Ok(parsed) = datafile::parse(text) else { return };
    let written = datafile::to_json(&parsed.set);
    let again = datafile::from_json(&written).expect("what was written is a datafile");
    assert!(again.findings.is_empty(), "{:?}", again.findings);
    // Compared as written: a NaN is not equal to itself.
    assert_eq!(datafile::to_json(&again.set).to_string(), written.to_string());

    let through_text = datafile::parse(&written.to_string()).expect("what was written is JSON");
    assert_eq!(datafile::to_json(&through_text.set).to_string(), written.to_string());

    let _ = Ruleset::from_datafile(text).expect("it parsed before").findings();
});
