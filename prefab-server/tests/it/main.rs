//! The integration tests: one program, so that they link once. `attacks` is another one: it drives a server process.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod authorisation;
mod backup;
mod bounds;
mod checkpoints;
mod common;
mod connections;
mod docs;
mod error_codes;
mod expiry;
mod floods;
mod frontend;
#[cfg(feature = "fuzzing")]
mod fuzz_corpus;
mod grpc;
mod manage;
mod observed;
mod official;
mod official_datafile;
mod official_tool;
mod openapi;
mod operating;
mod patterns;
mod people;
mod public_api;
mod racing;
mod restart;
mod streams;
mod telemetry;
mod tokens;
mod work;
