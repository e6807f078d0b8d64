//! The steps of a change.

use prefab_core::{
    ConditionalValue, Config, ConfigRow, ConfigType, ConfigValue, Criterion, Operator, ValueType,
};
use prefab_service::{
    Conflict, Error,
    change::{ChangeRequest, Edit, Policy},
};
use prefab_store::{AuditFilter, AuditLog as _, Drafts as _, Expected, Protection, Role};

use crate::fixture::{Fixture, START_MILLIS};

fn flag(key: &str) -> Config {
    Config {
        config_type: ConfigType::FeatureFlag,
        value_type: ValueType::Bool,
        ..Config::constant(key, true)
    }
}

fn segment(key: &str) -> Config {
    Config { config_type: ConfigType::Segment, value_type: ValueType::Bool, ..Config::constant(key, true) }
}

fn in_segment(key: &str, segment: &str) -> Config {
    let criterion = Criterion {
        property_name: String::new(),
        operator: Operator::InSeg,
        value_to_match: Some(ConfigValue::from(segment)),
    };
    let rules = vec![ConditionalValue::when(vec![criterion], true), ConditionalValue::always(false)];
    Config { rows: vec![ConfigRow::default_row(rules)], ..flag(key) }
}

#[tokio::test]
async fn a_request_changes_all_configs_or_none() {
    let fixture = Fixture::new().await;
    let admin = fixture.person(Role::Admin);
    fixture.put(flag("a")).await.unwrap();
    let both = ChangeRequest::put_all(vec![flag("b"), flag("a")]);
    let error = fixture.service.apply(&admin, both).await.unwrap_err();
    assert!(matches!(error, Error::Conflict(Conflict::KeyTaken(key)) if key == "a"));
    assert!(fixture.config("b").is_none());
    let both = ChangeRequest::put_all(vec![flag("b"), flag("c")]);
    assert_eq!(fixture.service.apply(&admin, both).await.unwrap().ids.len(), 2);
    assert!(fixture.config("b").is_some() && fixture.config("c").is_some());
}

#[tokio::test]
async fn a_dry_run_checks_and_stores_nothing() {
    let fixture = Fixture::new().await;
    let admin = fixture.person(Role::Admin);
    let outcome =
        fixture.service.apply(&admin, ChangeRequest::new(Edit::put(flag("a"))).dry_run()).await.unwrap();
    assert_eq!((outcome.changes[0].key.as_str(), outcome.ids.len()), ("a", 0));
    assert!(fixture.config("a").is_none());
    let invalid = ChangeRequest::new(Edit::put(Config { rows: Vec::new(), ..flag("a") })).dry_run();
    assert!(matches!(fixture.service.apply(&admin, invalid).await, Err(Error::Invalid(_))));
}

#[tokio::test]
async fn each_policy_has_its_own_demands() {
    let fixture = Fixture::new().await;
    let id = fixture.put(flag("a")).await.unwrap();
    fixture.protect_production(Protection { needs_comment: true, needs_approval: false }).await;
    let check = async |role: Role, comment: &str, policy: Policy| {
        let config = Config { id, send_to_client_sdk: true, ..flag("a") };
        let request = ChangeRequest::new(Edit::put(config)).with_policy(policy).dry_run();
        let actor = fixture.person(role).with_comment(comment);
        fixture.service.apply(&actor, request).await.map(drop).map_err(|error| error.code().to_string())
    };
    let failed = |code: &str| Err(code.to_owned());
    assert_eq!(check(Role::Editor, "why", Policy::PUBLISH).await, failed("forbidden"));
    assert_eq!(check(Role::Publisher, " ", Policy::PUBLISH).await, failed("needs_comment"));
    assert_eq!(check(Role::Publisher, "why", Policy::PUBLISH).await, Ok(()));
    fixture.protect_production(Protection { needs_comment: true, needs_approval: true }).await;
    assert_eq!(check(Role::Admin, "why", Policy::PUBLISH).await, failed("needs_approval"));
    assert_eq!(check(Role::Admin, "why", Policy::draft(false)).await, failed("needs_approval"));
    assert_eq!(check(Role::Admin, "", Policy::draft(true)).await, failed("needs_comment"));
    assert_eq!(check(Role::Admin, "why", Policy::draft(true)).await, Ok(()));
    assert_eq!(check(Role::Publisher, "", Policy::APPROVE_DRAFT).await, Ok(()));
    assert_eq!(check(Role::Editor, "", Policy::PERSONAL_OVERRIDE).await, Ok(()));
    assert_eq!(check(Role::Viewer, "", Policy::PERSONAL_OVERRIDE).await, failed("forbidden"));
}

#[tokio::test]
async fn a_draft_is_saved_and_then_published() {
    let fixture = Fixture::new().await;
    let editor = fixture.person(Role::Editor).with_comment("for the launch");
    let request = ChangeRequest::new(Edit::put(flag("a"))).as_draft();
    let draft = fixture.service.apply(&editor, request).await.unwrap().draft.unwrap();
    assert_eq!((draft.base_id, draft.saved_at_millis, &*draft.comment), (0, START_MILLIS, "for the launch"));
    assert_eq!(fixture.store.drafts(fixture.project.id).await.unwrap(), std::slice::from_ref(&draft));
    assert!(fixture.config("a").is_none());
    let publisher = fixture.person(Role::Publisher);
    fixture.service.apply(&publisher, ChangeRequest::publish_draft(draft)).await.unwrap().id().unwrap();
    assert!(fixture.config("a").is_some());
    let entries = fixture.store.audit(AuditFilter { limit: 10, ..AuditFilter::default() }).await.unwrap();
    let actions: Vec<_> = entries.iter().map(|record| record.entry.action.as_str()).collect();
    assert_eq!(actions, ["config.created", "draft.saved"]);
}

