//! What is collected, and how much of it.

use std::str::FromStr;

/// What a client collects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether evaluations are counted.
    pub collect_evaluation_summaries: bool,
    /// What is told of contexts.
    pub context_upload_mode: ContextUploadMode,
    /// Whether log calls are counted.
    pub collect_loggers: bool,
    /// How much is kept between two reports.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            collect_evaluation_summaries: true,
            context_upload_mode: ContextUploadMode::default(),
            collect_loggers: true,
            limits: Limits::default(),
        }
    }
}

/// What is told of the contexts that evaluations are made for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContextUploadMode {
    /// Nothing.
    None,
    /// The names and kinds of their properties.
    ShapeOnly,
    /// Shapes, and each context that has a `key` at max once an hour.
    #[default]
    PeriodicExample,
}

impl ContextUploadMode {
    /// Returns the name in options: `none`, `shape_only`, `periodic_example`.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ShapeOnly => "shape_only",
            Self::PeriodicExample => "periodic_example",
        }
    }
}

/// A text that names no [`ContextUploadMode`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("context upload mode `{0}`: expected `none`, `shape_only` or `periodic_example`")]
pub struct UnknownContextUploadMode(String);

impl FromStr for ContextUploadMode {
    type Err = UnknownContextUploadMode;

    fn from_str(text: &str) -> Result<Self, UnknownContextUploadMode> {
        let all = [Self::None, Self::ShapeOnly, Self::PeriodicExample];
        let named = all.into_iter().find(|mode| mode.name().eq_ignore_ascii_case(text));
        named.ok_or_else(|| UnknownContextUploadMode(text.to_owned()))
    }
}

/// How much is kept between two reports. What finds no capacity is dropped, and the drops are counted.
///
/// Threads count side by side, so an evaluation or a logger that several threads meet takes a place for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Counters of evaluations.
    pub evaluations: usize,
    /// Properties of contexts, each with its context's name.
    pub shapes: usize,
    /// ExampleContext contexts in one report.
    pub examples: usize,
    /// Contexts that are remembered for an hour, so that they are not sent again.
    pub remembered_examples: usize,
    /// Loggers.
    pub loggers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            evaluations: 100_000,
            shapes: 10_000,
            examples: 1_000,
            remembered_examples: 10_000,
            loggers: 10_000,
        }
    }
}
