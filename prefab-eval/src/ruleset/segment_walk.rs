//! Finds segments that refer to themselves, and missing segments.

use crate::{Finding, ruleset::Ruleset};

/// Returns a finding for each cycle of segments and for each segment that does not exist. The search begins at each of
/// `slots`, in this order.
pub(super) fn findings(ruleset: &Ruleset, slots: impl Iterator<Item = usize>) -> Vec<Finding> {
    let mut walk = SegmentWalk {
        ruleset,
        state: vec![Visit::Never; ruleset.configs.len()],
        path: Vec::new(),
        findings: Vec::new(),
    };
    for slot in slots {
        walk.visit(slot);
    }
    walk.findings
}

#[derive(Clone, Copy, PartialEq)]
enum Visit {
    Never,
    Open,
    Done,
}

/// A search through the segments, from each segment to those that its rules refer to.
struct SegmentWalk<'r> {
    ruleset: &'r Ruleset,
    state: Vec<Visit>,
    path: Vec<usize>,
    findings: Vec<Finding>,
}

impl SegmentWalk<'_> {
    fn visit(&mut self, start: usize) {
        // Not recursive: a chain of segments may be longer than the stack of the thread allows.
        let mut open = vec![(start, false)];
        while let Some((slot, leaving)) = open.pop() {
            if leaving {
                self.state[slot] = Visit::Done;
                self.path.pop();
                continue;
            }
            if self.state[slot] != Visit::Never {
                continue;
            }
            self.state[slot] = Visit::Open;
            self.path.push(slot);
            open.push((slot, true));
            for segment in self.ruleset.segments_of(slot) {
                match self.state[segment] {
                    Visit::Open => self.report_cycle(segment),
                    _ if self.ruleset.configs[segment].is_none() => self.report_missing(slot, segment),
                    Visit::Never => open.push((segment, false)),
                    Visit::Done => {}
                }
            }
        }
    }

    fn name(&self, slot: usize) -> &str {
        u32::try_from(slot).map_or("", |slot| self.ruleset.keys.name(slot))
    }

    fn report_cycle(&mut self, segment: usize) {
        let start = self.path.iter().position(|slot| *slot == segment).unwrap_or_default();
        let names: Vec<&str> =
            self.path[start..].iter().chain([&segment]).map(|slot| self.name(*slot)).collect();
        let cause =
            format!("these segments refer to each other in a cycle and never match: {}", names.join(" -> "));
        self.findings.push(Finding::new(self.name(segment), "criteria", cause));
    }

    fn report_missing(&mut self, slot: usize, segment: usize) {
        let cause = format!("there is no segment `{}`; the criterion never matches", self.name(segment));
        self.findings.push(Finding::new(self.name(slot), "criteria", cause));
    }
}
