//! Operating system figures of this process and its threads.

use std::{
    env, fs,
    path::PathBuf,
    process,
    sync::atomic::{AtomicUsize, Ordering},
};

use anyhow::{Context as _, Result};

/// Returns the path of a new temporary file.
pub fn scratch_file(name: &str) -> PathBuf {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    env::temp_dir().join(format!("prefab-bench-{}-{next}-{name}", process::id()))
}

/// Returns the resident memory of the process.
pub(crate) fn resident_bytes() -> Result<u64> {
    Ok(status("self", "VmRSS:")? * 1024)
}

/// Returns the number of voluntary context switches of this thread.
pub(crate) fn waits_of_thread() -> Result<u64> {
    status("thread-self", "voluntary_ctxt_switches:")
}

fn status(whose: &str, field: &str) -> Result<u64> {
    let text =
        fs::read_to_string(format!("/proc/{whose}/status")).context("reading /proc, which only Linux has")?;
    let value = text.lines().find_map(|line| line.strip_prefix(field));
    let number = value.and_then(|value| value.split_whitespace().next());
    number.with_context(|| format!("/proc has no `{field}`"))?.parse().context("expected a number in /proc")
}
