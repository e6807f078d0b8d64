use super::fixture::Fixture;
use crate::{Environment, Protection, StoreError, key::KeyKind};

pub(super) async fn the_registry_lists_projects_and_their_environments(fixture: Fixture) {
    let second = fixture.store.create_project("second".to_owned(), vec!["Test".to_owned()]).await.unwrap();
    assert_ne!(second.id, fixture.id());
    fixture.store.rename_project(fixture.id(), "store".to_owned()).await.unwrap();
    let created = fixture.store.create_environment(second.id, "Live".to_owned()).await.unwrap();
    let projects = fixture.other_handle().registry().await.unwrap().projects;
    assert_eq!((&*projects[0].name, &projects[0].environments), ("store", &fixture.project.environments));
    assert_eq!((&*projects[1].name, projects[1].first_id), ("second", second.first_id));
    assert_eq!(projects[1].environments, [second.environments[0].clone(), created]);
}

pub(super) async fn only_one_handle_creates_the_first_project(fixture: Fixture) {
    let open = fixture.empty();
    let handles = [open(fixture.clock.clone()), open(fixture.clock.clone())];
    let create = |at: usize| {
        handles[at].create_first_project("first".to_owned(), vec!["Test".to_owned(), "Live".to_owned()])
    };
    let (ours, theirs) = tokio::join!(create(0), create(1));
    let [(project, keys)] = &[ours.unwrap(), theirs.unwrap()].into_iter().flatten().collect::<Vec<_>>()[..]
    else {
        panic!("both handles or none created it")
    };
    let kinds: Vec<_> = keys.iter().map(|key| (&*key.environment, key.kind)).collect();
    let of_test = KeyKind::ALL.map(|kind| ("Test", kind));
    let of_live = [KeyKind::Backend, KeyKind::Frontend].map(|kind| ("Live", kind));
    assert!(kinds.len() == 5 && of_test.iter().chain(&of_live).all(|key| kinds.contains(key)), "{kinds:?}");
    let registry = handles[1].registry().await.unwrap();
    assert_eq!((&registry.projects[..], registry.keys.len()), (&[project.clone()][..], 5));
    assert_eq!(create(0).await.unwrap(), None);
}

pub(super) async fn an_environment_is_renamed_and_protected(fixture: Fixture) {
    let protection = Protection { needs_comment: true, needs_approval: true };
    let changed = Environment { protection, ..Environment::new(fixture.production(), "Live") };
    assert!(fixture.store.update_environment(fixture.id(), changed.clone()).await.unwrap());
    let environments = fixture.store.registry().await.unwrap().projects.remove(0).environments;
    assert_eq!(environments, [fixture.project.environments[0].clone(), changed]);
    let second = fixture.store.create_project("second".to_owned(), Vec::new()).await.unwrap();
    let elsewhere = Environment::new(fixture.production(), "Elsewhere");
    assert!(!fixture.store.update_environment(second.id, elsewhere).await.unwrap());
}

/// Names that look like `Production`.
const LIKE_PRODUCTION: [&str; 4] = ["Production", "production", "Produc\u{200b}tion", " PRODUCTION"];

#[track_caller]
fn assert_taken(error: &StoreError) {
    let is_taken = matches!(error, StoreError::NameTaken { existing, .. } if existing == "Production");
    assert!(is_taken, "{error:?}");
}

pub(super) async fn a_name_is_taken_once_per_project(fixture: Fixture) {
    let (store, id) = (&fixture.store, fixture.id());
    for name in LIKE_PRODUCTION {
        assert_taken(&store.create_environment(id, name.to_owned()).await.unwrap_err());
        let renamed = Environment::new(fixture.development(), name);
        assert_taken(&store.update_environment(id, renamed).await.unwrap_err());
    }
    let number = store.create_environment(id, "3".to_owned()).await.unwrap_err();
    assert!(matches!(&number, StoreError::InvalidName(name) if name == "3"), "{number:?}");
    let second = store.create_project("second".to_owned(), vec!["Production".to_owned()]).await.unwrap();
    assert_eq!(second.environments[0].name, "Production");
    let twice = vec!["Production".to_owned(), "production".to_owned()];
    assert_taken(&store.create_project("third".to_owned(), twice).await.unwrap_err());
    // An environment can change the case of its own name.
    let renamed = Environment::new(fixture.production(), "production");
    assert!(store.update_environment(id, renamed).await.unwrap());
}

pub(super) async fn a_project_name_is_taken_once(fixture: Fixture) {
    let store = &fixture.store;
    let second = store.create_project("Production".to_owned(), Vec::new()).await.unwrap();
    for name in LIKE_PRODUCTION {
        assert_taken(&store.create_project(name.to_owned(), Vec::new()).await.unwrap_err());
        assert_taken(&store.rename_project(fixture.id(), name.to_owned()).await.unwrap_err());
    }
    store.rename_project(second.id, "production".to_owned()).await.unwrap();
}
