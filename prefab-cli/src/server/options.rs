//! Which server, who asks, and how much is asked back.

use std::io::{IsTerminal as _, Write as _};

use super::Server;
use crate::{Failure, output};

/// Which server, and who asks.
#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "a command line has flags")]
#[expect(clippy::doc_markdown, reason = "the help is read on a terminal")]
#[allow(rustdoc::bare_urls, reason = "the help is read on a terminal")]
pub(crate) struct Connection {
    /// The server [default: the one signed in to, else http://127.0.0.1:8742]
    #[arg(long, value_name = "URL", env = "PREFAB_URL", help_heading = "Server")]
    url: Option<String>,

    /// An admin key or a management token [default: PREFAB_API_KEY, else the one signed in with]
    #[arg(
        long,
        value_name = "KEY",
        env = "PREFAB_ADMIN_KEY",
        hide_env_values = true,
        help_heading = "Server"
    )]
    api_key: Option<String>,

    /// The project's number, where the key has several
    #[arg(long, value_name = "NUMBER", env = "PREFAB_PROJECT", help_heading = "Server")]
    project: Option<i64>,

    /// Why, for the audit log
    #[arg(short = 'm', long, value_name = "TEXT", default_value = "", help_heading = "Server")]
    pub(crate) comment: String,

    /// Ask nothing back
    #[arg(short, long, alias = "confirm", help_heading = "Server")]
    pub(crate) yes: bool,

    /// Print JSON, as the server sends it
    #[arg(long, help_heading = "Server")]
    pub(crate) json: bool,

    /// Taken for the sake of old scripts
    #[arg(long, hide = true)]
    no_interactive: bool,

    /// Taken for the sake of old scripts
    #[arg(long, hide = true)]
    interactive: bool,

    /// Taken for the sake of old scripts
    #[arg(long, hide = true)]
    verbose: bool,

    /// Taken for the sake of old scripts; NO_COLOR does the same
    #[arg(long, hide = true)]
    no_color: bool,
}

impl Connection {
    /// Finds the server and the project.
    pub(crate) fn server(&self) -> Result<Server, Failure> {
        if self.no_color {
            anstream::ColorChoice::Never.write_global();
        }
        Server::signed_in(self.url.clone(), self.api_key.clone(), self.project)
    }

    /// Asks whether to go on, on a terminal; elsewhere only what was asked for beforehand is done.
    pub(crate) fn agrees(&self, what: &str) -> Result<bool, Failure> {
        if self.yes {
            return Ok(true);
        }
        if !std::io::stdin().is_terminal() {
            let message = "nobody is here to be asked; say so beforehand with --yes";
            return Err(Failure::Wrong(anyhow::anyhow!("{what} {message}")));
        }
        write!(anstream::stderr(), "{what} [y/N] ")?;
        anstream::stderr().flush()?;
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        let agreed = matches!(answer.trim().to_lowercase().as_str(), "y" | "yes");
        if !agreed {
            output::warning("nothing was done");
        }
        Ok(agreed)
    }
}
