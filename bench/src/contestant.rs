//! The interface of a measured engine.

use anyhow::{Result, bail};

use crate::{Item, User, Work};

/// The measured part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The evaluation code, called directly.
    Engine,
    /// The client that an application uses.
    Client,
}

impl Part {
    /// Returns the name of the part.
    pub fn name(self) -> &'static str {
        match self {
            Self::Engine => "engine",
            Self::Client => "client",
        }
    }
}

/// Whether an engine supports an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// The engine supports the item.
    Same,
    /// The engine uses a substitute, which is described.
    Instead(&'static str),
    /// The engine does not support the item.
    Never,
}

/// An engine. Only these methods are measured.
pub trait Contestant: Sized + Send + Sync + 'static {
    /// The name in the table.
    const NAME: &'static str;
    /// The crate whose version the tables show. Empty for code of this crate.
    const CRATE: &'static str;
    /// The measured part.
    const PART: Part;
    /// A note for the reader of the tables.
    const NOTE: &'static str = "";
    /// Whether [`renew`](Self::renew) replaces the flags in place. Otherwise a new instance is loaded and swapped in
    /// with an atomic pointer, as a program would do.
    const RENEWS: bool = false;

    /// The engine's type for a user.
    type Subject: Send + Sync;

    /// Writes the work in the format of the engine.
    fn write(work: &Work) -> Result<Vec<u8>>;

    /// Parses and prepares a document. The result must not borrow from the document.
    fn load(document: &[u8]) -> Result<Self>;

    /// Replaces the document, and returns when the new one is in effect.
    fn renew(&self, _document: &[u8]) -> Result<()> {
        bail!("{} is replaced as a whole", Self::NAME)
    }

    /// Converts a user to the engine's type.
    fn subject(user: &User) -> Self::Subject;

    /// Returns whether a flag is on.
    fn enabled(&self, key: &str, subject: &Self::Subject) -> bool;

    /// Returns the first byte of a string flag, or 0 if it has no value.
    fn letter(&self, key: &str, subject: &Self::Subject) -> u8;

    /// Returns whether the engine supports an item.
    fn fit(_item: Item) -> Fit {
        Fit::Same
    }
}

/// Returns the first byte of a text, or 0 if it is empty.
pub fn first_letter(text: &str) -> u8 {
    text.as_bytes().first().copied().unwrap_or(0)
}
