//! The integration tests: one program, so that they link once. `attacks` is another one: it drives a server process.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod authorisation;
mod backup;
mod checkpoints;
mod common;
mod concurrent_writes;
mod confidential;
mod connections;
mod docs;
mod error_codes;
mod expiry;
mod frontend;
#[cfg(feature = "fuzzing")]
mod fuzz_corpus;
mod grpc;
mod hardening;
mod heavy_requests;
mod limits;
mod management_api;
mod names;
mod official;
#[cfg(unix)]
mod official_cluster;
mod official_configs;
mod official_datafile;
mod official_tool;
mod ofrep;
mod ofrep_clients;
mod ofrep_docs;
mod ofrep_openapi;
#[cfg(unix)]
mod ofrep_two_servers;
mod openapi;
mod operating;
mod ownership;
mod patterns;
mod people;
mod quonfig;
mod restart;
mod sessions;
mod streams;
mod successors;
mod telemetry;
mod telemetry_floods;
mod tokens;
mod usage_counts;
