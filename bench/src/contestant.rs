//! What an engine has to offer to be timed.

use anyhow::{Result, bail};

use crate::{Item, User, Work};

/// What is driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The code that evaluates, called directly.
    Engine,
    /// The client that an application holds.
    Client,
}

impl Part {
    /// Returns the word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Engine => "engine",
            Self::Client => "client",
        }
    }
}

/// How well an item can be said in an engine's own terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// As it is meant.
    Same,
    /// By something else, which is named.
    Instead(&'static str),
    /// Not at all.
    Never,
}

/// An engine. Nothing but these methods is timed.
pub trait Contestant: Sized + Send + Sync + 'static {
    /// The name in the table.
    const NAME: &'static str;
    /// The crate whose version is told; none for what stands here.
    const CRATE: &'static str;
    /// What is driven.
    const PART: Part;
    /// What a reader has to know of it.
    const NOTE: &'static str = "";
    /// Whether [`renew`](Self::renew) changes what is there. Else a new one is loaded and put in its place through
    /// an atomic pointer, as a program would.
    const RENEWS: bool = false;

    /// The user, as the engine takes one.
    type Subject: Send + Sync;

    /// Writes the work in the engine's own format.
    fn write(work: &Work) -> Result<Vec<u8>>;

    /// Parses a document and prepares it. What is returned may not lean on the document.
    fn load(document: &[u8]) -> Result<Self>;

    /// Takes in another document and returns once it counts.
    fn renew(&self, _document: &[u8]) -> Result<()> {
        bail!("{} is replaced as a whole", Self::NAME)
    }

    /// Makes a user into what the engine takes.
    fn subject(user: &User) -> Self::Subject;

    /// Tells whether a flag is on.
    fn enabled(&self, key: &str, subject: &Self::Subject) -> bool;

    /// Returns the first byte of a flag that is a text, 0 where there is none.
    fn letter(&self, key: &str, subject: &Self::Subject) -> u8;

    /// Tells how well an item can be said.
    fn fit(_item: Item) -> Fit {
        Fit::Same
    }
}

/// Returns the first byte of a text, 0 where there is none.
pub fn first_letter(text: &str) -> u8 {
    text.as_bytes().first().copied().unwrap_or(0)
}
