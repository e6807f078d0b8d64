//! Steps that prepare a scenario.

use std::path::Path;

use cucumber::{Writer, step::Context};

use super::{Steps, group, step};
use crate::world::World;

pub(super) fn register<I: AsRef<Path>, W: Writer<World>>(steps: Steps<I, W>) -> Steps<I, W> {
    let steps = step!(steps.given("an? (stable|not ready|error|stale) provider", provider));
    let steps = step!(steps.given("a (stable) provider with retrievable context is registered", provider));
    let steps = step!(steps.given("an? (\\w+)-flag with key \"(.*)\" and a fallback value \"(.*)\"", flag));
    let steps = step!(steps.given(
        "a context containing a key \"(.*)\", with type \"(.*)\" and with value \"(.*)\"",
        context_field
    ));
    let steps = step!(steps.given("a client with added hook", hook));
    let steps = step!(steps.given("evaluation options containing specific hooks", two_hooks));
    let steps = step!(steps.given("an evaluation context with modifiable data", modifiable_context));
    let steps = step!(steps.given(
        "A context entry with key \"(.*)\" and value \"(.*)\" is added to the \"(.*)\" level",
        entry_at_level
    ));
    let steps = step!(steps.given("A table with levels of increasing precedence", levels));
    step!(steps.given(
        "Context entries for each level from API level down to the \"(.*)\" level, with key \"(.*)\" and value \"(.*)\"",
        entries_at_levels
    ))
}

async fn provider(world: &mut World, context: &Context) {
    world.start(group(context, 1)).await;
}

async fn flag(world: &mut World, context: &Context) {
    world.set_flag(group(context, 1), group(context, 2), group(context, 3));
}

async fn context_field(world: &mut World, context: &Context) {
    let (name, text) = (group(context, 1), group(context, 3));
    match group(context, 2) {
        "String" => world.context.add_custom_field(name, text),
        "Integer" => world.context.add_custom_field(name, text.parse::<i64>().unwrap()),
        "Boolean" => world.context.add_custom_field(name, text.parse::<bool>().unwrap()),
        other => panic!("unknown type {other}"),
    }
}

async fn hook(world: &mut World, _: &Context) {
    world.hooks.push("hook");
}

async fn two_hooks(world: &mut World, _: &Context) {
    world.hooks.extend(["first", "second"]);
}

async fn modifiable_context(world: &mut World, _: &Context) {
    world.context = modifiable();
}

/// The context of [`modifiable_context`].
pub(super) fn modifiable() -> open_feature::EvaluationContext {
    let context = open_feature::EvaluationContext::default().with_targeting_key("u-1");
    let structure = open_feature::StructValue::default().with_field("plan", "pro");
    context
        .with_custom_field("age", 36)
        .with_custom_field("user.plan", "pro")
        .with_custom_field("device", open_feature::EvaluationContextFieldValue::new_struct(structure))
}

async fn entry_at_level(world: &mut World, context: &Context) {
    world.add_field(group(context, 3), group(context, 1), group(context, 2)).await;
}

async fn levels(world: &mut World, context: &Context) {
    world.levels = context.step.table.as_ref().unwrap().rows.iter().map(|row| row[0].clone()).collect();
}

async fn entries_at_levels(world: &mut World, context: &Context) {
    let (last, key) = (group(context, 1), group(context, 2));
    let end = world.levels.iter().position(|level| level == last).unwrap();
    for level in world.levels.clone().drain(..=end) {
        world.add_field(&level, key, &level).await;
    }
    assert_eq!(group(context, 3), last);
}
