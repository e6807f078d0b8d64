//! `prefab env`

use anyhow::Context as _;
use prefab_management_api::{
    CompareQuery, CopyRulesRequest, CopyRulesResponse, CreateEnvironmentRequest, EnvironmentResponse,
    RuleDifference, UpdateEnvironmentRequest,
};
use prefab_store::names::{self, Case};
use reqwest::Method;
use serde_json::json;

use crate::{
    Failure,
    output::{self, FAINT, STRONG},
    server::{Connection, Reply, Server, path_segment},
};

/// Returns whether a command asks for confirmation before a change in this environment.
pub(super) fn needs_confirmation(environment: &EnvironmentResponse) -> bool {
    environment.needs_comment
        || environment.needs_approval
        || environment.name.to_lowercase().starts_with("prod")
}

/// Returns all environments of the project.
pub(crate) fn all(server: &Server) -> Result<Vec<EnvironmentResponse>, Failure> {
    Ok(server.get("/environments")?.body)
}

/// Finds an environment by name or number. Returns `None` without a name and for `[default]`.
pub(crate) fn named(server: &Server, name: Option<&str>) -> Result<Option<EnvironmentResponse>, Failure> {
    let Some(name) = name.filter(|name| !name.is_empty() && *name != "[default]") else { return Ok(None) };
    let all = all(server)?;
    let found = names::find(&all, name, Case::Insensitive, |environment| {
        (Some(environment.id.clone()), environment.name.as_str())
    });
    let found = found
        .cloned()
        .map_err(|problem| Failure::Usage(anyhow::Error::msg(problem.describe("environment", name))));
    found.map(Some)
}

/// Returns the environment of commands that name none: Development, else the first.
pub(crate) fn first_choice(server: &Server) -> Result<EnvironmentResponse, Failure> {
    let all = all(server)?;
    let own = all.iter().find(|environment| environment.name == "Development").or(all.first());
    Ok(own.cloned().context("the project has no environment")?)
}

/// Returns the name of the environment with this number.
pub(super) fn name_of<'a>(all: &'a [EnvironmentResponse], id: &str) -> Option<&'a str> {
    all.iter().find(|environment| environment.id == id).map(|environment| environment.name.as_str())
}

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// List the environments and what changes to them require
    List(ListArgs),
    /// Create an environment
    Create {
        /// The name of the environment
        name: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Rename an environment
    Rename {
        /// The name or number of the environment
        environment: String,
        /// The new name
        name: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Set what changes to an environment require
    Protect {
        /// The name or number of the environment
        environment: String,
        /// Whether every change requires a comment
        #[arg(
            long,
            value_name = "BOOL",
            num_args = 0..=1,
            default_missing_value = "true",
            required_unless_present = "needs_approval"
        )]
        needs_comment: Option<bool>,
        /// Whether every change requires the approval of a second person
        #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
        needs_approval: Option<bool>,
        #[command(flatten)]
        connection: Connection,
    },
    /// Show the differences between two environments
    Compare {
        /// The name or number of an environment
        left: String,
        /// The name or number of another environment
        right: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Copy the rules of an environment to another
    Copy {
        /// The environment to copy from
        from: String,
        /// The environment to copy to
        to: String,
        /// Copy only this config key; can be repeated
        #[arg(long, value_name = "KEY")]
        key: Vec<String>,
        #[command(flatten)]
        connection: Connection,
    },
}

#[derive(clap::Args)]
struct ListArgs {
    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.verb {
        Verb::List(ListArgs { connection }) => {
            let all: Reply<Vec<EnvironmentResponse>> = connection.server()?.get("/environments")?;
            if connection.json { all.print(true, "") } else { show(&all) }
        }
        Verb::Create { name, connection } => {
            let request = CreateEnvironmentRequest { name: name.clone() };
            show_one(connection, &connection.server()?.send(Method::POST, "/environments", &request)?)
        }
        Verb::Rename { environment, name, connection } => {
            let request = UpdateEnvironmentRequest { name: Some(name.clone()), ..Default::default() };
            update(connection, environment, &request)
        }
        &Verb::Protect { ref environment, needs_comment, needs_approval, ref connection } => {
            let request = UpdateEnvironmentRequest { name: None, needs_comment, needs_approval };
            update(connection, environment, &request)
        }
        Verb::Compare { left, right, connection } => compare(connection, left, right),
        Verb::Copy { from, to, key, connection } => copy(connection, from, to, key),
    }
}

fn update(
    connection: &Connection,
    environment: &str,
    request: &UpdateEnvironmentRequest,
) -> Result<(), Failure> {
    let path = format!("/environments/{}", path_segment(environment));
    show_one(connection, &connection.server()?.send(Method::PATCH, &path, request)?)
}

fn show_one(connection: &Connection, reply: &Reply<EnvironmentResponse>) -> Result<(), Failure> {
    if connection.json {
        // A list, as `prefab env list` prints.
        return Ok(output::line(&json!([reply.json]).to_string())?);
    }
    show(std::slice::from_ref(&reply.body))
}

fn show(environments: &[EnvironmentResponse]) -> Result<(), Failure> {
    for EnvironmentResponse { id, name, needs_comment, needs_approval } in environments {
        let needs = match (needs_comment, needs_approval) {
            (false, false) => "",
            (true, false) => "changes require a comment",
            (false, true) => "changes require approval",
            (true, true) => "changes require a comment and approval",
        };
        output::line(&format!("{id:>4}  {STRONG}{name}{STRONG:#}  {FAINT}{needs}{FAINT:#}"))?;
    }
    Ok(())
}

fn compare(connection: &Connection, left: &str, right: &str) -> Result<(), Failure> {
    let query = CompareQuery { left: left.to_owned(), right: right.to_owned() };
    let differences: Reply<Vec<RuleDifference>> = connection.server()?.find("/compare", &query)?;
    if connection.json || differences.is_empty() {
        return differences.print(connection.json, &format!("{left} and {right} have the same rules"));
    }
    for difference in &*differences {
        output::line(&format!("{STRONG}{}{STRONG:#}", difference.key))?;
        for (name, rules) in [(left, &difference.left), (right, &difference.right)] {
            let rules = rules.as_ref().filter(|rules| !rules.is_empty());
            let rules = rules.map_or_else(|| "default rules".to_owned(), |rules| rules.join("; "));
            output::line(&format!("  {FAINT}{name}:{FAINT:#} {rules}"))?;
        }
    }
    Ok(())
}

fn copy(connection: &Connection, from: &str, to: &str, keys: &[String]) -> Result<(), Failure> {
    let server = connection.server()?;
    let path = format!("/environments/{}/copy", path_segment(to));
    let request = |dry_run: bool| CopyRulesRequest {
        from: from.to_owned(),
        keys: Some(keys).filter(|keys| !keys.is_empty()).map(<[String]>::to_vec),
        dry_run,
        comment: connection.comment.clone(),
    };
    let plan: Reply<CopyRulesResponse> = server.send(Method::POST, &path, &request(true))?;
    if plan.keys.is_empty() {
        return Ok(output::line(&format!("{to} already has the rules of {from}"))?);
    }
    if !connection.json {
        output::line(&format!("From {from} to {to}: {}", plan.keys.join(", ")))?;
    }
    if !connection.confirm(&format!("Replace the rules of {} keys in {to}?", plan.keys.len()))? {
        return Err(Failure::NoValue);
    }
    let done: Reply<CopyRulesResponse> = server.send(Method::POST, &path, &request(false))?;
    done.print(connection.json, "Done.")
}
