//! `prefab log-level PATH LEVEL`

use prefab_management_api::{
    ChangeResponse, EnvironmentResponse, LevelTarget, Lifetime, LogLevelResponse, RemoveLogLevelQuery,
    SetLogLevelRequest, SetLogLevelResponse,
};
use reqwest::Method;

use super::{environments, moment};
use crate::{
    Failure,
    output::{self, FAINT, STRONG, VALUE},
    property_values::PropertyValues,
    server::{Connection, Reply, Server, path_segment, with_query},
};

#[derive(clap::Args)]
#[expect(clippy::doc_markdown, reason = "the help is read on a terminal")]
pub(crate) struct Args {
    /// The name of the logger: my_app.checkout or my_app::checkout; "" for the root logger [default: list all levels]
    path: Option<String>,

    /// TRACE, DEBUG, INFO, WARN, ERROR or FATAL
    level: Option<String>,

    /// Only for contexts with this property: user.key=123, or several values separated by commas
    #[arg(long = "for", value_name = "PROPERTY=VALUE")]
    property: Option<PropertyValues>,

    /// Only for contexts in this segment
    #[arg(long, value_name = "KEY", conflicts_with = "property")]
    for_segment: Option<String>,

    /// How long the level applies: 30m, 2h, 1d [default: permanent]
    #[arg(long, value_name = "DURATION")]
    expires: Option<String>,

    /// The name or number of the environment [default: all environments without a level of their own]
    #[arg(short, long, value_name = "ENVIRONMENT")]
    environment: Option<String>,

    /// Remove the level that was set with the same --for, --for-segment and --environment
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
    let target = target(args);
    if args.remove {
        remove(args, &server, path, environment, target)
    } else {
        set(args, &server, path, environment, target)
    }
}

/// Returns the contexts to which the level applies; `None` for all.
fn target(args: &Args) -> Option<LevelTarget> {
    match (&args.property, &args.for_segment) {
        (Some(PropertyValues { property, values }), _) => {
            Some(LevelTarget { property: Some(property.clone()), values: values.clone(), segment: None })
        }
        (None, Some(segment)) => {
            Some(LevelTarget { segment: Some(segment.clone()), ..LevelTarget::default() })
        }
        (None, None) => None,
    }
}

/// Describes the contexts and the environment for people.
fn scope(args: &Args, environment: Option<&EnvironmentResponse>) -> String {
    let contexts = match (&args.property, &args.for_segment) {
        (Some(property), _) => format!("`{property}`"),
        (None, Some(segment)) => format!("segment `{segment}`"),
        (None, None) => "all contexts".to_owned(),
    };
    let place = environment.map_or("all environments", |environment| &environment.name);
    format!("for {contexts} in {place}")
}

fn remove(
    args: &Args,
    server: &Server,
    path: &str,
    environment: Option<EnvironmentResponse>,
    target: Option<LevelTarget>,
) -> Result<(), Failure> {
    let scope = scope(args, environment.as_ref());
    let LevelTarget { property, values, segment } = target.unwrap_or_default();
    let query = RemoveLogLevelQuery {
        environment: environment.map(|environment| environment.id),
        property,
        values: Some(values.join(",")).filter(|values| !values.is_empty()),
        segment,
        comment: Some(args.connection.comment.clone()).filter(|comment| !comment.is_empty()),
    };
    let route = with_query(&format!("/log-levels/{}", path_segment(path)), &query)?;
    let unset = || format!("`{path}` has no level {scope}; `prefab log-level` lists the levels");
    let sent = server.send_empty(Method::DELETE, &route);
    let reply: Reply<ChangeResponse> = sent.map_err(|failure| failure.or_not_found(unset))?;
    reply.print(args.connection.json, &format!("Removed the level of {STRONG}{path}{STRONG:#} {scope}"))
}

fn set(
    args: &Args,
    server: &Server,
    path: &str,
    environment: Option<EnvironmentResponse>,
    target: Option<LevelTarget>,
) -> Result<(), Failure> {
    let Some(level) = &args.level else {
        let message = format!("no level; for example: prefab log-level {path} DEBUG --expires 30m");
        return Err(Failure::Usage(anyhow::Error::msg(message)));
    };
    let scope = scope(args, environment.as_ref());
    let request = SetLogLevelRequest {
        level: level.clone(),
        environment: environment.map(|environment| environment.id),
        target,
        expires_at: None,
        expires_in: args.expires.clone().map(Lifetime::Text),
        comment: args.connection.comment.clone(),
    };
    let route = format!("/log-levels/{}", path_segment(path));
    let reply: Reply<SetLogLevelResponse> = server.send(Method::PUT, &route, &request)?;
    let until = reply.expires_at.map_or(String::new(), |at| format!(", until {}", moment(at)));
    let level = level.to_uppercase();
    let text = format!("{STRONG}{path}{STRONG:#} {scope}: {VALUE}{level}{VALUE:#}{until}");
    reply.print(args.connection.json, &text)
}

fn list(args: &Args, server: &Server) -> Result<(), Failure> {
    let loggers: Reply<Vec<LogLevelResponse>> = server.get("/log-levels")?;
    if args.connection.json {
        return loggers.print(true, "");
    }
    let all = environments::all(server)?;
    for logger in &*loggers {
        let path = if logger.path.is_empty() { "(root)" } else { &logger.path };
        output::line(&format!("{STRONG}{path}{STRONG:#}"))?;
        for level in &logger.levels {
            let name = level.level.as_deref().unwrap_or("(computed)");
            let when = level.when.as_ref().map_or(String::new(), |when| format!(" if {when}"));
            let until = level.expires_at.map_or(String::new(), |at| format!(", until {}", moment(at)));
            let environment = level.environment.as_deref().and_then(|id| environments::name_of(&all, id));
            let place = environment.unwrap_or("all environments");
            output::line(&format!("  {VALUE}{name}{VALUE:#}{when}  {FAINT}{place}{until}{FAINT:#}"))?;
        }
    }
    Ok(())
}
