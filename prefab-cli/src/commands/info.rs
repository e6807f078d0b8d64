//! `prefab info KEY`

use serde_json::Value as Json;

use super::moment;
use crate::{
    Failure,
    output::{self, FAINT, STRONG, VALUE},
    server::{Connection, part, suggest_key, words},
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The key of a config, a flag, a segment or a log level
    key: String,

    /// Leave out how often it was evaluated
    #[arg(long)]
    exclude_evaluations: bool,

    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let server = args.connection.server()?;
    let path = format!("/items/{}", part(&args.key));
    let item = server.get(&path).map_err(|failure| suggest_key(&server, &args.key, failure))?;
    if args.connection.json {
        return Ok(output::line(&item.to_string())?);
    }
    let environments = server.get("/environments")?;
    let kind = item["valueType"].as_str().unwrap_or_default();
    let purpose = item["type"].as_str().unwrap_or_default().replace('_', " ");
    output::line(&format!("{STRONG}{}{STRONG:#}  {FAINT}{kind} {purpose}{FAINT:#}", args.key))?;
    let tags: Vec<_> = item["tags"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    if !tags.is_empty() {
        output::line(&format!("  {FAINT}tags{FAINT:#} {}", tags.join(", ")))?;
    }
    rules("Default", &item["default"]["rules"])?;
    for environment in environments.as_array().into_iter().flatten() {
        let own =
            item["environments"].as_array().into_iter().flatten().find(|own| own["id"] == environment["id"]);
        let name = environment["name"].as_str().unwrap_or("?");
        match own {
            Some(own) => rules(name, &own["rules"])?,
            None => output::line(&format!("  {name}: {FAINT}as by default{FAINT:#}"))?,
        }
    }
    let users = server.get(&format!("{path}/used-by"))?;
    let users: Vec<_> = users.as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    if !users.is_empty() {
        output::line(&format!("  {FAINT}used by{FAINT:#} {}", users.join(", ")))?;
    }
    if !args.exclude_evaluations {
        let page = server.get(&format!("/items?search={}&limit=1000", part(&args.key)))?;
        let summary =
            page["items"].as_array().into_iter().flatten().find(|item| item["key"] == args.key.as_str());
        let summary = summary.unwrap_or(&Json::Null);
        let count = summary["evaluations24h"].as_i64().unwrap_or_default();
        let last = summary["lastEvaluatedAt"].as_i64();
        let last = last.map_or("never yet".to_owned(), |at| format!("last {}", moment(at)));
        output::line(&format!("  {FAINT}evaluated{FAINT:#} {count} times within 24 hours, {last}"))?;
    }
    let page = if item["type"] == "feature_flag" { "flags" } else { "configs" };
    let link = format!("{}/account/projects/{}/{page}/{}", server.url, server.project(), args.key);
    Ok(output::line(&format!("  {FAINT}{link}{FAINT:#}"))?)
}

fn rules(name: &str, rules: &Json) -> Result<(), Failure> {
    let rules = rules.as_array().map(Vec::as_slice).unwrap_or_default();
    for (at, rule) in rules.iter().enumerate() {
        let name = if at == 0 { format!("{name}:") } else { " ".repeat(name.chars().count() + 1) };
        let criteria: Vec<_> = rule["criteria"].as_array().into_iter().flatten().map(criterion).collect();
        let when =
            if criteria.is_empty() { String::new() } else { format!("  if {}", criteria.join(" and ")) };
        output::line(&format!("  {name} {VALUE}{}{VALUE:#}{when}", words(&rule["value"])))?;
    }
    Ok(())
}

fn criterion(criterion: &Json) -> String {
    let operator = criterion["operator"].as_str().unwrap_or_default();
    let operator = operator.trim_start_matches("PROP_").to_lowercase().replace('_', " ");
    let property = criterion["propertyName"].as_str().unwrap_or_default();
    let value =
        if criterion["valueToMatch"].is_null() { String::new() } else { words(&criterion["valueToMatch"]) };
    format!("{property} {operator} {value}").trim().to_owned()
}
