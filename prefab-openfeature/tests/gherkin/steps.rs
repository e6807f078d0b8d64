//! The steps of the scenarios.

mod given;
mod then;
mod when;

use std::path::Path;

use cucumber::{Cucumber, Writer, parser, runner, step::Context};
use regex::Regex;

use crate::world::World;

pub(crate) type Steps<I, W> = Cucumber<World, parser::Basic, I, runner::Basic<World>, W>;

/// Adds all steps.
pub(crate) fn register<I: AsRef<Path>, W: Writer<World>>(cucumber: Steps<I, W>) -> Steps<I, W> {
    then::register(when::register(given::register(cucumber)))
}

/// Adds a step whose function is async and receives the world and the groups of the pattern.
macro_rules! step {
    ($cucumber:ident.$keyword:ident($pattern:literal, $function:path)) => {
        $cucumber.$keyword($crate::steps::pattern($pattern), |world, context| {
            Box::pin(async move { $function(world, &context).await })
        })
    };
}
use step;

fn pattern(text: &str) -> Regex {
    Regex::new(&format!("^{text}$")).unwrap()
}

/// Returns a group of the pattern, or an empty text. The first group has the number 1.
fn group(context: &Context, number: usize) -> &str {
    context.matches.get(number).map_or("", |(_, text)| text)
}
