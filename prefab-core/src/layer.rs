//! Where a config came from, and which of two wins.

use std::{fmt, sync::Arc};

/// The layers, lowest first: a key in a higher one hides the same key below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// What a program gives as its own defaults.
    Program,
    /// `.prefab.default.config.yaml` in the classpath directory.
    Default,
    /// `.prefab.<env>.config.yaml` there.
    DefaultEnv,
    /// A datafile, a cache or a server.
    Remote,
    /// `.prefab.default.config.yaml` in the override directory.
    Override,
    /// `.prefab.<env>.config.yaml` there.
    OverrideEnv,
    /// What a program, such as a test, sets by hand over everything else.
    ProgramOverride,
}

/// One place in the order of layers; several files of one layer keep the order of their environments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    /// The layer.
    pub layer: Layer,
    /// The place within the layer; later wins.
    pub order: u16,
}

impl From<Layer> for Slot {
    fn from(layer: Layer) -> Self {
        Self { layer, order: 0 }
    }
}

/// Where a config came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The layer.
    pub layer: Layer,
    /// A file's path, or the remote source's name: `remote_api`, `streaming`, `datafile`, …
    pub source: Arc<str>,
    /// What to report as the match.
    pub matched: Match,
}

impl Provenance {
    /// Returns a provenance whose match is told by the row that answers.
    pub fn new(layer: Layer, source: impl Into<Arc<str>>) -> Self {
        Self { layer, source: source.into(), matched: Match::ByRow }
    }
}

/// What is reported as the match of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// `default` for the default row, `env:<id>` for an environment's, `nm:<namespace>` for a rule that
    /// matched through the client's namespace.
    ByRow,
    /// This text: the key of a flag in a YAML file, the variable of a provided value there.
    Text(Arc<str>),
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Default => "default file",
            Self::DefaultEnv => "environment file",
            Self::Remote => "remote",
            Self::Override => "override file",
            Self::OverrideEnv => "environment override file",
            Self::Program => "program",
            Self::ProgramOverride => "program override",
        })
    }
}
