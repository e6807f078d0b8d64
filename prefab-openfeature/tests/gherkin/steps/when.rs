//! Steps that evaluate.

use std::path::Path;

use cucumber::{Writer, step::Context};

use super::{Steps, group, step};
use crate::world::World;

pub(super) fn register<I: AsRef<Path>, W: Writer<World>>(steps: Steps<I, W>) -> Steps<I, W> {
    let steps = step!(steps.when(
        "the flag was evaluated with details(?: asynchronously| using the evaluation options)?",
        evaluate
    ));
    let steps = step!(steps.when("Some flag was evaluated", evaluate_any));
    let steps = step!(steps.when(
        "an? (boolean|string|integer|float) flag with key \"(.*)\" is evaluated with (?:details and )?default value \"?(.*?)\"?",
        evaluate_typed
    ));
    let steps = step!(steps.when(
        "an (object) flag with key \"(.*)\" is evaluated with (?:details and )?a null default value",
        evaluate_object
    ));
    let steps = step!(steps.when(
        "context contains keys \"(.*)\", \"(.*)\", \"(.*)\", \"(.*)\" with values \"(.*)\", \"(.*)\", (.*), \"(.*)\"",
        context_fields
    ));
    let steps =
        step!(steps.when("a flag with key \"(.*)\" is evaluated with default value \"(.*)\"", evaluate_text));
    let steps = step!(steps.when(
        "a non-existent string flag with key \"(.*)\" is evaluated with details and a fallback value \"(.*)\"",
        evaluate_text
    ));
    step!(steps.when(
        "a string flag with key \"(.*)\" is evaluated as an integer, with details and a fallback value (.*)",
        evaluate_as_integer
    ))
}

async fn evaluate(world: &mut World, _: &Context) {
    world.evaluate().await;
}

async fn evaluate_any(world: &mut World, _: &Context) {
    world.set_flag("boolean", "boolean-flag", "false");
    world.evaluate().await;
}

async fn evaluate_typed(world: &mut World, context: &Context) {
    world.set_flag(group(context, 1), group(context, 2), group(context, 3));
    world.evaluate().await;
}

async fn evaluate_object(world: &mut World, context: &Context) {
    world.set_flag(group(context, 1), group(context, 2), "{}");
    world.evaluate().await;
}

async fn context_fields(world: &mut World, context: &Context) {
    for number in 1..=4 {
        let (name, text) = (group(context, number), group(context, number + 4));
        match (text.parse::<i64>(), text.parse::<bool>()) {
            (Ok(int), _) => world.context.add_custom_field(name, int),
            (_, Ok(bool)) => world.context.add_custom_field(name, bool),
            _ => world.context.add_custom_field(name, text),
        }
    }
}

async fn evaluate_text(world: &mut World, context: &Context) {
    world.set_flag("string", group(context, 1), group(context, 2));
    world.evaluate().await;
}

async fn evaluate_as_integer(world: &mut World, context: &Context) {
    world.set_flag("integer", group(context, 1), group(context, 2));
    world.evaluate().await;
}
