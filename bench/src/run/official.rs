//! Measures the official Prefab SDKs on the same work, if they are installed.

use std::{env, fs, path::PathBuf, process::Command};

use anyhow::{Context as _, Result, bail};
use prefab_bench::{Edition, Outcome, Work, prefab_form, scratch_file};

use crate::{cargo, store::Store};

/// The variable with the directory that `install.sh` created. The tests of the server use it too.
const FOLDER: &str = "PREFAB_OFFICIAL_CLIENTS";

pub(crate) fn measure(store: &Store) -> Result<()> {
    let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else {
        println!(
            "official SDKs: skipped; `bash prefab-server/tests/official/install.sh FOLDER` installs them, \
             {FOLDER}=FOLDER names the folder"
        );
        return Ok(());
    };
    let (few, many) = (scratch_file("few.json"), scratch_file("many.json"));
    fs::write(&few, prefab_form::datafile(&Work::alone()).to_string())?;
    fs::write(&many, prefab_form::datafile(&Work::beside(10_000, Edition::First)).to_string())?;
    for (program, script) in [(folder.join("py/bin/python"), "bench.py"), ("node".into(), "bench.mjs")] {
        println!("{script}: measuring");
        let mut run = Command::new(program);
        run.arg(cargo::folder().join("official").join(script)).args([&few, &many]).env(FOLDER, &folder);
        let output = run.output().with_context(|| format!("starting {script}"))?;
        if !output.status.success() {
            bail!("{script} failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        let outcomes: Vec<Outcome> =
            serde_json::from_slice(&output.stdout).context("reading what it printed")?;
        for outcome in outcomes {
            fs::write(store.file(&outcome.name), serde_json::to_vec_pretty(&outcome)?)?;
        }
    }
    fs::remove_file(few)?;
    fs::remove_file(many)?;
    Ok(())
}
