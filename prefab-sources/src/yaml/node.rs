//! The tree of a YAML text, with positions and quoting.

use std::rc::Rc;

use crate::Position;

#[derive(Debug)]
pub(super) struct Node {
    pub(super) at: Position,
    /// The full tag, for example `tag:yaml.org,2002:str` or `!mine`.
    pub(super) tag: Option<String>,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Scalar {
        text: String,
        /// Plain scalars may be numbers, booleans or null. Quoted and block scalars are strings.
        plain: bool,
    },
    List(Vec<Rc<Node>>),
    Map(Vec<Member>),
}

/// One key of a mapping. Merge keys are applied, and keys are unique.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) key: Rc<str>,
    pub(super) at: Position,
    pub(super) value: Rc<Node>,
}

impl Node {
    /// Returns the text of a scalar, as written.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, .. } => Some(text),
            Kind::List(_) | Kind::Map(_) => None,
        }
    }

    /// Returns the kind of the node, for messages.
    pub(super) fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Scalar { .. } => "a single value",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }
}
