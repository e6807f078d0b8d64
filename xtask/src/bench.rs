//! `cargo xtask bench`: compares our speed with other engines. The benchmarks are in the separate workspace `bench/`.

use anyhow::Result;

use crate::workspace::{self, cargo, root};

pub(crate) fn run(rest: &[String]) -> Result<()> {
    let mut bench = cargo();
    bench.current_dir(root().join("bench")).args(["run", "--release", "--quiet", "--"]).args(rest);
    workspace::run(&mut bench)
}
