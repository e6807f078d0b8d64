//! A YAML text as a tree, with the places and the quotes that the rules ask for.

use std::rc::Rc;

use crate::Position;

#[derive(Debug)]
pub(super) struct Node {
    pub(super) at: Position,
    /// The tag in full: `tag:yaml.org,2002:str`, `!mine`.
    pub(super) tag: Option<String>,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Scalar {
        text: String,
        /// Plain scalars may be numbers, booleans or null; quoted and block ones are texts.
        plain: bool,
    },
    List(Vec<Rc<Node>>),
    Map(Vec<Member>),
}

/// One key of a mapping. Merge keys are applied and no key is there twice.
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

    /// Returns what the node is in words, for messages.
    pub(super) fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Scalar { .. } => "a single value",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }
}
