//! Layers of configs: their order, and where a config came from.
//!
//! # Examples
//!
//! ```
//! use prefab_core::layer::Layer;
//! assert!(Layer::Override > Layer::Remote, "an override file hides the server's config");
//! assert!(Layer::Remote > Layer::Default, "the server's config hides the default file");
//! ```

use std::{fmt, sync::Arc};

/// A layer of configs. The variants are ordered: a key in a later layer hides the same key in an earlier layer.
///
/// # Examples
///
/// ```
/// use prefab_core::Layer;
/// assert_eq!(Layer::Remote.to_string(), "remote");
/// assert!(Layer::ProgramOverride > Layer::OverrideEnv);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Defaults that the program sets in code.
    Program,
    /// `.prefab.default.config.yaml` in the classpath directory.
    Default,
    /// `.prefab.<env>.config.yaml` in the classpath directory.
    DefaultEnv,
    /// A server, its cache, or a datafile.
    Remote,
    /// `.prefab.default.config.yaml` in the override directory.
    Override,
    /// `.prefab.<env>.config.yaml` in the override directory.
    OverrideEnv,
    /// Overrides that the program sets in code, for example in a test.
    ProgramOverride,
}

/// One position in the order of layers. A layer with several files has one slot per file.
///
/// # Examples
///
/// ```
/// use prefab_core::{Layer, Slot};
///
/// let first = Slot::from(Layer::DefaultEnv);
/// let second = Slot { order: 1, ..first };
/// assert!(second > first, "of two files in one layer, the later one wins");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    /// The layer.
    pub layer: Layer,
    /// The position within the layer, from 0. The highest wins.
    pub order: u16,
}

impl From<Layer> for Slot {
    fn from(layer: Layer) -> Self {
        Self { layer, order: 0 }
    }
}

/// The layer and the source that a config came from.
///
/// # Examples
///
/// ```
/// use prefab_core::{Layer, Provenance};
///
/// let provenance = Provenance::new(Layer::Default, ".prefab.default.config.yaml");
/// assert_eq!(&*provenance.source, ".prefab.default.config.yaml");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The layer.
    pub layer: Layer,
    /// The path of a file, or the name of a remote source: `remote_api`, `streaming`, `datafile`, …
    pub source: Arc<str>,
    /// The label that an evaluation reports for its match.
    pub matched: Match,
}

impl Provenance {
    /// Creates a provenance with [`Match::ByRow`].
    ///
    /// # Examples
    ///
    /// ```
    /// use prefab_core::{Layer, Match, Provenance};
    /// assert_eq!(Provenance::new(Layer::Remote, "streaming").matched, Match::ByRow);
    /// ```
    pub fn new(layer: Layer, source: impl Into<Arc<str>>) -> Self {
        Self { layer, source: source.into(), matched: Match::ByRow }
    }
}

/// The label that an evaluation reports for its match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// `default` for the default row, `env:<id>` for the row of an environment, `nm:<namespace>` for a rule that
    /// matched the client's namespace.
    ByRow,
    /// This text. For configs of a YAML file it is the key of the flag, or the variable of a provided value.
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
