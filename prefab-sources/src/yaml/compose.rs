//! Builds a tree from parser events, within limits.
//!
//! The parser processes one event at a time, in time proportional to the text. A limit that is checked at every event
//! therefore limits the whole.

use std::{collections::HashMap, rc::Rc};

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::{
    MAX_ALIASED_BYTES, MAX_ALIASED_NODES, MAX_DEPTH, MAX_NODES, YamlError, YamlErrorKind,
    findings::Findings,
    merge,
    node::{Kind, Node},
    surrogates::Surrogates,
};
use crate::{Position, finding::excerpt};

/// Returns the tree of a text; `None` for an empty text.
pub(super) fn compose(text: &str, findings: &mut Findings) -> Result<Option<Rc<Node>>, YamlError> {
    let mut composer = Composer {
        findings,
        open: Vec::new(),
        anchors: HashMap::new(),
        aliased: Size::default(),
        nodes: 0,
        documents: 0,
        root: None,
        surrogates: None,
    };
    let hidden = Surrogates::hide(text);
    let text = hidden.as_ref().map_or(text, |(text, _)| text);
    composer.surrogates = hidden.as_ref().map(|(_, surrogates)| *surrogates);
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| YamlError {
            position: position(error.marker()),
            cause: YamlErrorKind::Syntax(error.info().to_owned()),
        })?;
        let at = position(&span.start);
        composer.event(event, at).map_err(|cause| YamlError { position: at, cause })?;
    }
    Ok(composer.root)
}

/// The parser counts lines from 1 and columns from 0.
fn position(marker: &saphyr_parser::Marker) -> Position {
    Position { line: marker.line(), column: marker.col() + 1 }
}

struct Composer<'a> {
    findings: &'a mut Findings,
    /// The collections around the next node, the outermost first.
    open: Vec<Frame>,
    /// Complete nodes by anchor number.
    anchors: HashMap<usize, (Rc<Node>, Size)>,
    aliased: Size,
    nodes: usize,
    documents: usize,
    root: Option<Rc<Node>>,
    surrogates: Option<Surrogates>,
}

/// A collection that is not complete.
struct Frame {
    at: Position,
    anchor: usize,
    tag: Option<String>,
    size: Size,
    content: Content,
}

enum Content {
    List(Vec<Rc<Node>>),
    /// Complete pairs, and the key of the next.
    Map(Vec<(Rc<Node>, Rc<Node>)>, Option<Rc<Node>>),
}

/// The size of a node with all aliases expanded.
#[derive(Clone, Copy, Default)]
struct Size {
    nodes: usize,
    bytes: usize,
    /// The number of nested collections.
    height: usize,
}

impl Composer<'_> {
    fn event(&mut self, event: Event<'_>, at: Position) -> Result<(), YamlErrorKind> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(YamlErrorKind::SeveralDocuments);
                }
            }
            Event::Alias(anchor) => self.alias(anchor)?,
            Event::Scalar(text, style, anchor, tag) => {
                self.count()?;
                let size = Size { nodes: 1, bytes: text.len(), height: 0 };
                let text = text.into_owned();
                let (text, lone_surrogate) = match self.surrogates {
                    Some(surrogates) => surrogates.reveal(text, style == ScalarStyle::DoubleQuoted),
                    None => (text, false),
                };
                let kind = Kind::Scalar { text, plain: style == ScalarStyle::Plain, lone_surrogate };
                self.finish(Node { at, tag: tag.map(|tag| tag_text(&tag)), kind }, size, anchor);
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(at, anchor, tag.map(|tag| tag_text(&tag)), Content::List(Vec::new()))?;
            }
            Event::MappingStart(anchor, tag) => {
                self.open(at, anchor, tag.map(|tag| tag_text(&tag)), Content::Map(Vec::new(), None))?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
        }
        Ok(())
    }

    fn count(&mut self) -> Result<(), YamlErrorKind> {
        self.nodes += 1;
        if self.nodes > MAX_NODES { Err(YamlErrorKind::TooManyNodes) } else { Ok(()) }
    }

    fn open(
        &mut self,
        at: Position,
        anchor: usize,
        tag: Option<String>,
        content: Content,
    ) -> Result<(), YamlErrorKind> {
        self.count()?;
        if self.open.len() == MAX_DEPTH {
            return Err(YamlErrorKind::TooDeep);
        }
        let size = Size { nodes: 1, bytes: 0, height: 1 };
        self.open.push(Frame { at, anchor, tag, size, content });
        Ok(())
    }

    fn close(&mut self) {
        let Some(Frame { at, anchor, tag, size, content }) = self.open.pop() else { return };
        let kind = match content {
            Content::List(items) => Kind::List(items),
            Content::Map(pairs, _) => {
                let path = |key: &str| path(&self.open, key);
                Kind::Map(merge::members(pairs, path, self.findings))
            }
        };
        self.finish(Node { at, tag, kind }, size, anchor);
    }

    /// Repeats a complete node, and counts its expanded size.
    fn alias(&mut self, anchor: usize) -> Result<(), YamlErrorKind> {
        self.count()?;
        // The parser rejects unknown anchors, so a node that is missing here is not complete yet.
        let (node, size) = self.anchors.get(&anchor).ok_or(YamlErrorKind::AliasOfItself)?;
        let (node, size) = (Rc::clone(node), *size);
        if self.open.len() + size.height > MAX_DEPTH {
            return Err(YamlErrorKind::TooDeep);
        }
        self.aliased.nodes = self.aliased.nodes.saturating_add(size.nodes);
        self.aliased.bytes = self.aliased.bytes.saturating_add(size.bytes);
        if self.aliased.nodes > MAX_ALIASED_NODES || self.aliased.bytes > MAX_ALIASED_BYTES {
            return Err(YamlErrorKind::TooManyAliased);
        }
        self.attach(node, size);
        Ok(())
    }

    fn finish(&mut self, node: Node, size: Size, anchor: usize) {
        let node = Rc::new(node);
        // 0 means no anchor.
        if anchor != 0 {
            self.anchors.insert(anchor, (Rc::clone(&node), size));
        }
        self.attach(node, size);
    }

    fn attach(&mut self, node: Rc<Node>, size: Size) {
        let Some(frame) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        frame.size.nodes = frame.size.nodes.saturating_add(size.nodes);
        frame.size.bytes = frame.size.bytes.saturating_add(size.bytes);
        frame.size.height = frame.size.height.max(size.height + 1);
        match &mut frame.content {
            Content::List(items) => items.push(node),
            Content::Map(pairs, key) => match key.take() {
                Some(key) => pairs.push((key, node)),
                None => *key = Some(node),
            },
        }
    }
}

fn tag_text(tag: &Tag) -> String {
    format!("{}{}", tag.handle, tag.suffix)
}

/// Returns `key` below the keys of the collections around it.
fn path(open: &[Frame], key: &str) -> String {
    let around = open.iter().filter_map(|frame| match &frame.content {
        Content::Map(_, Some(key)) => key.text(),
        Content::Map(_, None) | Content::List(_) => None,
    });
    let parts: Vec<String> = around.chain([key]).filter(|part| *part != "_").map(excerpt).collect();
    parts.join(".")
}
