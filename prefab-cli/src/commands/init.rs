//! `prefab init`

use std::{
    fs::{self, File},
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use crate::{
    Failure,
    output::{self, FAINT, STRONG, VALUE},
};

const DEFAULTS: &str = "\
# Default values. List them with `prefab list`.

my-first-int-config: 30

my-first-feature-flag:
  feature_flag: true
  value: true
  criterion: {operator: PROP_ENDS_WITH_ONE_OF, property: user.email, values: [\"@example.com\"]}

log-level:
  _: info
";

/// The line for `.gitignore`: the data of a local server.
const IGNORED: &str = "/prefab-data/";

/// A test of a Rust project.
const TEST: &str = "\
//! The defaults in `.prefab.default.config.yaml` are valid, and have the types that the program reads.

use prefab_client::{Client, Context, ContextSet, Datasources, Error};

/// A client that reads only the files of this project.
fn client() -> Result<Client, Error> {
    Client::builder()
        .classpath_dir(env!(\"CARGO_MANIFEST_DIR\"))
        .without_override_dir()
        .datasources(Datasources::LocalOnly)
        .build()
}

#[test]
fn the_defaults_are_valid() -> Result<(), Error> {
    let client = client()?;
    assert_eq!(client.problems(), Vec::<String>::new());
    assert_eq!(client.get::<i64>(\"my-first-int-config\")?, 30);
    Ok(())
}

#[test]
fn the_flag_is_on_for_our_own_users() -> Result<(), Error> {
    let client = client()?;
    let user = |email: &str| ContextSet::from(Context::new(\"user\").with(\"email\", email));
    assert!(client.with(&user(\"ada@example.com\")).enabled(\"my-first-feature-flag\"));
    assert!(!client.with(&user(\"ada@elsewhere.test\")).enabled(\"my-first-feature-flag\"));
    Ok(())
}

#[test]
fn a_value_can_be_replaced() -> Result<(), Error> {
    let client = client()?;
    let replaced = client.override_value(\"my-first-int-config\", 5);
    assert_eq!(client.get::<i64>(\"my-first-int-config\")?, 5);
    drop(replaced);
    assert_eq!(client.get::<i64>(\"my-first-int-config\")?, 30);
    Ok(())
}
";

/// A check for continuous integration, as a script that every system can run.
const CHECK: &str = "\
#!/bin/sh
# Fails if the code uses a config key that does not exist. Call it in continuous integration.
#
# Without a server it reads .prefab.default.config.yaml. With PREFAB_API_URL and PREFAB_API_KEY it reads the server, too.
set -eu
cd \"$(dirname \"$0\")/..\"
exec prefab verify .
";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The directory of the project
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,

    /// Create only the file with default values
    #[arg(long)]
    defaults_only: bool,
}

/// Creates the files of a project and prints the next steps. Files that exist are kept, except that `.gitignore` gets lines.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let dir = &args.dir;
    let defaults = dir.join(".prefab.default.config.yaml");
    let mut file =
        File::create_new(&defaults).with_context(|| format!("cannot create {}", defaults.display()))?;
    file.write_all(DEFAULTS.as_bytes()).with_context(|| format!("cannot write {}", defaults.display()))?;
    wrote(&defaults)?;
    let is_rust = dir.join("Cargo.toml").is_file();
    if !args.defaults_only {
        ignore(&dir.join(".gitignore"))?;
        if is_rust {
            create(&dir.join("tests/prefab_defaults.rs"), TEST)?;
        }
        let check = dir.join("ci/prefab-verify.sh");
        create(&check, CHECK)?;
        make_executable(&check)?;
    }
    output::line("")?;
    let steps = [
        (true, "prefab list", "list the defaults"),
        (
            true,
            "cargo add prefab-client",
            "read one with `Client::from_env()?.get::<i64>(\"my-first-int-config\")`",
        ),
        (is_rust && !args.defaults_only, "cargo test", "test the defaults"),
        (!args.defaults_only, "sh ci/prefab-verify.sh", "check that all keys in the code exist"),
        (true, "prefab serve", "run a server, to change values while the program runs"),
    ];
    for (_, step, what) in steps.iter().filter(|(applies, ..)| *applies) {
        output::line(&format!("  {VALUE}{step:24}{VALUE:#}{FAINT}{what}{FAINT:#}"))?;
    }
    Ok(())
}

fn wrote(path: &Path) -> std::io::Result<()> {
    output::line(&format!("Wrote {STRONG}{}{STRONG:#}", path.display()))
}

/// Writes a file, unless it exists.
fn create(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = || format!("cannot write {}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(failed)?;
    }
    match File::create_new(path) {
        Ok(mut file) => file.write_all(text.as_bytes()).with_context(failed)?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            return Ok(output::line(&format!("Kept {}, which exists", path.display()))?);
        }
        Err(error) => return Err(error).with_context(failed).map_err(Failure::from),
    }
    Ok(wrote(path)?)
}

/// Appends the line, if `.gitignore` lacks it.
fn ignore(path: &Path) -> Result<(), Failure> {
    let failed = || format!("cannot write {}", path.display());
    let mut text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => {
            return Err(error)
                .with_context(|| format!("cannot read {}", path.display()))
                .map_err(Failure::from);
        }
    };
    if text.lines().any(|line| line.trim() == IGNORED) {
        return Ok(());
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(IGNORED);
    text.push('\n');
    fs::write(path, text).with_context(failed)?;
    Ok(wrote(path)?)
}

#[cfg(unix)]
fn make_executable(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt as _;
    let failed = || format!("cannot change the permissions of {}", path.display());
    Ok(fs::set_permissions(path, fs::Permissions::from_mode(0o755)).with_context(failed)?)
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> Result<(), Failure> {
    Ok(())
}
