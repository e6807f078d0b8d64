//! `prefab draft`, and the option `--draft` of other commands.

use prefab_management_api::{
    ChangeResponse, DraftResponse, EnvironmentRules, FlatValue, Item, PublishDraftRequest, Rule,
    SaveDraftRequest, namespace_depth,
};
use prefab_server::ErrorCode;
use reqwest::Method;

use super::{confidential::is_confidential, moment};
use crate::{
    Failure,
    output::{self, FAINT, STRONG, one_line},
    server::{Connection, Reply, Server, item_path},
};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// List the drafts and their state
    List {
        #[command(flatten)]
        connection: Connection,
    },
    /// Show the changes of a draft
    Show(KeyArgs),
    /// Approve a draft of another person
    Approve(KeyArgs),
    /// Publish a draft
    Publish(KeyArgs),
    /// Discard a draft
    Discard(KeyArgs),
}

#[derive(clap::Args)]
struct KeyArgs {
    /// The config key
    key: String,

    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.verb {
        Verb::List { connection } => list(connection),
        Verb::Show(args) => {
            let draft = args.request(Method::GET, "")?;
            if args.connection.json { draft.print(true, "") } else { show(&draft) }
        }
        Verb::Approve(args) => {
            let key = &args.key;
            let text =
                format!("Approved {STRONG}{key}{STRONG:#}; publish it with `prefab draft publish {key}`");
            args.request(Method::POST, "/approve")?.print(args.connection.json, &text)
        }
        Verb::Publish(args) => args.publish(),
        Verb::Discard(args) => {
            let text = format!("Discarded the draft of {STRONG}{}{STRONG:#}", args.key);
            args.request(Method::DELETE, "")?.print(args.connection.json, &text)
        }
    }
}

impl KeyArgs {
    fn request(&self, method: Method, action: &str) -> Result<Reply<DraftResponse>, Failure> {
        let path = format!("{}/draft{action}", item_path(&self.key));
        let sent = self.connection.server()?.send_empty(method, &path);
        sent.map_err(|failure| self.no_draft(failure))
    }

    fn publish(&self) -> Result<(), Failure> {
        let comment = Some(&self.connection.comment).filter(|comment| !comment.is_empty()).cloned();
        let path = format!("{}/draft/publish", item_path(&self.key));
        let sent = self.connection.server()?.send(Method::POST, &path, &PublishDraftRequest { comment });
        let reply: Reply<ChangeResponse> = sent.map_err(|failure| self.no_draft(failure))?;
        reply.print(self.connection.json, &format!("Published {STRONG}{}{STRONG:#}", self.key))
    }

    fn no_draft(&self, failure: Failure) -> Failure {
        failure.or_not_found(|| format!("`{}` has no draft; `prefab draft list` lists the drafts", self.key))
    }
}

fn list(connection: &Connection) -> Result<(), Failure> {
    let drafts: Reply<Vec<DraftResponse>> = connection.server()?.get("/drafts")?;
    if connection.json {
        return drafts.print(true, "");
    }
    drafts.iter().try_for_each(show)
}

/// Prints the changes of a draft, its author and its state.
fn show(draft: &DraftResponse) -> Result<(), Failure> {
    let state = match (draft.is_stale, &draft.approved_by) {
        (true, _) => "the item has changed since; save the draft again".to_owned(),
        (_, Some(approver)) => format!("approved by {approver}"),
        (_, None) if draft.needs_approval => "requires the approval of a second person".to_owned(),
        _ => "can be published".to_owned(),
    };
    let DraftResponse { key, saved_by, comment, differences, .. } = draft;
    let at = moment(draft.saved_at);
    output::line(&format!("{STRONG}{key}{STRONG:#}  {FAINT}saved by {saved_by} {at}; {state}{FAINT:#}"))?;
    if !comment.is_empty() {
        output::line(&format!("    {FAINT}“{}”{FAINT:#}", one_line(comment)))?;
    }
    for difference in differences {
        output::line(&format!("    {}", one_line(difference)))?;
    }
    Ok(())
}

/// The place of a value in an item.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The number of the environment; `None` for the default rules.
    pub(super) environment: Option<&'a str>,
    /// The namespace of the rule; `None` for the rule without criteria.
    pub(super) namespace: Option<&'a str>,
}

