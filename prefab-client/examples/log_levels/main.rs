//! A shop that prints the database lines of one user at debug, while it runs.
//!
//! ```sh
//! cargo run -p prefab-client --features tower --example log_levels
//! curl -H 'x-user: ada' localhost:3000/orders/1   # prints lines of `shop.db`
//! curl -H 'x-user: bob' localhost:3000/orders/2   # does not
//! ```
//!
//! The rule is in `levels.json`, next to this file. Edit it while the shop runs: the next request uses the new levels. If
//! `PREFAB_API_KEY` and `PREFAB_API_URL` are set, the shop reads the levels from that server instead.

mod shop;

use std::{env, error::Error, path::Path};

use prefab_client::{Client, ClientBuilder};
use tracing_subscriber::{Layer as _, layer::SubscriberExt as _};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let levels = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/log_levels/levels.json");
    let client = match env::var_os("PREFAB_API_KEY") {
        Some(_) => ClientBuilder::from_env().build_async().await?,
        None => Client::builder().datafile(levels).build()?,
    };

    let lines = tracing_subscriber::fmt::layer().with_filter(client.log_filter());
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(lines))?;

    let address = env::args().nth(1).unwrap_or_else(|| String::from("127.0.0.1:3000"));
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("the shop is open at http://{}/orders/1", listener.local_addr()?);
    axum::serve(listener, shop::router()).await?;
    Ok(())
}
