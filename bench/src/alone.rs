//! What the system says of this process and its threads.

use std::{
    env, fs,
    path::PathBuf,
    process,
    sync::atomic::{AtomicUsize, Ordering},
};

use anyhow::{Context as _, Result};

/// Returns a path for a file that nobody else has.
pub fn scratch_file(name: &str) -> PathBuf {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    env::temp_dir().join(format!("prefab-bench-{}-{next}-{name}", process::id()))
}

/// Returns the memory that the process holds.
pub(crate) fn resident_bytes() -> Result<u64> {
    Ok(status("self", "VmRSS:")? * 1024)
}

/// Returns how often this thread has waited for something.
pub(crate) fn waits_of_thread() -> Result<u64> {
    status("thread-self", "voluntary_ctxt_switches:")
}

fn status(whose: &str, field: &str) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{whose}/status")).context("only Linux tells")?;
    let value = text.lines().find_map(|line| line.strip_prefix(field));
    let number = value.and_then(|value| value.split_whitespace().next());
    number
        .with_context(|| format!("the system does not tell `{field}`"))?
        .parse()
        .context("a number was expected")
}
