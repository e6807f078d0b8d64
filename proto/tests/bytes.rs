//! The bytes of messages, as official servers and SDKs encode them.

use std::fmt::Debug;

use prefab_proto::wire;
use prost::Message;
use wire::config_value::Type;

/// Checks encoding and decoding.
#[track_caller]
fn check<M: Message + Default + PartialEq + Debug>(message: &M, hex: &str) {
    let bytes = message.encode_to_vec();
    let shown: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(shown.concat(), hex);
    assert_eq!(M::decode(bytes.as_slice()).as_ref(), Ok(message));
}

fn pointer() -> wire::ConfigServicePointer {
    wire::ConfigServicePointer { project_id: 202, project_env_id: 308, ..Default::default() }
}

#[test]
fn a_changed_config() {
    let value =
        wire::ConfigValue { r#type: Some(Type::String("updated-by-sse".into())), ..Default::default() };
    let given = wire::ConditionalValue { value: Some(value), ..Default::default() };
    let config = wire::Config {
        id: 17_000_000_000_000_101,
        project_id: 202,
        key: "my.string".into(),
        rows: vec![wire::ConfigRow { values: vec![given], ..Default::default() }],
        config_type: wire::ConfigType::Config.into(),
        value_type: wire::config::ValueType::String.into(),
        ..Default::default()
    };
    check(
        &wire::Configs {
            configs: vec![config],
            config_service_pointer: Some(pointer()),
            ..Default::default()
        },
        "0a3108e580ba898fad991e10ca011a096d792e737472696e672a1412121210120e757064617465642d62792d7373653801\
         4802120608ca0118b402",
    );
}

#[test]
fn a_tombstone() {
    let config = wire::Config {
        id: 17_000_000_000_000_102,
        project_id: 202,
        key: "my.int".into(),
        config_type: wire::ConfigType::Deleted.into(),
        ..Default::default()
    };
    check(
        &wire::Configs {
            configs: vec![config],
            config_service_pointer: Some(pointer()),
            ..Default::default()
        },
        "0a1608e680ba898fad991e10ca011a066d792e696e743806120608ca0118b402",
    );
}

#[test]
fn small_messages() {
    check(&wire::Configs { keep_alive: Some(true), ..Default::default() }, "2801");
    check(&wire::TelemetryEvents { instance_hash: "A".into(), events: vec![] }, "0a0141");
    check(&wire::TelemetryEventsResponse { success: true }, "0801");
}

#[test]
fn an_absent_end_of_a_range_is_not_zero() {
    check(&wire::IntRange { start: None, end: None }, "");
    check(&wire::IntRange { start: Some(0), end: None }, "0800");
}

#[test]
fn field_numbers_and_type_numbers_differ_above_eleven() {
    let duration = wire::IsoDuration { definition: "P1D".into() };
    let value = wire::ConfigValue { r#type: Some(Type::Duration(duration)), ..Default::default() };
    // Field 15 in the message, type 12 in the config.
    check(&value, "7a050a03503144");
    assert_eq!(wire::config::ValueType::Duration as i32, 12);
    assert_eq!(wire::config::ValueType::Json as i32, 13);
}

#[test]
fn equal_messages_have_equal_bytes() {
    let context = |names: [&str; 3]| wire::Context {
        r#type: Some("user".into()),
        values: names.into_iter().map(|name| (name.to_owned(), wire::ConfigValue::default())).collect(),
    };
    let (one, other) = (context(["a", "b", "c"]), context(["c", "a", "b"]));
    assert_eq!(one.encode_to_vec(), other.encode_to_vec());
}
