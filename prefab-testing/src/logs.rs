//! Collected log lines of a thread.

use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;

/// Collects the lines of this thread until the guard is dropped.
///
/// The lines contain no time, because its digits could match what a test searches for.
pub fn capture_on_this_thread() -> (CapturedLogs, tracing::subscriber::DefaultGuard) {
    let lines = CapturedLogs::default();
    let subscriber =
        tracing_subscriber::fmt().without_time().with_ansi(false).with_writer(lines.clone()).finish();
    (lines, tracing::subscriber::set_default(subscriber))
}

/// Collected log lines.
#[derive(Clone, Debug, Default)]
pub struct CapturedLogs(Arc<Mutex<Vec<u8>>>);

impl CapturedLogs {
    /// Returns the lines since the last call.
    pub fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

impl std::io::Write for CapturedLogs {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for CapturedLogs {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_line_has_only_what_was_logged() {
        let (lines, _logs) = super::capture_on_this_thread();
        tracing::warn!(count = 1, "fallback");
        assert_eq!(lines.take(), " WARN prefab_testing::logs::tests: fallback count=1\n");
    }
}
