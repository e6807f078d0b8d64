//! Reads a config and a flag from `.prefab.default.config.yaml` next to this file.
//!
//! ```sh
//! cargo run -p prefab-client --example getting_started
//! ```

use prefab_client::{Client, Error};

const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/getting_started");

fn main() -> Result<(), Error> {
    let client = Client::builder().classpath_dir(FILES).build()?;
    println!("my-first-int-config {}", client.get::<i64>("my-first-int-config")?);
    println!("my-first-feature-flag {}", client.enabled("my-first-feature-flag"));
    Ok(())
}
