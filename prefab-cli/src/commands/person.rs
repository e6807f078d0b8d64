//! `prefab person`

use anyhow::Context as _;
use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::{
    Failure,
    output::{self, FAINT, STRONG, VALUE},
    server::{Connection, Server},
};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Lists the people of the project, and who is invited
    List {
        #[command(flatten)]
        connection: Connection,
    },
    /// Makes a link with which somebody joins; send it to them
    Invite {
        /// Their e-mail
        email: String,
        /// What they may do: viewer, editor, publisher or admin
        #[arg(long, value_name = "ROLE")]
        role: String,
        /// Another role in an environment; may be given again
        #[arg(long = "in", value_name = "ENVIRONMENT=ROLE", value_parser = exception)]
        exceptions: Vec<(String, String)>,
        #[command(flatten)]
        connection: Connection,
    },
    /// Makes a link with which somebody chooses a new password; send it to them
    ResetPassword {
        /// Their e-mail
        email: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Takes somebody out of the project
    Remove {
        /// Their e-mail
        email: String,
        #[command(flatten)]
        connection: Connection,
    },
}

fn exception(text: &str) -> Result<(String, String), String> {
    let (environment, role) =
        text.split_once('=').ok_or("expected an environment and a role, as in Production=viewer")?;
    Ok((environment.to_owned(), role.to_owned()))
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.verb {
        Verb::List { connection } => list(connection),
        Verb::Invite { email, role, exceptions, connection } => {
            let exceptions: Vec<_> = exceptions
                .iter()
                .map(|(environment, role)| json!({"environment": environment, "role": role}))
                .collect();
            let wish = json!({"email": email, "role": role, "environments": exceptions});
            let made = connection.server()?.send(Method::POST, "/invitations", &wish)?;
            link(
                connection,
                &made,
                &format!("{email} joins with this link, shown this once; it works for a week"),
            )
        }
        Verb::ResetPassword { email, connection } => {
            let server = connection.server()?;
            let path = format!("/people/{}/password-reset", number(&server, email)?);
            let made = server.send(Method::POST, &path, &Json::Null)?;
            link(
                connection,
                &made,
                &format!(
                    "{email} chooses a new password with this link, shown this once; it works for a day"
                ),
            )
        }
        Verb::Remove { email, connection } => {
            let server = connection.server()?;
            let path = format!("/people/{}", number(&server, email)?);
            if !connection.agrees(&format!("Take {email} out of the project?"))? {
                return Err(Failure::NoValue);
            }
            let answer = server.send(Method::DELETE, &path, &Json::Null)?;
            let said = format!("{email} is not in the project any more");
            Ok(output::line(&if connection.json { answer.to_string() } else { said })?)
        }
    }
}

fn link(connection: &Connection, made: &Json, said: &str) -> Result<(), Failure> {
    if connection.json {
        return Ok(output::line(&made.to_string())?);
    }
    let link = made["link"].as_str().unwrap_or("?");
    Ok(output::line(&format!("{said}:\n\n  {VALUE}{link}{VALUE:#}\n"))?)
}

/// Finds a person of the project.
fn number(server: &Server, email: &str) -> Result<String, Failure> {
    let people = server.get("/people")?;
    let found = people
        .as_array()
        .into_iter()
        .flatten()
        .find(|person| person["email"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(email)));
    let id = found.and_then(|person| person["id"].as_str());
    let id = id.with_context(|| format!("nobody in the project is {email}; `prefab person list` lists them"));
    Ok(id.map_err(Failure::Wrong)?.to_owned())
}

fn list(connection: &Connection) -> Result<(), Failure> {
    let server = connection.server()?;
    let (people, invited) = (server.get("/people")?, server.get("/invitations")?);
    if connection.json {
        return Ok(output::line(&json!({"people": people, "invitations": invited}).to_string())?);
    }
    for (all, state) in [(people, ""), (invited, "  invited")] {
        for person in all.as_array().into_iter().flatten() {
            let text = |field: &str| person[field].as_str().unwrap_or_default();
            let (email, name, roles) = (text("email"), text("name"), roles(person));
            output::line(&format!("{STRONG}{email}{STRONG:#}  {name}  {roles}{FAINT}{state}{FAINT:#}"))?;
        }
    }
    Ok(())
}

/// Says a role, and those in single environments.
pub(super) fn roles(whose: &Json) -> String {
    let role = |of: &Json| of["role"].as_str().unwrap_or("?").to_owned();
    let own = whose["environments"].as_array().into_iter().flatten();
    let own = own.map(|own| format!("{} in {}", role(own), own["name"].as_str().unwrap_or("?")));
    std::iter::once(role(whose)).chain(own).collect::<Vec<_>>().join(", ")
}
