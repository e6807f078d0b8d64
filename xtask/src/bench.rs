//! `cargo xtask bench`: how fast are we, beside others? The work is done by `bench/`, a workspace of its own.

use anyhow::Result;

use crate::workspace::{self, cargo, root};

pub(crate) fn run(rest: &[String]) -> Result<()> {
    let mut bench = cargo();
    bench.current_dir(root().join("bench")).args(["run", "--release", "--quiet", "--"]).args(rest);
    workspace::run(&mut bench)
}
