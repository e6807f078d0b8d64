//! Collects findings, up to a limit.

use std::sync::Arc;

use super::MAX_FINDINGS;
use crate::{Finding, Position};

pub(super) struct Findings {
    source: Arc<str>,
    list: Vec<Finding>,
    omitted: usize,
}

impl Findings {
    pub(super) fn new(source: Arc<str>) -> Self {
        Self { source, list: Vec::new(), omitted: 0 }
    }

    /// Adds a finding about one key.
    pub(super) fn key(&mut self, key: &str, position: Position, message: impl Into<String>) {
        if let Some(finding) = self.next(position, message) {
            self.list.push(finding.with_key(key));
        }
    }

    /// Adds a finding about the whole file.
    pub(super) fn file(&mut self, position: Position, message: impl Into<String>) {
        if let Some(finding) = self.next(position, message) {
            self.list.push(finding);
        }
    }

    pub(super) fn finish(mut self) -> Vec<Finding> {
        if self.omitted > 0 {
            let message = format!("{} more findings are not listed", self.omitted);
            self.list.push(Finding::new(self.source, message));
        }
        self.list
    }

    fn next(&mut self, position: Position, message: impl Into<String>) -> Option<Finding> {
        if self.list.len() == MAX_FINDINGS {
            self.omitted += 1;
            return None;
        }
        Some(Finding::new(Arc::clone(&self.source), message).with_position(position))
    }
}
