//! A stream of the server has the same events wherever it is cut, within the limits; each event is read or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| prefab_sources::fuzzing::stream(bytes));
