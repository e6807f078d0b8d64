//! Steps that check the result.

use std::path::Path;

use cucumber::{Writer, step::Context};
use open_feature::{EvaluationContext, EvaluationContextFieldValue as Field, StructValue, Value};

use super::{Steps, given, group, step};
use crate::{hooks::Call, values, world::World};

pub(super) fn register<I: AsRef<Path>, W: Writer<World>>(steps: Steps<I, W>) -> Steps<I, W> {
    let steps = step!(steps.then("the resolved details value should be \"(.*)\"", value));
    let steps = step!(steps.then("the reason should be \"([^\"]*)\"", reason));
    let steps = step!(steps.then("the variant should be \"([^\"]*)\"", variant));
    let steps = step!(steps.then("the error-code should be \"(.*)\"", error_code));
    let steps = step!(steps.then("the flag key should be \"(.*)\"", flag_key));
    let steps = step!(steps.then("the resolved metadata is empty", no_metadata));
    let steps = step!(steps.then("the provider status should be \"(.*)\"", status));
    let steps = step!(steps.then("the specified hooks should execute during evaluation", two_hooks));
    let steps = step!(steps.then("the hook order should be maintained", hook_order));
    let steps = step!(steps.then("the original evaluation context should remain unmodified", same_context));
    let steps = step!(steps.then("the evaluation details should be immutable", immutable_details));
    let steps = step!(steps.then("the evaluation should complete without blocking", immediate));
    let steps = step!(steps.then("the \"(.*)\" hooks? should have been executed", executed));
    let steps = step!(steps.then("the \"(.*)\" hooks should be called with evaluation details", called_with));
    let steps =
        step!(steps.then(
            "The merged context contains an entry with key \"(.*)\" and value \"(.*)\"",
            merged_context
        ));
    let steps = step!(steps.then(
        "the resolved (?:boolean|string|integer|float) (?:value|response) should be \"?(.*?)\"?",
        value
    ));
    let steps = step!(steps.then(
        "the resolved (?:boolean|string|integer|float) details value should be \"?(.*?)\"?, the variant should be \"(.*)\", and the reason should be \"(.*)\"",
        details
    ));
    let steps = step!(steps.then(
        "the resolved object (?:details )?value should be contain fields \"(.*)\", \"(.*)\", and \"(.*)\", with values \"(.*)\", \"(.*)\" and (.*), respectively",
        fields
    ));
    let steps = step!(steps.then(
        "the variant should be \"([^\"]*)\", and the reason should be \"([^\"]*)\"",
        variant_and_reason
    ));
    let steps =
        step!(steps.then("the resolved flag value is \"(.*)\" when the context is empty", without_context));
    let steps = step!(steps.then("the default (?:string|integer) value should be returned", fallback));
    step!(steps.then(
        "the reason should indicate an error and the error code should indicate a (?:missing flag|type mismatch) with \"(.*)\"",
        reason_and_error_code
    ))
}

async fn value(world: &mut World, context: &Context) {
    let expected = values::parse(&world.flag.as_ref().unwrap().kind, group(context, 1));
    assert_eq!(world.outcome().value, expected, "{:?}", world.outcome());
}

async fn reason(world: &mut World, context: &Context) {
    assert_eq!(world.outcome().reason(), group(context, 1));
}

fn variant_of(world: &World) -> &str {
    world.outcome().details.as_ref().unwrap().variant.as_deref().unwrap()
}

async fn variant(world: &mut World, context: &Context) {
    assert_eq!(variant_of(world), group(context, 1));
}

async fn error_code(world: &mut World, context: &Context) {
    assert_eq!(world.outcome().details.as_ref().unwrap_err().code.to_string(), group(context, 1));
}

async fn flag_key(world: &mut World, context: &Context) {
    assert_eq!(world.outcome().details.as_ref().unwrap().flag_key, group(context, 1));
}

async fn no_metadata(world: &mut World, _: &Context) {
    assert!(world.outcome().details.as_ref().unwrap().flag_metadata.values.is_empty());
}

async fn status(world: &mut World, context: &Context) {
    assert_eq!(world.status(), group(context, 1));
}

fn names(calls: Vec<Call>) -> Vec<&'static str> {
    calls.into_iter().map(|call| call.hook).collect()
}

async fn two_hooks(world: &mut World, _: &Context) {
    for stage in ["before", "after", "finally"] {
        assert_eq!(world.calls.of_stage(stage).len(), 2, "{stage}");
    }
}

