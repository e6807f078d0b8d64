//! Where do configs come from? Files, datafiles and programs, each as a stream of updates.
//!
//! Start with [`ConfigSource`]: a name and a stream of [`SourceUpdate`] updates for a
//! [`LayeredStore`](prefab_core::LayeredStore). [`LocalFiles`] names the YAML files of a program and the
//! layer of each, a [`YamlFile`] or a [`DatafileSource`] reads one file once or for as long as it changes,
//! and a [`MemorySource`] says what a test or a program wants said. [`yaml::parse`] reads text alone.
//!
//! ```
//! use prefab_core::LayeredStore;
//! use prefab_sources::LocalFiles;
//!
//! # let dir = tempfile::tempdir()?;
//! # let dir = dir.path();
//! std::fs::write(dir.join(".prefab.default.config.yaml"), "max-jobs: 30\n")?;
//! std::fs::write(dir.join(".prefab.staging.config.yaml"), "max-jobs: 50\n")?;
//!
//! let mut store = LayeredStore::default();
//! for file in LocalFiles::new(dir).envs(["staging"]).layers().files {
//!     store.apply(file.load()?.update);
//! }
//! let entry = store.get("max-jobs").expect("both files have it");
//! assert!(entry.provenance().source.ends_with(".prefab.staging.config.yaml"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! With the feature `http`, a `RemoteSource` is a server: its updates come as they are made there.
//!
//! Nothing here reads the environment: directories, names and paths are handed in.

#[cfg(feature = "remote")]
mod api_key;
#[cfg(feature = "remote")]
pub mod backoff;
#[cfg(feature = "remote")]
mod cache;
pub mod datafile;
pub mod error;
pub mod files;
pub mod finding;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "grpc")]
pub mod grpc;
#[cfg(feature = "http")]
pub mod http;
pub mod memory;
mod read;
#[cfg(feature = "remote")]
pub mod remote;
pub mod source;
#[cfg(feature = "http")]
pub mod sse;
mod watch;
pub mod yaml;
pub mod yaml_file;

#[cfg(feature = "remote")]
pub use api_key::ApiKey;
pub use datafile::DatafileSource;
pub use error::{SourceError, SourceErrorKind};
pub use files::{FileLayers, LocalFiles};
pub use finding::{Finding, Position};
#[cfg(feature = "grpc")]
pub use grpc::GrpcOptions;
#[cfg(feature = "http")]
pub use http::{HttpOptions, ReportSink};
pub use memory::{MemorySender, MemorySource};
#[cfg(feature = "remote")]
pub use remote::{RemoteOptions, RemoteSource, RemoteState};
pub use source::{ConfigSource, SourceUpdate, UpdateStream};
pub use yaml_file::YamlFile;
