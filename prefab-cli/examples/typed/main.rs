//! A program that asks by methods, not by texts.
//!
//! `prefab_configs.rs` is what `prefab generate --target rust` writes for the project.

mod prefab_configs;

use std::time::Duration;

use prefab_client::{Client, Context, ContextSet, Error};
use prefab_configs::Configs;

fn main() -> Result<(), Error> {
    let client = Client::in_memory()
        .value("max-jobs", 30)
        .value("new-checkout", true)
        .value("http.timeout", Duration::from_secs(10))
        .value("hosts", ["a.test", "b.test"])
        .build()?;
    let user = ContextSet::from(Context::new("user").with("key", "u-1"));
    let configs = Configs::new(client.with(&user));
    println!(
        "{} jobs, {:?} at most, on {:?}",
        configs.max_jobs()?,
        configs.http_timeout()?,
        configs.hosts()?
    );
    println!("new checkout: {}", configs.new_checkout());
    Ok(())
}
