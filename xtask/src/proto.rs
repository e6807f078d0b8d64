//! `cargo xtask proto`: generates the committed Rust code from `proto/prefab.proto`.
//!
//! The compiler is protox, so no `protoc` binary is needed. Messages and services go into separate files: the
//! messages need only prost, the services need tonic and are behind features.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};
use prost_build::{Config, Module};

use crate::workspace::{program, root};

const SCHEMA: &str = "proto/prefab.proto";
const MESSAGES: &str = "proto/src/generated/prefab.rs";
const SERVICES: &str = "proto/src/generated/services.rs";
const HEADER: &str = "// Written by `cargo xtask proto` from prefab.proto; change that file instead.\n\n";

pub(crate) fn run(rest: &[String]) -> Result<()> {
    let check = match rest {
        [] => false,
        [word] if word == "--check" => true,
        [word, ..] => bail!("`proto` accepts only `--check`, not `{word}`"),
    };
    let files = [(MESSAGES, messages()?), (SERVICES, services()?)];
    if check { compare(&files) } else { write(&files) }
}

fn write(files: &[(&str, String)]) -> Result<()> {
    for (path, code) in files {
        let target = root().join(path);
        fs::create_dir_all(target.parent().expect("generated files are in a folder"))?;
        fs::write(&target, code).with_context(|| format!("writing {path}"))?;
        println!("proto: wrote {path}");
    }
    Ok(())
}

fn compare(files: &[(&str, String)]) -> Result<()> {
    let findings: Vec<String> = files
        .iter()
        .filter(|(path, code)| fs::read_to_string(root().join(path)).ok().as_ref() != Some(code))
        .map(|(path, _)| format!("{path} differs from {SCHEMA}: run `cargo xtask proto` and commit it"))
        .collect();
    crate::report::report("proto", &findings)
}

fn messages() -> Result<String> {
    let mut config = Config::new();
    // Ordered maps make equal messages equal bytes; `Bytes` saves copying the one field of raw bytes.
    config.btree_map(["."]).bytes(["."]);
    generate(config)
}

fn services() -> Result<String> {
    let services = tonic_prost_build::configure()
        // `connect` would bring in tonic's own transport; the caller brings a channel instead.
        .build_transport(false)
        .client_mod_attribute("prefab", r#"#[cfg(feature = "grpc-client")]"#)
        .server_mod_attribute("prefab", r#"#[cfg(feature = "grpc-server")]"#)
        .service_generator();
    let mut config = Config::new();
    // With the messages declared as foreign, nothing but the services is left to write.
    config.extern_path(".prefab", "crate::wire").service_generator(services);
    generate(config)
}

fn generate(mut config: Config) -> Result<String> {
    let folder = root().join("proto");
    let files = protox::compile([root().join(SCHEMA)], [folder]).context("compiling prefab.proto")?;
    let requests = files
        .file
        .into_iter()
        .map(|file| (Module::from_protobuf_package_name(file.package()), file))
        .collect();
    let code: String = config.generate(requests).context("generating Rust")?.into_values().collect();
    format(&code)
}

/// Formats code as `cargo fmt` would, so that the two never fight over a generated file.
fn format(code: &str) -> Result<String> {
    let mut rustfmt = program("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout", "--config-path", "rustfmt.toml"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("starting rustfmt")?;
    // Sent from a second thread: rustfmt may print before it has read everything.
    let mut input = rustfmt.stdin.take().expect("stdin is piped");
    let code = format!("{HEADER}{code}");
    let sender = std::thread::spawn(move || input.write_all(code.as_bytes()));
    let output = rustfmt.wait_with_output()?;
    sender.join().expect("the sender does not panic")?;
    if !output.status.success() {
        bail!("rustfmt refused the generated code");
    }
    String::from_utf8(output.stdout).context("reading what rustfmt printed")
}