/// Saves a value as a draft, based on an existing draft if there is one.
pub(super) fn save(
    server: &Server,
    connection: &Connection,
    current: &Item,
    place: Place<'_>,
    value: FlatValue,
) -> Result<(), Failure> {
    let path = format!("{}/draft", item_path(&current.key));
    let existing = match server.get::<DraftResponse>(&path) {
        Ok(draft) => Some(draft.body).filter(|draft| !draft.is_stale).and_then(|draft| draft.item),
        Err(Failure::Refused(refusal)) if refusal.code == ErrorCode::NotFound => None,
        Err(other) => return Err(other),
    };
    let mut item = existing.unwrap_or_else(|| current.clone());
    set(&mut item, place, value);
    let request = SaveDraftRequest { item: Some(item), comment: connection.comment.clone() };
    let draft: Reply<DraftResponse> = server.send(Method::PUT, &path, &request)?;
    if connection.json {
        return draft.print(true, "");
    }
    show(&draft)?;
    let next = if draft.needs_approval { "approve" } else { "publish" };
    Ok(output::line(&format!("Saved the draft. Next: prefab draft {next} {}", current.key))?)
}

fn set(item: &mut Item, place: Place<'_>, value: FlatValue) {
    let rules = match place.environment {
        None => &mut item.default.rules,
        Some(id) => {
            let own = &mut item.environments;
            let at = own.iter().position(|own| own.id == id).unwrap_or_else(|| {
                own.push(EnvironmentRules { id: id.to_owned(), rules: Vec::new() });
                own.len() - 1
            });
            &mut own[at].rules
        }
    };
    match place.namespace {
        None => set_default(rules, value),
        Some(namespace) => set_for_namespace(rules, namespace, value),
    }
}

/// Sets the value that applies if no rule with criteria matches.
fn set_default(rules: &mut Vec<Rule>, value: FlatValue) {
    match rules.iter_mut().find(|rule| rule.criteria.is_empty()) {
        Some(rule) => rule.value = value,
        None => rules.push(Rule { criteria: Vec::new(), value }),
    }
}

/// Sets the value for a namespace, like the server: a new rule comes before those for shallower namespaces.
fn set_for_namespace(rules: &mut Vec<Rule>, namespace: &str, mut value: FlatValue) {
    if let Some(rule) = rules.iter_mut().find(|rule| rule.namespace() == Some(namespace)) {
        value.confidential |= is_confidential(Some(&rule.value));
        rule.value = value;
        return;
    }
    let depth = namespace_depth(namespace);
    let is_later = |rule: &Rule| {
        rule.criteria.is_empty() || rule.namespace().is_some_and(|other| namespace_depth(other) < depth)
    };
    let at = rules.iter().position(is_later).unwrap_or(rules.len());
    rules.insert(at, Rule::for_namespace(namespace, value));
}

#[cfg(test)]
mod tests {
    use prefab_management_api::ValueKind;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_default_value_replaces_the_rule_without_criteria() {
        let value = |number: i32| FlatValue::new(ValueKind::Int, number);
        let for_ann = json!({"criteria": [{"operator": "PROP_IS_ONE_OF"}], "value": value(1)});
        let rules = json!([for_ann, {"criteria": [], "value": value(2)}]);
        let mut item: Item =
            serde_json::from_value(json!({"key": "k", "type": "config", "default": {"rules": rules}}))
                .unwrap();
        let in_own = Place { environment: Some("7"), namespace: None };
        set(&mut item, Place { environment: None, namespace: None }, value(3));
        set(&mut item, in_own, value(4));
        set(&mut item, in_own, value(5));
        let json = serde_json::to_value(&item).unwrap();
        assert_eq!(json["default"]["rules"], json!([for_ann, {"criteria": [], "value": value(3)}]));
        let own = json!([{"id": "7", "rules": [{"criteria": [], "value": value(5)}]}]);
        assert_eq!(json["environments"], own);
    }

    #[test]
    fn rules_for_deeper_namespaces_come_first() {
        let value = |number: i32| FlatValue::new(ValueKind::Int, number);
        let mut rules = vec![Rule { criteria: Vec::new(), value: value(0) }];
        for (namespace, number) in [("a", 1), ("a.b", 2), ("c", 3), ("a.b.c", 4), ("a.b", 5)] {
            set_for_namespace(&mut rules, namespace, value(number));
        }
        let found: Vec<_> = rules.iter().map(|rule| (rule.namespace(), rule.value.value.clone())).collect();
        let expected = [(Some("a.b.c"), 4), (Some("a.b"), 5), (Some("a"), 1), (Some("c"), 3), (None, 0)];
        assert_eq!(found, expected.map(|(namespace, number)| (namespace, number.into())));
    }
}
