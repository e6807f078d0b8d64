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
        /// Whether the text has an escape of half a surrogate pair, which no string can contain.
        lone_surrogate: bool,
    },
    List(Vec<Rc<Node>>),
    Map(Vec<Member>),
}

/// One key of a mapping. Merge keys are applied, and keys are unique.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) key: Rc<str>,
    /// Whether the key has an escape of half a surrogate pair.
    pub(super) lone_surrogate: bool,
    pub(super) at: Position,
    pub(super) value: Rc<Node>,
}

/// The message about a scalar with half a surrogate pair.
pub(super) const LONE_SURROGATE: &str =
    "a `\\u` escape is half of a surrogate pair; write both halves, or the character itself";

impl Node {
    /// Returns the text of a scalar, as written.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, .. } => Some(text),
            Kind::List(_) | Kind::Map(_) => None,
        }
    }

    /// Returns whether a scalar or a key in this node has half a surrogate pair.
    pub(super) fn has_lone_surrogate(&self) -> bool {
        match &self.kind {
            Kind::Scalar { lone_surrogate, .. } => *lone_surrogate,
            Kind::List(items) => items.iter().any(|item| item.has_lone_surrogate()),
            Kind::Map(members) => {
                members.iter().any(|member| member.lone_surrogate || member.value.has_lone_surrogate())
            }
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
