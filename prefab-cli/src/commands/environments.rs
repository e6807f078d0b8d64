//! `prefab env`

use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::{
    Failure,
    output::{self, FAINT, STRONG},
    server::{Connection, Server, part},
};

/// An environment of the project.
pub(super) struct Environment {
    pub(super) id: String,
    pub(super) name: String,
    is_protected: bool,
}

impl Environment {
    /// Tells whether a person is asked before something changes here.
    pub(super) fn is_delicate(&self) -> bool {
        self.is_protected || self.name.to_lowercase().starts_with("prod")
    }
}

/// Finds an environment by its name or number; none where none is named, or `[default]` is.
pub(super) fn named(server: &Server, name: Option<&str>) -> Result<Option<Environment>, Failure> {
    let Some(name) = name.filter(|name| !name.is_empty() && *name != "[default]") else { return Ok(None) };
    let all = server.get("/environments")?;
    let all = all.as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |environment: &Json, field: &str| environment[field].as_str().unwrap_or_default().to_owned();
    let found = all.iter().find(|environment| {
        text(environment, "id") == name || text(environment, "name").eq_ignore_ascii_case(name)
    });
    let Some(environment) = found else {
        let names: Vec<_> = all.iter().map(|environment| text(environment, "name")).collect();
        let message = format!("there is no environment \"{name}\"; there are {}", names.join(", "));
        return Err(Failure::Wrong(anyhow::Error::msg(message)));
    };
    Ok(Some(Environment {
        id: text(environment, "id"),
        name: text(environment, "name"),
        is_protected: environment["needsComment"] == true || environment["needsApproval"] == true,
    }))
}

/// Names the environment with this number, among those that the server lists.
pub(super) fn name_of<'a>(all: &'a Json, id: &Json) -> Option<&'a str> {
    let found = all.as_array()?.iter().find(|environment| environment["id"] == *id)?;
    found["name"].as_str()
}

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Lists the environments and what changes to them take
    List(Only),
    /// Makes an environment
    Create {
        /// Its name
        name: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Gives an environment another name
    Rename {
        /// The environment by name or number
        environment: String,
        /// Its new name
        name: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Says what changes to an environment take
    Protect {
        /// The environment by name or number
        environment: String,
        /// Whether every change takes a comment
        #[arg(
            long,
            value_name = "BOOL",
            num_args = 0..=1,
            default_missing_value = "true",
            required_unless_present = "needs_approval"
        )]
        needs_comment: Option<bool>,
        /// Whether every change takes the approval of a second person
        #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
        needs_approval: Option<bool>,
        #[command(flatten)]
        connection: Connection,
    },
    /// Lists the keys that two environments have different values for
    Compare {
        /// One environment
        left: String,
        /// The other
        right: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Gives one environment the rules of another
    Copy {
        /// Where the rules are
        from: String,
        /// Where they are to be
        to: String,
        /// Only these keys
        #[arg(long, value_name = "KEY")]
        key: Vec<String>,
        #[command(flatten)]
        connection: Connection,
    },
}

#[derive(clap::Args)]
struct Only {
    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.verb {
        Verb::List(Only { connection }) => {
            let all = connection.server()?.get("/environments")?;
            show(connection, &all)
        }
        Verb::Create { name, connection } => {
            let made = connection.server()?.send(Method::POST, "/environments", &json!({"name": name}))?;
            show(connection, &json!([made]))
        }
        Verb::Rename { environment, name, connection } => {
            change(connection, environment, &json!({"name": name}))
        }
        Verb::Protect { environment, needs_comment, needs_approval, connection } => {
            let mut wish = json!({});
            if let Some(needs) = needs_comment {
                wish["needsComment"] = (*needs).into();
            }
            if let Some(needs) = needs_approval {
                wish["needsApproval"] = (*needs).into();
            }
            change(connection, environment, &wish)
        }
        Verb::Compare { left, right, connection } => compare(connection, left, right),
        Verb::Copy { from, to, key, connection } => copy(connection, from, to, key),
    }
}

fn change(connection: &Connection, environment: &str, wish: &Json) -> Result<(), Failure> {
    let server = connection.server()?;
    let changed = server.send(Method::PATCH, &format!("/environments/{}", part(environment)), wish)?;
    show(connection, &json!([changed]))
}

fn show(connection: &Connection, environments: &Json) -> Result<(), Failure> {
    if connection.json {
        return Ok(output::line(&environments.to_string())?);
    }
    for environment in environments.as_array().into_iter().flatten() {
        let (id, name) =
            (environment["id"].as_str().unwrap_or("?"), environment["name"].as_str().unwrap_or("?"));
        let mut needs = Vec::new();
        if environment["needsComment"] == true {
            needs.push("a comment");
        }
        if environment["needsApproval"] == true {
            needs.push("a second person");
        }
        let needs =
            if needs.is_empty() { String::new() } else { format!("changes take {}", needs.join(" and ")) };
        output::line(&format!("{id:>4}  {STRONG}{name}{STRONG:#}  {FAINT}{needs}{FAINT:#}"))?;
    }
    Ok(())
}

fn compare(connection: &Connection, left: &str, right: &str) -> Result<(), Failure> {
    let server = connection.server()?;
    let unequal = server.get(&format!("/compare?left={}&right={}", part(left), part(right)))?;
    if connection.json {
        return Ok(output::line(&unequal.to_string())?);
    }
    let unequal = unequal.as_array().map(Vec::as_slice).unwrap_or_default();
    if unequal.is_empty() {
        return Ok(output::line(&format!("{left} and {right} have the same values"))?);
    }
    for one in unequal {
        output::line(&format!("{STRONG}{}{STRONG:#}", one["key"].as_str().unwrap_or("?")))?;
        for (name, side) in [(left, &one["left"]), (right, &one["right"])] {
            let rules: Vec<_> = side.as_array().into_iter().flatten().filter_map(Json::as_str).collect();
            let rules = if rules.is_empty() { "as by default".to_owned() } else { rules.join("; ") };
            output::line(&format!("  {FAINT}{name}:{FAINT:#} {rules}"))?;
        }
    }
    Ok(())
}

fn copy(connection: &Connection, from: &str, to: &str, keys: &[String]) -> Result<(), Failure> {
    let server = connection.server()?;
    let path = format!("/environments/{}/copy", part(to));
    let wish = |dry_run: bool| {
        let keys = if keys.is_empty() { Json::Null } else { json!(keys) };
        json!({"from": from, "keys": keys, "dryRun": dry_run, "comment": connection.comment})
    };
    let plan = server.send(Method::POST, &path, &wish(true))?;
    let planned: Vec<_> = plan["keys"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    if planned.is_empty() {
        return Ok(output::line(&format!("{to} has the rules of {from} already"))?);
    }
    if !connection.json {
        output::line(&format!("From {from} to {to}: {}", planned.join(", ")))?;
    }
    if !connection.agrees(&format!("Replace the rules of {} keys in {to}?", planned.len()))? {
        return Err(Failure::NoValue);
    }
    let done = server.send(Method::POST, &path, &wish(false))?;
    if connection.json { Ok(output::line(&done.to_string())?) } else { Ok(output::line("Done.")?) }
}
