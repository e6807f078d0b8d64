//! `prefab man`, which packages call.

use std::{fs, path::PathBuf};

use anyhow::Context as _;

use crate::Failure;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder of the manual pages; created if it does not exist
    folder: PathBuf,
}

/// Writes a manual page for the command and for each verb.
pub(crate) fn run(args: &Args, command: clap::Command) -> Result<(), Failure> {
    let folder = args.folder.display();
    fs::create_dir_all(&args.folder).with_context(|| format!("cannot create the folder `{folder}`"))?;
    clap_mangen::generate_to(command, &args.folder)
        .with_context(|| format!("cannot write the manual pages in `{folder}`"))?;
    Ok(())
}
