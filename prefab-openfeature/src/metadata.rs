//! The option for flag metadata.

/// The flag metadata that the provider returns.
///
/// # Examples
///
/// ```
/// assert_eq!(prefab_openfeature::Metadata::default(), prefab_openfeature::Metadata::Standard);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Metadata {
    /// `flagSetId` (project and environment), `version` (the id of the config), `contextId` (the targeting key), `kind`,
    /// `configType`, `rowIndex`, `ruleIndex`, `weightIndex` and `confidential`, and `millis` for a duration.
    #[default]
    Standard,
    /// No metadata. Use it if hooks copy the metadata to metrics, or to make evaluations cheaper.
    None,
}
