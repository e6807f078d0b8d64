//! What is wrong with the sources: what was left out, and who cannot be asked.

use std::collections::{BTreeMap, BTreeSet};

use prefab_core::{StoredConfig, Update};
use prefab_sources::{Finding, SourceError, SourceUpdate};

/// Keeps what is wrong until it is mended.
#[derive(Default)]
pub(crate) struct Problems {
    sources: BTreeMap<String, SourceProblems>,
}

/// What is wrong with one source.
#[derive(Default)]
struct SourceProblems {
    errors: Vec<SourceError>,
    findings: Vec<Finding>,
}

/// The part of a server by which everything comes; while the others work without it, it is still missed.
const STREAM: &str = "streaming";

/// Of one source; a server whose answers were full of different faults would fill the memory with them.
const MAX_ERRORS: usize = 16;
const MAX_FINDINGS: usize = 1_000;

impl Problems {
    /// Takes in what a source said; tells whether that is the end of all that kept it from saying something.
    pub(crate) fn record_update(&mut self, source: &str, loaded: &SourceUpdate) -> bool {
        let SourceUpdate { update, findings } = loaded;
        let problems = self.sources.entry(source.to_owned()).or_default();
        let was_away = !problems.errors.is_empty();
        match update {
            // Everything was said anew, and so is everything that is wrong with it.
            Update::Replace { .. } => *problems = SourceProblems::default(),
            Update::Snapshot { source, .. } => {
                problems.clear_errors_of(source);
                problems.findings.clear();
            }
            Update::Merge { set, source } => {
                problems.clear_errors_of(source);
                let said = set.configs.iter().map(StoredConfig::key);
                let found = findings.iter().filter_map(|finding| finding.key.as_deref());
                let renewed: BTreeSet<&str> = said.chain(found).collect();
                // What is about no key was about the message before.
                let holds =
                    |finding: &Finding| finding.key.as_deref().is_some_and(|key| !renewed.contains(key));
                problems.findings.retain(holds);
            }
        }
        let room = MAX_FINDINGS.saturating_sub(problems.findings.len());
        problems.findings.extend(findings.iter().take(room).cloned());
        was_away && problems.errors.is_empty()
    }

    /// Takes in what stays wrong for as long as the client lives.
    pub(crate) fn record_findings(&mut self, about: &str, findings: Vec<Finding>) {
        if !findings.is_empty() {
            self.sources.entry(about.to_owned()).or_default().findings.extend(findings);
        }
    }

    /// Takes in why a source says nothing.
    pub(crate) fn record_error(&mut self, source: &str, error: SourceError) {
        let errors = &mut self.sources.entry(source.to_owned()).or_default().errors;
        // Of one part only the latest word counts.
        errors.retain(|old| old.source_name() != error.source_name());
        if errors.len() < MAX_ERRORS {
            errors.push(error);
        }
    }

    /// Lists them in words.
    pub(crate) fn list(&self) -> Vec<String> {
        let each = |problems: &SourceProblems| -> Vec<String> {
            let errors = problems.errors.iter().map(ToString::to_string);
            errors.chain(problems.findings.iter().map(ToString::to_string)).collect()
        };
        self.sources.values().flat_map(each).collect()
    }
}

impl SourceProblems {
    /// Takes note that one part of the source, or the source itself, works.
    fn clear_errors_of(&mut self, part: &str) {
        self.errors.retain(|error| part != STREAM && error.source_name() == STREAM);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prefab_core::{Config, ConfigSet};
    use prefab_sources::SourceErrorKind;

    fn said(source: &str, keys: &[&str], findings: &[&str]) -> SourceUpdate {
        let configs = keys.iter().map(|key| Config::constant(*key, 1).into()).collect();
        let set = ConfigSet { configs, ..ConfigSet::default() };
        let update = Update::Merge { set, source: source.into() };
        let finding = |key: &&str| Finding::new(source, "wrong").key(*key);
        SourceUpdate { update, findings: findings.iter().map(finding).collect() }
    }

    fn away(part: &str) -> SourceError {
        SourceError::new(SourceErrorKind::Unavailable, part, "is away")
    }

    #[test]
    fn what_was_left_out_is_told_until_its_key_is_said_again() {
        let mut problems = Problems::default();
        let check = |problems: &Problems, expected: &[&str]| assert_eq!(problems.list(), expected);
        problems.record_update("remote", &said("remote_api", &["a"], &["b", "c"]));
        let both = ["remote_api: key `b`: wrong", "remote_api: key `c`: wrong"];
        check(&problems, &both);
        problems.record_update("remote", &said("streaming", &["a"], &[]));
        check(&problems, &both);
        problems.record_update("remote", &said("streaming", &["b"], &["c"]));
        check(&problems, &["streaming: key `c`: wrong"]);
        problems.record_update("remote", &said("streaming", &["c"], &[]));
        check(&problems, &[]);
    }

    #[test]
    fn a_stream_that_is_down_is_told_while_polling_works() {
        let mut problems = Problems::default();
        problems.record_error("remote", away("streaming"));
        problems.record_error("remote", away("remote_api"));
        problems.record_error("remote", away("remote_api"));
        assert_eq!(problems.list(), ["streaming: is away", "remote_api: is away"]);
        assert!(!problems.record_update("remote", &said("remote_api", &[], &[])));
        assert_eq!(problems.list(), ["streaming: is away"]);
        assert!(problems.record_update("remote", &said("streaming", &[], &[])));
        assert!(!problems.record_update("remote", &said("streaming", &[], &[])), "it is no news");
        assert_eq!(problems.list(), [] as [&str; 0]);
    }

    #[test]
    fn a_server_that_is_wrong_in_every_way_fills_no_memory() {
        let mut problems = Problems::default();
        for nth in 0..2 * MAX_FINDINGS {
            problems.record_error("remote", away(&format!("part{nth}")));
            problems.record_update("remote", &said("cache", &[], &[&format!("key{nth}")]));
            problems.record_error("remote", away("streaming"));
        }
        assert!(problems.list().len() <= MAX_FINDINGS + MAX_ERRORS);
    }
}
