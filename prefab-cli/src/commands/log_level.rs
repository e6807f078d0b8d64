//! `prefab log-level PATH LEVEL`

use reqwest::Method;
use serde_json::{Value as Json, json};

use super::{environments, moment};
use crate::{
    Failure,
    output::{self, FAINT, STRONG, VALUE},
    server::{Connection, Server, part},
};

#[derive(clap::Args)]
#[expect(clippy::doc_markdown, reason = "the help is read on a terminal")]
pub(crate) struct Args {
    /// The logger: my_app.checkout, or my_app::checkout; "" is the root. Without, all levels are listed
    path: Option<String>,

    /// TRACE, DEBUG, INFO, WARN, ERROR or FATAL
    level: Option<String>,

    /// For whom: user.key=123, or several values with commas; for everybody without
    #[arg(long = "for", value_name = "PROPERTY=VALUE")]
    whose: Option<String>,

    /// For those in a segment
    #[arg(long, value_name = "KEY", conflicts_with = "whose")]
    for_segment: Option<String>,

    /// After how long it ends by itself: 30m, 2h, 1d
    #[arg(long, value_name = "TIME")]
    expires: Option<String>,

    /// The environment by name or number; without, all that have no level of their own
    #[arg(short, long, value_name = "ENVIRONMENT")]
    environment: Option<String>,

    /// Take the level away again, with the same --for or --for-segment and --environment
    #[arg(long, conflicts_with_all = ["level", "expires"])]
    remove: bool,

    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let server = args.connection.server()?;
    let Some(path) = &args.path else { return list(args, &server) };
    let path = path.replace("::", ".");
    let path = path.strip_prefix("log-level.").unwrap_or(&path);
    let environment = environments::named(&server, args.environment.as_deref())?;
    let place = environment.as_ref().map_or("every environment", |environment| &environment.name);
    let whose = args.whose.as_deref().map(whose).transpose().map_err(Failure::Wrong)?;
    let people = match (&args.whose, &args.for_segment) {
        (Some(whose), _) => format!("`{whose}`"),
        (None, Some(segment)) => format!("segment `{segment}`"),
        (None, None) => "everybody".to_owned(),
    };
    if args.remove {
        let mut asked = Vec::new();
        asked.extend(environment.as_ref().map(|environment| format!("environment={}", environment.id)));
        if let Some((property, values)) = &whose {
            asked.push(format!("property={}", part(property)));
            asked.push(format!("values={}", part(&values.join(","))));
        }
        asked.extend(args.for_segment.as_ref().map(|segment| format!("segment={}", part(segment))));
        let route = format!("/log-levels/{}?{}", part(path), asked.join("&"));
        let answer = server.send(Method::DELETE, &route, &Json::Null).map_err(|failure| {
            failure.where_missing(|| {
                format!("`{path}` has no level for {people} in {place}; `prefab log-level` lists them")
            })
        })?;
        return done(args, &answer, &format!("{STRONG}{path}{STRONG:#} for {people} in {place}: taken away"));
    }
    let Some(level) = &args.level else {
        let message = format!("which level? For example: prefab log-level {path} DEBUG --expires 30m");
        return Err(Failure::Wrong(anyhow::Error::msg(message)));
    };
    let body = json!({
        "level": level,
        "environment": environment.as_ref().map(|environment| &environment.id),
        "for": match (whose, &args.for_segment) {
            (Some((property, values)), _) => json!({"property": property, "values": values}),
            (None, Some(segment)) => json!({"segment": segment}),
            (None, None) => Json::Null,
        },
        "expiresIn": args.expires,
        "comment": args.connection.comment,
    });
    let answer = server.send(Method::PUT, &format!("/log-levels/{}", part(path)), &body)?;
    let until = answer["expiresAt"].as_i64().map_or(String::new(), |at| format!(", until {}", moment(at)));
    let level = level.to_uppercase();
    done(
        args,
        &answer,
        &format!("{STRONG}{path}{STRONG:#} for {people} in {place}: {VALUE}{level}{VALUE:#}{until}"),
    )
}

fn whose(text: &str) -> anyhow::Result<(String, Vec<String>)> {
    let (property, values) = text
        .split_once('=')
        .filter(|(property, values)| !property.is_empty() && !values.is_empty())
        .ok_or_else(|| {
            anyhow::anyhow!("--for {text}: expected a property and a value, as in user.key=123")
        })?;
    Ok((property.to_owned(), values.split(',').map(|value| value.trim().to_owned()).collect()))
}

fn done(args: &Args, answer: &Json, said: &str) -> Result<(), Failure> {
    Ok(output::line(&if args.connection.json { answer.to_string() } else { said.to_owned() })?)
}

fn list(args: &Args, server: &Server) -> Result<(), Failure> {
    let all = server.get("/log-levels")?;
    if args.connection.json {
        return Ok(output::line(&all.to_string())?);
    }
    let all_environments = server.get("/environments")?;
    let name =
        |id: &Json| environments::name_of(&all_environments, id).unwrap_or("every environment").to_owned();
    for logger in all.as_array().into_iter().flatten() {
        let path = logger["path"].as_str().filter(|path| !path.is_empty()).unwrap_or("(root)");
        output::line(&format!("{STRONG}{path}{STRONG:#}"))?;
        for level in logger["levels"].as_array().into_iter().flatten() {
            let said = level["level"].as_str().unwrap_or("by a rule");
            let when = level["when"].as_str().map_or(String::new(), |when| format!(" if {when}"));
            let until =
                level["expiresAt"].as_i64().map_or(String::new(), |at| format!(", until {}", moment(at)));
            let place = name(&level["environment"]);
            output::line(&format!("  {VALUE}{said}{VALUE:#}{when}  {FAINT}{place}{until}{FAINT:#}"))?;
        }
    }
    Ok(())
}
