//! Prints a value each time it changes. Edit `./.prefab.default.config.yaml` while it runs.
//!
//! ```sh
//! cargo run -p prefab-client --example watch -- my-key
//! ```

use std::{env, thread, time::Duration};

use prefab_client::{Client, Error};

fn main() -> Result<(), Error> {
    let key = env::args().nth(1).unwrap_or_else(|| String::from("my-first-int-config"));
    let client = Client::from_env()?;
    println!("{key} is {}; edit .prefab.default.config.yaml", client.details(&key).display);

    let (watched, reader) = (key.clone(), client.clone());
    let _subscription = client.on_change(move |change| {
        if change.keys.contains(watched.as_str()) {
            println!("{watched} is now {}", reader.details(&watched).display);
        }
    });
    loop {
        thread::sleep(Duration::from_secs(60));
    }
}
