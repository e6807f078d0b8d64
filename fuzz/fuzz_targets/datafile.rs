//! A parsed datafile can be written and parsed again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use prefab_core::datafile;
use prefab_eval::Ruleset;

fuzz_target!(|text: &str| {
    let Ok(parsed) = datafile::parse(text) else { return };
    let written = datafile::to_json(&parsed.set);
    let reparsed = datafile::from_json(&written).expect("a written datafile parses");
    assert!(reparsed.findings.is_empty(), "{:?}", reparsed.findings);
    // Compared as text, because NaN is not equal to itself.
    assert_eq!(datafile::to_json(&reparsed.set).to_string(), written.to_string());

    let reparsed_text = datafile::parse(&written.to_string()).expect("a written datafile is JSON");
    assert_eq!(datafile::to_json(&reparsed_text.set).to_string(), written.to_string());

    let _ = Ruleset::from_datafile(text).expect("the datafile parsed before").findings();
});
