//! The events of a server stream do not depend on how its bytes are split into chunks.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| prefab_sources::fuzzing::stream(bytes));