#[tokio::test]
async fn a_segment_in_use_is_not_archived() {
    let fixture = Fixture::new().await;
    fixture.put(segment("beta")).await.unwrap();
    fixture.put(in_segment("a", "beta")).await.unwrap();
    let archive = |key: &str| ChangeRequest::new(Edit::archive(key, Expected::Anything));
    let admin = fixture.person(Role::Admin);
    let error = fixture.service.apply(&admin, archive("beta")).await.unwrap_err();
    assert!(matches!(error, Error::Conflict(Conflict::InUse { users, .. }) if users == ["a"]));
    fixture.service.apply(&admin, archive("a")).await.unwrap();
    fixture.service.apply(&admin, archive("beta")).await.unwrap();
    assert!(fixture.config("beta").is_none());
}

#[tokio::test]
async fn the_default_value_changes_in_one_environment_only() {
    let fixture = Fixture::new().await;
    fixture.put(flag("a")).await.unwrap();
    let current = fixture.project.config("a").unwrap();
    let production = fixture.environment("Production");
    let edit = Edit::set_default(&current, Some(production), false.into()).unwrap();
    let outcome =
        fixture.service.apply(&fixture.person(Role::Admin), ChangeRequest::new(edit)).await.unwrap();
    let touched = prefab_service::change::touched_environments(
        outcome.changes[0].before.as_ref(),
        outcome.changes[0].after.as_ref(),
        &fixture.project.environments(),
    )
    .map(|environment| environment.name.clone())
    .collect::<Vec<_>>();
    assert_eq!(touched, ["Production"]);
}

/// Returns a flag with a rule that never matches: `2.0` is not a full version.
fn with_short_version(key: &str) -> Config {
    let criterion = Criterion {
        property_name: "app.version".to_owned(),
        operator: Operator::PropSemverEqual,
        value_to_match: Some(ConfigValue::from("2.0")),
    };
    let rules = vec![ConditionalValue::when(vec![criterion], true), ConditionalValue::always(false)];
    Config { rows: vec![ConfigRow::default_row(rules)], ..flag(key) }
}

#[tokio::test]
async fn a_criterion_that_never_matches_is_rejected_with_its_place() {
    let fixture = Fixture::new().await;
    let error = fixture.put(with_short_version("a")).await.unwrap_err();
    let Error::Invalid(problems) = &error else { panic!("{error}") };
    assert_eq!(problems[0].place, "rows[0].values[0].criteria[0].valueToMatch");
    assert_eq!(
        problems[0].message,
        "`PROP_SEMVER_EQUAL` compares with a full semantic version, for example `2.0.0`, not the string `2.0`; the \
         criterion never matches"
    );
    assert_eq!(problems.len(), 1);
}

#[tokio::test]
async fn a_config_that_already_has_such_a_criterion_can_still_be_changed() {
    let fixture = Fixture::new().await;
    let admin = fixture.person(Role::Admin);
    let stored = ChangeRequest::new(Edit::put(with_short_version("a"))).already_validated();
    let id = fixture.service.apply(&admin, stored).await.unwrap().ids[0];
    // A rule in front of the old one changes its place.
    let mut changed = Config { id, ..with_short_version("a") };
    let first = Criterion {
        property_name: "user.key".to_owned(),
        operator: Operator::PropIsOneOf,
        value_to_match: Some(["ada"].into()),
    };
    changed.rows[0].values.insert(0, ConditionalValue::when(vec![first], true));
    let id = fixture.put(changed.clone()).await.unwrap();
    let mut second = Config { id, ..changed };
    let copy = second.rows[0].values[1].clone();
    second.rows[0].values.insert(0, copy);
    assert!(matches!(fixture.put(second).await, Err(Error::Invalid(_))), "a second one is new");
}

#[tokio::test]
async fn an_int_in_a_double_config_is_stored_as_a_double() {
    let fixture = Fixture::new().await;
    let double = |int: i64| Config { value_type: ValueType::Double, ..Config::constant("ratio", int) };
    fixture.put(double(2)).await.unwrap();
    let stored = fixture.config("ratio").unwrap();
    assert_eq!(stored.rows[0].values[0].value, Some(ConfigValue::from(2.0)));
    let inexact = Config { key: "big".to_owned(), ..double((1 << 53) + 1) };
    let error = fixture.put(inexact).await.unwrap_err().to_string();
    assert!(error.contains("a double cannot represent the int 9007199254740993 exactly"), "{error}");
}

#[tokio::test]
async fn names_without_a_visible_character_are_refused() {
    let fixture = Fixture::new().await;
    for key in ["\u{200b}", "\u{feff} \u{2060}", " "] {
        assert!(matches!(fixture.put(Config::constant(key, 1)).await, Err(Error::Invalid(_))), "{key:?}");
    }
    let tagged = Config { tags: vec!["\u{200b}".to_owned()], ..Config::constant("a", 1) };
    assert!(matches!(fixture.put(tagged).await, Err(Error::Invalid(_))));
}
