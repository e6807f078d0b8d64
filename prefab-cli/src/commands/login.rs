//! `prefab login` and `prefab logout`

use std::io::{IsTerminal as _, Write as _};

use anyhow::Context as _;

use crate::{
    Failure,
    output::{self, STRONG},
    server::{Profile, Server},
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The server
    #[arg(long, value_name = "URL", env = "PREFAB_URL", default_value = "http://127.0.0.1:8742")]
    url: String,

    /// An admin key or a management token [default: the first line of standard input]
    #[arg(long, value_name = "KEY", env = "PREFAB_ADMIN_KEY", hide_env_values = true)]
    api_key: Option<String>,

    /// The project's number, where the key has several
    #[arg(long, value_name = "NUMBER", env = "PREFAB_PROJECT")]
    project: Option<i64>,
}

/// Checks a key and remembers it for the commands that follow.
pub(crate) fn login(args: &Args) -> Result<(), Failure> {
    let key = if let Some(key) = &args.api_key {
        key.clone()
    } else {
        if std::io::stdin().is_terminal() {
            write!(anstream::stderr(), "An admin key or a management token for {}: ", args.url)?;
            anstream::stderr().flush()?;
        }
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).context("reading the key")?;
        line.trim().to_owned()
    };
    let server = Server::new(&args.url, key.clone(), args.project)?;
    let path = Profile { url: server.url.clone(), key }.save()?;
    let project = server.get("")?;
    let name = project["name"].as_str().unwrap_or("?");
    Ok(output::line(&format!(
        "Signed in to {STRONG}{name}{STRONG:#} at {}; kept in {}",
        server.url,
        path.display()
    ))?)
}

/// Forgets the key.
pub(crate) fn logout() -> Result<(), Failure> {
    let said = if Profile::forget()? { "Signed out" } else { "Nobody was signed in" };
    Ok(output::line(said)?)
}
