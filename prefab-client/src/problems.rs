//! Open problems of the sources: skipped keys and unavailable servers.

use std::collections::{BTreeMap, BTreeSet};

use prefab_core::{StoredConfig, Update};
use prefab_sources::{Finding, SourceError, SourceUpdate};

/// Tracks open problems per source until they are resolved.
#[derive(Default)]
pub(crate) struct Problems {
    sources: BTreeMap<String, SourceProblems>,
}

/// The open problems of one source.
#[derive(Default)]
struct SourceProblems {
    errors: Vec<SourceError>,
    findings: Vec<Finding>,
}

/// The part of a server that delivers changes. Its failure stays listed while polling works.
const STREAM: &str = "streaming";

/// Limits per source: a server that answers with many different errors must not fill the memory.
const MAX_ERRORS: usize = 16;
const MAX_FINDINGS: usize = 1_000;

impl Problems {
    /// Records an update of a source. Returns whether it resolved all errors of the source.
    pub(crate) fn record_update(&mut self, source: &str, loaded: &SourceUpdate) -> bool {
        let SourceUpdate { update, findings } = loaded;
        let problems = self.sources.entry(source.to_owned()).or_default();
        let was_away = !problems.errors.is_empty();
        match update {
            // The update replaces everything, including all findings.
            Update::Replace { .. } => *problems = SourceProblems::default(),
            Update::Snapshot { source, .. } => {
                problems.clear_errors_of(source);
                problems.findings.clear();
            }
            Update::Merge { set, source } => {
                problems.clear_errors_of(source);
                let updated = set.configs.iter().map(StoredConfig::key);
                let found = findings.iter().filter_map(|finding| finding.key.as_deref());
                let renewed: BTreeSet<&str> = updated.chain(found).collect();
                // A finding without a key was about the previous message.
                let is_open =
                    |finding: &Finding| finding.key.as_deref().is_some_and(|key| !renewed.contains(key));
                problems.findings.retain(is_open);
            }
        }
        let room = MAX_FINDINGS.saturating_sub(problems.findings.len());
        problems.findings.extend(findings.iter().take(room).cloned());
        was_away && problems.errors.is_empty()
    }

    /// Records findings that last as long as the client.
    pub(crate) fn record_findings(&mut self, about: &str, findings: Vec<Finding>) {
        if !findings.is_empty() {
            self.sources.entry(about.to_owned()).or_default().findings.extend(findings);
        }
    }

    /// Records a finding that lasts as long as the client. Returns whether it is new.
    pub(crate) fn record_finding(&mut self, about: &str, finding: Finding) -> bool {
        let findings = &mut self.sources.entry(about.to_owned()).or_default().findings;
        let is_new = findings.len() < MAX_FINDINGS && !findings.contains(&finding);
        if is_new {
            findings.push(finding);
        }
        is_new
    }

    /// Records why a source has no update.
    pub(crate) fn record_error(&mut self, source: &str, error: SourceError) {
        let errors = &mut self.sources.entry(source.to_owned()).or_default().errors;
        // Only the newest error of each part of a source is kept.
        errors.retain(|old| old.source_name() != error.source_name());
        if errors.len() < MAX_ERRORS {
            errors.push(error);
        }
    }

    /// Returns whether a source has errors that are not resolved.
    #[cfg(feature = "http")]
    pub(crate) fn has_errors(&self, source: &str) -> bool {
        self.sources.get(source).is_some_and(|problems| !problems.errors.is_empty())
    }

    /// Returns all problems as text.
    pub(crate) fn list(&self) -> Vec<String> {
        let each = |problems: &SourceProblems| -> Vec<String> {
            let errors = problems.errors.iter().map(ToString::to_string);
            errors.chain(problems.findings.iter().map(ToString::to_string)).collect()
        };
        self.sources.values().flat_map(each).collect()
    }
}

impl SourceProblems {
    /// Removes the errors of a part that works. The errors of the stream remain until the stream itself works.
    fn clear_errors_of(&mut self, part: &str) {
        self.errors.retain(|error| part != STREAM && error.source_name() == STREAM);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prefab_core::{Config, ConfigSet};
    use prefab_sources::SourceErrorKind;

    fn update(source: &str, keys: &[&str], findings: &[&str]) -> SourceUpdate {
        let configs = keys.iter().map(|key| Config::constant(*key, 1).into()).collect();
        let set = ConfigSet { configs, ..ConfigSet::default() };
        let update = Update::Merge { set, source: source.into() };
        let finding = |key: &&str| Finding::new(source, "wrong").with_key(*key);
        SourceUpdate { update, findings: findings.iter().map(finding).collect() }
    }

    fn unavailable(part: &str) -> SourceError {
        SourceError::new(SourceErrorKind::Unavailable, part, "is unavailable")
    }

    #[test]
    fn a_skipped_key_is_listed_until_the_source_sends_it_again() {
        let mut problems = Problems::default();
        let check = |problems: &Problems, expected: &[&str]| assert_eq!(problems.list(), expected);
        problems.record_update("remote", &update("remote_api", &["a"], &["b", "c"]));
        let both = ["remote_api: key `b`: wrong", "remote_api: key `c`: wrong"];
        check(&problems, &both);
        problems.record_update("remote", &update("streaming", &["a"], &[]));
        check(&problems, &both);
        problems.record_update("remote", &update("streaming", &["b"], &["c"]));
        check(&problems, &["streaming: key `c`: wrong"]);
        problems.record_update("remote", &update("streaming", &["c"], &[]));
        check(&problems, &[]);
    }

    #[test]
    fn a_stream_that_is_down_is_listed_while_polling_works() {
        let mut problems = Problems::default();
        problems.record_error("remote", unavailable("streaming"));
        problems.record_error("remote", unavailable("remote_api"));
        problems.record_error("remote", unavailable("remote_api"));
        assert_eq!(problems.list(), ["streaming: is unavailable", "remote_api: is unavailable"]);
        assert!(!problems.record_update("remote", &update("remote_api", &[], &[])));
        assert_eq!(problems.list(), ["streaming: is unavailable"]);
        assert!(problems.record_update("remote", &update("streaming", &[], &[])));
        assert!(!problems.record_update("remote", &update("streaming", &[], &[])), "it has recovered before");
        assert_eq!(problems.list(), [] as [&str; 0]);
    }

    #[test]
    fn a_reported_problem_is_listed_once_and_no_update_removes_it() {
        let mut problems = Problems::default();
        let problem = || Finding::new("remote", "is wrong");
        assert!(problems.record_finding("reported by remote", problem()));
        assert!(!problems.record_finding("reported by remote", problem()));
        problems.record_update("remote", &update("remote_api", &["a"], &[]));
        assert_eq!(problems.list(), ["remote: is wrong"]);
        for nth in 0..2 * MAX_FINDINGS {
            problems.record_finding("reported by remote", Finding::new("remote", nth.to_string()));
        }
        assert_eq!(problems.list().len(), MAX_FINDINGS);
    }

    #[test]
    fn the_number_of_problems_is_limited() {
        let mut problems = Problems::default();
        for nth in 0..2 * MAX_FINDINGS {
            problems.record_error("remote", unavailable(&format!("part{nth}")));
            problems.record_update("remote", &update("cache", &[], &[&format!("key{nth}")]));
            problems.record_error("remote", unavailable("streaming"));
        }
        assert!(problems.list().len() <= MAX_FINDINGS + MAX_ERRORS);
    }
}
