//! Options: what is collected, and how much.

use std::str::FromStr;

/// What a client collects.
///
/// # Examples
///
/// ```
/// use prefab_telemetry::{ContextUploadMode, Options, Telemetry};
///
/// let options = Options { context_upload_mode: ContextUploadMode::ShapeOnly, ..Options::default() };
/// let telemetry = Telemetry::new(options, 0);
/// # drop(telemetry);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether evaluations are counted.
    pub collect_evaluation_summaries: bool,
    /// What is reported of contexts.
    pub context_upload_mode: ContextUploadMode,
    /// Whether log lines are counted.
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

/// What is reported of the contexts of evaluations.
///
/// # Examples
///
/// ```
/// use prefab_telemetry::ContextUploadMode;
///
/// assert_eq!("shape_only".parse::<ContextUploadMode>(), Ok(ContextUploadMode::ShapeOnly));
/// assert_eq!(ContextUploadMode::ShapeOnly.name(), "shape_only");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContextUploadMode {
    /// Nothing.
    None,
    /// The names and kinds of properties.
    ShapeOnly,
    /// Names and kinds, and each context that has a `key`, at most once an hour.
    #[default]
    PeriodicExample,
}

impl ContextUploadMode {
    /// Returns the name in options: `none`, `shape_only` or `periodic_example`.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ShapeOnly => "shape_only",
            Self::PeriodicExample => "periodic_example",
        }
    }
}

/// A text that is not a [`ContextUploadMode`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown context upload mode `{0}`: expected `none`, `shape_only` or `periodic_example`")]
pub struct UnknownContextUploadMode(String);

impl FromStr for ContextUploadMode {
    type Err = UnknownContextUploadMode;

    fn from_str(text: &str) -> Result<Self, UnknownContextUploadMode> {
        let all = [Self::None, Self::ShapeOnly, Self::PeriodicExample];
        let named = all.into_iter().find(|mode| mode.name().eq_ignore_ascii_case(text));
        named.ok_or_else(|| UnknownContextUploadMode(text.to_owned()))
    }
}

/// How much is kept between two reports. Entries beyond a limit are dropped and counted.
///
/// Each thread counts separately, so an evaluation or a logger that several threads use counts once for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The maximum number of evaluation counts. Default: 100,000.
    pub evaluations: usize,
    /// The maximum number of context properties. Default: 10,000.
    pub shapes: usize,
    /// The maximum number of example contexts in one report. Default: 1,000.
    pub examples: usize,
    /// The maximum number of contexts that are remembered for an hour, so that they are not reported again. Default: 10,000.
    pub remembered_examples: usize,
    /// The maximum number of loggers. Default: 10,000.
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
