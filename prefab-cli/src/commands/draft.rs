//! `prefab draft`, and the flag of other verbs that makes one.

use prefab_server::ErrorCode;
use reqwest::Method;
use serde_json::{Value as Json, json};

use super::moment;
use crate::{
    Failure,
    output::{self, FAINT, STRONG, one_line},
    server::{Connection, Server, part},
};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Lists the drafts and what they wait for
    List {
        #[command(flatten)]
        connection: Connection,
    },
    /// Shows what the draft of a key would change
    Show(Of),
    /// Approves somebody else's draft
    Approve(Of),
    /// Makes the change that a draft is
    Publish(Of),
    /// Throws a draft away
    Discard(Of),
}

#[derive(clap::Args)]
struct Of {
    /// The key
    key: String,

    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.verb {
        Verb::List { connection } => list(connection),
        Verb::Show(of) => of.ask(Method::GET, "", show),
        Verb::Approve(of) => of.ask(Method::POST, "/approve", |_| {
            let key = &of.key;
            Ok(output::line(&format!(
                "{STRONG}{key}{STRONG:#} is approved; `prefab draft publish {key}` makes the change"
            ))?)
        }),
        Verb::Publish(of) => of.ask(Method::POST, "/publish", |_| {
            Ok(output::line(&format!("{STRONG}{}{STRONG:#} is published", of.key))?)
        }),
        Verb::Discard(of) => of.ask(Method::DELETE, "", |_| {
            Ok(output::line(&format!("the draft of {STRONG}{}{STRONG:#} is gone", of.key))?)
        }),
    }
}

impl Of {
    fn ask(
        &self,
        method: Method,
        step: &str,
        say: impl FnOnce(&Json) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let Self { key, connection } = self;
        let server = connection.server()?;
        let why = Some(&connection.comment).filter(|comment| !comment.is_empty());
        let body = if step == "/publish" { json!({"comment": why}) } else { Json::Null };
        let sent = server.send(method, &format!("/items/{}/draft{step}", part(key)), &body);
        let missing = || format!("there is no draft of `{key}`; `prefab draft list` lists them");
        let answer = sent.map_err(|failure| failure.where_missing(missing))?;
        if connection.json { Ok(output::line(&answer.to_string())?) } else { say(&answer) }
    }
}

fn list(connection: &Connection) -> Result<(), Failure> {
    let drafts = connection.server()?.get("/drafts")?;
    if connection.json {
        return Ok(output::line(&drafts.to_string())?);
    }
    drafts.as_array().into_iter().flatten().try_for_each(show)
}

/// Says what a draft would change, by whom it is, and what it waits for.
fn show(draft: &Json) -> Result<(), Failure> {
    let text = |field: &str| draft[field].as_str().unwrap_or_default();
    let state = match (draft["isStale"] == true, draft["approvedBy"].as_str()) {
        (true, _) => "another version stands by now: save it again".to_owned(),
        (_, Some(who)) => format!("approved by {who}"),
        (_, None) if draft["needsApproval"] == true => "waits for the approval of a second person".to_owned(),
        _ => "can be published".to_owned(),
    };
    let at = moment(draft["savedAt"].as_i64().unwrap_or_default());
    output::line(&format!(
        "{STRONG}{}{STRONG:#}  {FAINT}saved by {} {at}; {state}{FAINT:#}",
        text("key"),
        text("savedBy")
    ))?;
    if !text("comment").is_empty() {
        output::line(&format!("    {FAINT}“{}”{FAINT:#}", one_line(text("comment"))))?;
    }
    for difference in draft["differences"].as_array().into_iter().flatten().filter_map(Json::as_str) {
        output::line(&format!("    {}", one_line(difference)))?;
    }
    Ok(())
}

/// Saves a value as a draft, on top of a draft that is there.
pub(super) fn save(
    server: &Server,
    connection: &Connection,
    standing: &Json,
    environment: Option<&str>,
    value: &Json,
) -> Result<(), Failure> {
    let key = standing["key"].as_str().unwrap_or_default();
    let path = format!("/items/{}/draft", part(key));
    let begun = match server.get(&path) {
        Ok(draft) => Some(draft).filter(|draft| draft["isStale"] == false && draft["item"].is_object()),
        Err(Failure::Refused(refusal)) if refusal.code == ErrorCode::NotFound => None,
        Err(other) => return Err(other),
    };
    let mut item = begun.map_or_else(|| standing.clone(), |mut draft| draft["item"].take());
    place(&mut item, environment, value);
    let draft = server.send(Method::PUT, &path, &json!({"item": item, "comment": connection.comment}))?;
    if connection.json {
        return Ok(output::line(&draft.to_string())?);
    }
    show(&draft)?;
    let next = if draft["needsApproval"] == true { "approve" } else { "publish" };
    Ok(output::line(&format!("Saved; next: prefab draft {next} {key}"))?)
}

/// Puts a value where no rule with criteria holds.
fn place(item: &mut Json, environment: Option<&str>, value: &Json) {
    let whose = match environment {
        None => &mut item["default"],
        Some(id) => {
            if !item["environments"].is_array() {
                item["environments"] = json!([]);
            }
            let at =
                item["environments"].as_array().and_then(|all| all.iter().position(|own| own["id"] == id));
            let at = at.unwrap_or_else(|| {
                let all = item["environments"].as_array_mut();
                all.map_or(0, |all| {
                    all.push(json!({"id": id, "rules": []}));
                    all.len() - 1
                })
            });
            &mut item["environments"][at]
        }
    };
    if !whose["rules"].is_array() {
        whose["rules"] = json!([]);
    }
    let Some(rules) = whose["rules"].as_array_mut() else { return };
    let always = |rule: &&mut Json| rule["criteria"].as_array().is_none_or(Vec::is_empty);
    match rules.iter_mut().find(always) {
        Some(rule) => rule["value"] = value.clone(),
        None => rules.push(json!({"criteria": [], "value": value})),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stands_where_no_rule_holds() {
        let for_ann = json!({"criteria": [{"operator": "PROP_IS_ONE_OF"}], "value": 1});
        let mut item = json!({"default": {"rules": [for_ann, {"criteria": [], "value": 2}]}});
        place(&mut item, None, &json!(3));
        assert_eq!(item["default"]["rules"], json!([for_ann, {"criteria": [], "value": 3}]));
        place(&mut item, Some("7"), &json!(4));
        place(&mut item, Some("7"), &json!(5));
        assert_eq!(item["environments"], json!([{"id": "7", "rules": [{"criteria": [], "value": 5}]}]));
    }
}
