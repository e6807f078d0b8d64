//! Sources of Prefab configs: YAML files, datafiles, servers and values in memory, each as a stream of updates.
//!
//! Most programs use `prefab-client`, which combines these sources. Use this crate to read files yourself, or to write a
//! source of your own:
//!
//! - [`LocalFiles`] lists the YAML files of a program with their layers. [`YamlFile`] and [`DatafileSource`] read one file,
//!   once or whenever it changes. [`yaml::parse`] parses text.
//! - [`RemoteSource`] (feature `http` or `grpc`) follows a server.
//! - [`MemorySource`] sends what a program or a test passes to it.
//! - [`ConfigSource`] is the trait of all of them: a name and a stream of [`SourceUpdate`]s for a
//!   [`LayeredStore`](prefab_core::LayeredStore).
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
//! This crate does not read the environment: directories, names and paths are parameters.
//!
//! # Features
//!
//! | feature | adds |
//! | --- | --- |
//! | `http` | servers over HTTP: [`HttpOptions`], [`ReportSink`] |
//! | `grpc` | servers over gRPC: [`GrpcOptions`] |
//! | `rustls` | TLS for both |

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "remote")]
mod api_key;
#[cfg(feature = "remote")]
#[cfg_attr(docsrs, doc(cfg(any(feature = "http", feature = "grpc"))))]
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
#[cfg_attr(docsrs, doc(cfg(feature = "grpc")))]
pub mod grpc;
#[cfg(feature = "http")]
#[cfg_attr(docsrs, doc(cfg(feature = "http")))]
pub mod http;
pub mod memory;
mod read;
#[cfg(feature = "remote")]
#[cfg_attr(docsrs, doc(cfg(any(feature = "http", feature = "grpc"))))]
pub mod remote;
pub mod source;
#[cfg(feature = "http")]
#[cfg_attr(docsrs, doc(cfg(feature = "http")))]
pub mod sse;
mod watch;
pub mod yaml;
pub mod yaml_file;

#[cfg(feature = "remote")]
#[cfg_attr(docsrs, doc(cfg(any(feature = "http", feature = "grpc"))))]
pub use api_key::ApiKey;
pub use datafile::DatafileSource;
pub use error::{SourceError, SourceErrorKind};
pub use files::{FileLayers, LocalFiles};
pub use finding::{Finding, Position};
#[cfg(feature = "grpc")]
#[cfg_attr(docsrs, doc(cfg(feature = "grpc")))]
pub use grpc::GrpcOptions;
#[cfg(feature = "http")]
#[cfg_attr(docsrs, doc(cfg(feature = "http")))]
pub use http::{HttpOptions, ReportSink};
pub use memory::{MemorySender, MemorySource};
#[cfg(feature = "remote")]
#[cfg_attr(docsrs, doc(cfg(any(feature = "http", feature = "grpc"))))]
pub use remote::{Connection, ConnectionStatus, RemoteOptions, RemoteSource, RemoteState};
pub use source::{ConfigSource, SourceUpdate, UpdateStream};
pub use yaml_file::YamlFile;
