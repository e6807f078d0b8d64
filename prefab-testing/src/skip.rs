//! Tests that need something that is not installed.

use std::{env, fs::OpenOptions, io::Write as _, thread};

/// The variable with the path of the file that lists the skipped tests. `cargo xtask ci` sets it, and prints the list.
pub const SKIPPED_TESTS: &str = "PREFAB_SKIPPED_TESTS";

/// Reports that the current test checks nothing, and why. The test returns after this call.
///
/// The test harness counts such a test as passed and hides its output, so the list is the only visible trace.
///
/// ```
/// # use prefab_testing::skip;
/// fn official_clients() {
///     let Some(folder) = std::env::var_os("PREFAB_OFFICIAL_CLIENTS") else {
///         return skip("PREFAB_OFFICIAL_CLIENTS is not set");
///     };
///     // …
/// #   drop(folder);
/// }
/// ```
pub fn skip(reason: &str) {
    let thread = thread::current();
    let line = format!("{}: {reason}\n", thread.name().unwrap_or("a test"));
    eprint!("SKIPPED {line}");
    let Some(path) = env::var_os(SKIPPED_TESTS) else { return };
    // One write per line, so that lines of parallel tests do not mix.
    let _ = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .and_then(|mut file| file.write_all(line.as_bytes()));
}
