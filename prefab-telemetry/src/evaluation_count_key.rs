//! The key of an evaluation count: what distinguishes it from others.

use prefab_core::{Entry, Value};
use prefab_eval::{Evaluation, Reason};

use crate::{report::EvaluationCount, reportable};

/// The result of an evaluation, as it is reported.
pub(crate) struct EvaluationCountKey {
    pub(crate) entry: Entry,
    pub(crate) row: u32,
    pub(crate) rule: u32,
    pub(crate) weighted: Option<u32>,
    pub(crate) selected_index: Option<u32>,
    pub(crate) value: Option<Value>,
    reason: Reason,
}

impl EvaluationCountKey {
    pub(crate) fn of(evaluation: &Evaluation<'_>) -> Self {
        Self {
            entry: evaluation.entry().clone(),
            row: evaluation.config_row_index,
            rule: evaluation.conditional_value_index,
            weighted: evaluation.weighted_value_index,
            selected_index: reportable::selected_index(&evaluation.config(), &evaluation.value),
            value: reportable::value(evaluation),
            reason: evaluation.reason,
        }
    }

    pub(crate) fn counter(&self, count: u64) -> EvaluationCount {
        EvaluationCount {
            count,
            config_id: self.entry.stored().id(),
            config_row_index: self.row,
            conditional_value_index: self.rule,
            weighted_value_index: self.weighted,
            selected_index: self.selected_index,
            selected_value: self.value.clone(),
            reason: self.reason,
        }
    }
}
