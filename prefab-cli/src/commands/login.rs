//! `prefab login` and `prefab logout`

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use anyhow::Context as _;
use prefab_management_api::ProjectResponse;

use crate::{
    Failure,
    output::{self, STRONG},
    server::{Credential, KeySource, Profile, Reply, Server},
    text,
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The URL of the server
    #[arg(long, value_name = "URL", env = "PREFAB_URL", default_value = "http://127.0.0.1:8742")]
    url: String,

    /// An admin key or a management token [default: the first line of standard input]
    #[arg(long, value_name = "KEY", env = "PREFAB_ADMIN_KEY", hide_env_values = true)]
    api_key: Option<String>,

    /// The number of the project, if the key belongs to several
    #[arg(long, value_name = "NUMBER", env = "PREFAB_PROJECT")]
    project: Option<i64>,
}

/// Checks a key and saves it for later commands.
pub(crate) fn login(args: &Args) -> Result<(), Failure> {
    let key = if let Some(key) = &args.api_key {
        key.clone()
    } else {
        if std::io::stdin().is_terminal() {
            write!(anstream::stderr(), "Admin key or management token for {}: ", args.url)?;
            anstream::stderr().flush()?;
        }
        let mut line = Vec::new();
        std::io::stdin()
            .lock()
            .read_until(b'\n', &mut line)
            .context("cannot read the key from standard input")?;
        let key = text::decode(line).context("standard input")?.trim().to_owned();
        if key.is_empty() {
            let message = "no key: type it, write it to standard input, or set --api-key or PREFAB_ADMIN_KEY";
            return Err(Failure::Usage(anyhow::Error::msg(message)));
        }
        key
    };
    let credential = Credential { url: args.url.clone(), key: key.clone(), source: KeySource::Given };
    let server = Server::new(credential, args.project)?;
    // Nothing is saved if the server rejects the key or the project.
    let project: Reply<ProjectResponse> = server.get("")?;
    let path = Profile { url: server.url.clone(), key }.save()?;
    let (name, url, path) = (&project.name, &server.url, path.display());
    Ok(output::line(&format!("Logged in to {STRONG}{name}{STRONG:#} at {url}; saved the key in {path}"))?)
}

/// Removes the saved key.
pub(crate) fn logout() -> Result<(), Failure> {
    let text = if Profile::remove()? { "Logged out" } else { "No login was saved" };
    Ok(output::line(text)?)
}
