//! Compiled rules.

use std::sync::Arc;

use prefab_core::Operator;

use crate::{
    compiled_value::CompiledValue,
    operators::{Pattern, Test},
    property::Property,
    search::Search,
};

#[derive(Debug)]
pub(crate) struct Rule {
    /// The conditions, shared between rules with equal criteria. `None` for a rule without criteria.
    conditions: Option<Arc<[Condition]>>,
    pub(crate) compiled: CompiledValue,
    /// The index of the row, in evaluation order.
    pub(crate) row: u32,
    /// The index of the rule in its row.
    pub(crate) index: u32,
}

impl Rule {
    pub(crate) fn new(
        conditions: Option<Arc<[Condition]>>,
        compiled: CompiledValue,
        row: u32,
        index: u32,
    ) -> Self {
        Self { conditions, compiled, row, index }
    }

    #[inline]
    pub(crate) fn conditions(&self) -> &[Condition] {
        self.conditions.as_deref().unwrap_or_default()
    }

    /// Returns the namespace that the rule requires the client to be in.
    pub(crate) fn namespace(&self) -> Option<&str> {
        self.conditions().iter().find_map(|condition| match condition {
            Condition {
                property: Property::Namespace(_),
                check: Check::Test(Test::Hierarchical { prefix, .. }),
            } => Some(&**prefix),
            _ => None,
        })
    }
}

#[derive(Debug)]
pub(crate) struct Condition {
    pub(crate) property: Property,
    pub(crate) check: Check,
}

#[derive(Debug)]
pub(crate) enum Check {
    Test(Test),
    /// A pattern without a state table.
    Search(Box<Search>),
    Segment {
        slot: u32,
        negated: bool,
    },
    /// The operand is an environment variable, so the check is compiled at each evaluation.
    Provided(Box<ProvidedSide>),
}

impl Check {
    pub(crate) fn of_pattern(pattern: Arc<Pattern>, negated: bool) -> Self {
        if pattern.is_table() {
            Self::Test(Test::Matches { pattern, negated })
        } else {
            Self::Search(Box::new(Search::new(pattern, negated)))
        }
    }
}

#[derive(Debug)]
pub(crate) struct ProvidedSide {
    pub(crate) operator: Operator,
    pub(crate) variable: Box<str>,
    pub(crate) by_segment: bool,
}