async fn hook_order(world: &mut World, _: &Context) {
    assert_eq!(names(world.calls.of_stage("before")), ["first", "second"]);
    assert_eq!(names(world.calls.of_stage("after")), ["second", "first"]);
    assert_eq!(names(world.calls.of_stage("finally")), ["second", "first"]);
}

async fn same_context(world: &mut World, _: &Context) {
    let original = given::modifiable();
    // Structures are never equal for the SDK, so they are compared separately.
    let plain = |context: &EvaluationContext| {
        let mut context = context.clone();
        context.custom_fields.retain(|_, value| !value.is_struct());
        context
    };
    assert_eq!(plain(&world.context), plain(&original));
    let structure = |context: &EvaluationContext| match &context.custom_fields["device"] {
        Field::Struct(structure) => structure.downcast_ref::<StructValue>().cloned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(structure(&world.context), structure(&original));
}

/// The details are a value of the caller, so nothing of the provider can change them. A second evaluation does not.
async fn immutable_details(world: &mut World, _: &Context) {
    let before = format!("{:?}", world.outcome().details.as_ref().unwrap().value);
    let first = world.outcome.take().unwrap();
    world.evaluate().await;
    assert_eq!(format!("{:?}", first.details.unwrap().value), before);
}

async fn immediate(world: &mut World, _: &Context) {
    assert!(world.outcome().is_immediate);
}

async fn executed(world: &mut World, context: &Context) {
    for stage in group(context, 1).split(", ") {
        assert_eq!(world.calls.of_stage(stage).len(), 1, "{stage}");
    }
}

async fn called_with(world: &mut World, context: &Context) {
    for stage in group(context, 1).split(", ") {
        let calls = world.calls.of_stage(stage);
        let [call] = calls.as_slice() else { panic!("{stage}: {calls:?}") };
        let details = call.details.as_ref().unwrap();
        let reason = details.reason.clone().unwrap().to_string();
        for row in context.step.table.as_ref().unwrap().rows.iter().skip(1) {
            let [data_type, name, expected] = row.as_slice() else { panic!("{row:?}") };
            let or_null = |text: Option<&str>| text.unwrap_or("null").to_owned();
            match name.as_str() {
                "flag_key" => assert_eq!(details.flag_key, *expected),
                "variant" => assert_eq!(or_null(details.variant.as_deref()), *expected),
                "reason" => assert_eq!(reason, *expected),
                // After an error, the SDK passes the default of the type, because it has no default argument.
                "value" if reason == "ERROR" => {
                    assert_eq!(world.outcome().value, values::parse(data_type, expected));
                }
                "value" => assert_eq!(details.value, values::parse(data_type, expected)),
                // The details contain no error code, but the hook `error` has received it.
                "error_code" => {
                    let errors = world.calls.of_stage("error");
                    let code = errors.first().map(|call| call.error.as_ref().unwrap().code.to_string());
                    assert_eq!(or_null(code.as_deref()), *expected);
                }
                other => panic!("unknown field {other}"),
            }
        }
    }
}

async fn merged_context(world: &mut World, context: &Context) {
    let merged = world.merged_context();
    let field = merged.custom_fields.get(group(context, 1)).and_then(Field::as_str);
    assert_eq!(field, Some(group(context, 2)), "{merged:?}");
}

async fn details(world: &mut World, context: &Context) {
    value(world, context).await;
    assert_eq!(variant_of(world), group(context, 2));
    assert_eq!(world.outcome().reason(), group(context, 3));
}

async fn fields(world: &mut World, context: &Context) {
    let Value::Struct(structure) = &world.outcome().value else { panic!("{:?}", world.outcome()) };
    let types = ["boolean", "string", "integer"];
    for (number, kind) in (1..).zip(types) {
        let expected = values::parse(kind, group(context, number + 3));
        assert_eq!(structure.fields[group(context, number)], expected);
    }
}

async fn variant_and_reason(world: &mut World, context: &Context) {
    assert_eq!(variant_of(world), group(context, 1));
    assert_eq!(world.outcome().reason(), group(context, 2));
}

async fn without_context(world: &mut World, context: &Context) {
    world.context = EvaluationContext::default();
    world.evaluate().await;
    value(world, context).await;
}

async fn fallback(world: &mut World, _: &Context) {
    assert!(world.outcome().details.is_err());
    assert_eq!(world.outcome().value, world.flag.as_ref().unwrap().fallback);
}

async fn reason_and_error_code(world: &mut World, context: &Context) {
    assert_eq!(world.outcome().reason(), "ERROR");
    error_code(world, context).await;
}
