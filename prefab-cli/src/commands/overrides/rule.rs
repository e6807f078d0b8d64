//! `prefab override KEY VALUE --for user.key=ann`: a rule for contexts with a property.

use anyhow::Context as _;
use prefab_management_api::{
    ChangeResponse, EnvironmentResponse, EnvironmentRules, FlatCriterion, Item, ItemRequest, Rule,
};
use reqwest::Method;

use super::Args;
use crate::{
    Failure,
    commands::{confidential::is_confidential, environments, set},
    output::{STRONG, VALUE},
    property_values::PropertyValues,
    server::{Reply, Server, describe_value, item_path, kind_of, parse_value, suggest_key},
};

/// Sets or removes the first rule of an environment for contexts with a property.
pub(super) fn run(args: &Args, server: &Server, key: &str, property: &PropertyValues) -> Result<(), Failure> {
    let criterion = property.criterion();
    let environment = super::environment(args, server)?;
    let path = item_path(key);
    let found: Result<Reply<Item>, Failure> = server.get(&path);
    let mut item = found.map_err(|failure| suggest_key(server, key, failure))?.body;
    let name = &environment.name;
    let text = if args.remove {
        remove(&mut item, &environment, &criterion).map_err(Failure::Input)?;
        format!("Removed the rule of {STRONG}{key}{STRONG:#} for {property} in {name}")
    } else {
        let text = args.value.as_ref().or(args.value_flag.as_ref());
        let text =
            text.context("no value; for example: prefab override new-checkout true --for user.key=ann");
        let mut value = parse_value(kind_of(&item), text.map_err(Failure::Usage)?)?;
        value.confidential |= is_confidential(set::current_value(&item, Some(&environment)));
        let described = describe_value(&value);
        add(&mut item, &environment, Rule { criteria: vec![criterion], value });
        format!("{STRONG}{key}{STRONG:#} for contexts with {property} in {name}: {VALUE}{described}{VALUE:#}")
    };
    if environments::needs_confirmation(&environment)
        && !args.connection.json
        && !set::is_confirmed(&args.connection, &text)?
    {
        return Err(Failure::NoValue);
    }
    let request = ItemRequest { item, comment: args.connection.comment.clone() };
    let reply: Reply<ChangeResponse> = server.send(Method::PUT, &path, &request)?;
    reply.print(args.connection.json, &text)
}

/// Puts a rule before the others of an environment, and removes an earlier one with the same criterion.
fn add(item: &mut Item, environment: &EnvironmentResponse, rule: Rule) {
    let position = item.environments.iter().position(|own| own.id == environment.id);
    let position = position.unwrap_or_else(|| {
        // Rules of its own replace the default rules, so it needs a copy of them.
        let rules = item.default.rules.clone();
        item.environments.push(EnvironmentRules { id: environment.id.clone(), rules });
        item.environments.len() - 1
    });
    let rules = &mut item.environments[position].rules;
    rules.retain(|other| other.criteria != rule.criteria);
    rules.insert(0, rule);
}

/// Removes the rule with only this criterion. An environment whose rules are the default rules again has none.
fn remove(
    item: &mut Item,
    environment: &EnvironmentResponse,
    criterion: &FlatCriterion,
) -> anyhow::Result<()> {
    let missing = || {
        let (key, name) = (&item.key, &environment.name);
        anyhow::anyhow!("`{key}` has no such rule in {name}; `prefab info {key}` lists the rules")
    };
    let position = item.environments.iter().position(|own| own.id == environment.id).ok_or_else(missing)?;
    let is_it = |rule: &Rule| matches!(&*rule.criteria, [only] if only == criterion);
    let at = item.environments[position].rules.iter().position(is_it).ok_or_else(missing)?;
    item.environments[position].rules.remove(at);
    if item.environments[position].rules == item.default.rules {
        item.environments.remove(position);
    }
    Ok(())
}
