//! The table, one file per group.

pub(crate) mod audit;
pub(crate) mod bodies;
pub(crate) mod evaluation;
pub(crate) mod idle;
pub(crate) mod management;
pub(crate) mod patterns;
pub(crate) mod reads;
pub(crate) mod schemas;
pub(crate) mod streams;
pub(crate) mod telemetry;
pub(crate) mod trust;
