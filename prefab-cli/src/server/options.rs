//! The options of commands that use a server.

use std::io::{IsTerminal as _, Write as _};

use super::Server;
use crate::{Failure, output};

/// The server, its key, and how a command behaves.
#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "a command line has flags")]
#[expect(clippy::doc_markdown, reason = "the help is read on a terminal")]
#[allow(rustdoc::bare_urls, reason = "the help is read on a terminal")]
pub(crate) struct Connection {
    /// The URL of the server [default: PREFAB_API_URL, else the one of `prefab login`, else http://127.0.0.1:8742]
    #[arg(long, value_name = "URL", env = "PREFAB_URL", help_heading = "Server")]
    url: Option<String>,

    /// An admin key or a management token [default: the one of `prefab login`, else PREFAB_API_KEY]
    #[arg(
        long,
        value_name = "KEY",
        env = "PREFAB_ADMIN_KEY",
        hide_env_values = true,
        help_heading = "Server"
    )]
    api_key: Option<String>,

    /// The number of the project, if the key belongs to several
    #[arg(long, value_name = "NUMBER", env = "PREFAB_PROJECT", help_heading = "Server")]
    project: Option<i64>,

    /// The reason for the change, for the audit log
    #[arg(short = 'm', long, value_name = "TEXT", default_value = "", help_heading = "Server")]
    pub(crate) comment: String,

    /// Do not ask for confirmation
    #[arg(short, long, alias = "confirm", help_heading = "Server")]
    pub(crate) yes: bool,

    /// Print the JSON of the server's response
    #[arg(long, help_heading = "Server")]
    pub(crate) json: bool,

    /// Accepted for old scripts; has no effect
    #[arg(long, hide = true)]
    no_interactive: bool,

    /// Accepted for old scripts; has no effect
    #[arg(long, hide = true)]
    interactive: bool,

    /// Accepted for old scripts; has no effect
    #[arg(long, hide = true)]
    verbose: bool,

    /// Accepted for old scripts; NO_COLOR does the same
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

    /// Asks for confirmation on a terminal. Elsewhere, `--yes` is required.
    pub(crate) fn confirm(&self, question: &str) -> Result<bool, Failure> {
        if self.yes {
            return Ok(true);
        }
        if !std::io::stdin().is_terminal() {
            let message = "confirmation required, but stdin is not a terminal; pass --yes";
            return Err(Failure::Usage(anyhow::anyhow!("{question} {message}")));
        }
        write!(anstream::stderr(), "{question} [y/N] ")?;
        anstream::stderr().flush()?;
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        let is_confirmed = matches!(answer.trim().to_lowercase().as_str(), "y" | "yes");
        if !is_confirmed {
            output::warning("canceled; nothing was changed");
        }
        Ok(is_confirmed)
    }
}
