use super::bed::Bed;
use crate::{Environment, Protection, StoreError, key::KeyKind};

pub(super) async fn the_registry_lists_projects_and_their_environments(bed: Bed) {
    let second = bed.store.create_project("second".to_owned(), vec!["Test".to_owned()]).await.unwrap();
    assert_ne!(second.id, bed.id());
    bed.store.rename_project(bed.id(), "store".to_owned()).await.unwrap();
    let created = bed.store.create_environment(second.id, "Live".to_owned()).await.unwrap();
    let projects = bed.other_handle().registry().await.unwrap().projects;
    assert_eq!((&*projects[0].name, &projects[0].environments), ("store", &bed.project.environments));
    assert_eq!((&*projects[1].name, projects[1].first_id), ("second", second.first_id));
    assert_eq!(projects[1].environments, [second.environments[0].clone(), created]);
}

pub(super) async fn only_one_handle_creates_the_first_project(bed: Bed) {
    let open = bed.empty();
    let handles = [open(bed.clock.clone()), open(bed.clock.clone())];
    let create = |at: usize| {
        handles[at].create_first_project("first".to_owned(), vec!["Test".to_owned(), "Live".to_owned()])
    };
    let (ours, theirs) = tokio::join!(create(0), create(1));
    let [(project, keys)] = &[ours.unwrap(), theirs.unwrap()].into_iter().flatten().collect::<Vec<_>>()[..]
    else {
        panic!("both handles or none created it")
    };
    let kinds: Vec<_> = keys.iter().map(|key| (&*key.environment, key.kind)).collect();
    let every_kind = |environment| KeyKind::ALL.map(|kind| (environment, kind));
    assert_eq!(kinds, [every_kind("Test"), every_kind("Live")].concat());
    let registry = handles[1].registry().await.unwrap();
    assert_eq!((&registry.projects[..], registry.keys.len()), (&[project.clone()][..], 6));
    assert_eq!(create(0).await.unwrap(), None);
}

pub(super) async fn an_environment_is_renamed_and_protected(bed: Bed) {
    let protection = Protection { needs_comment: true, needs_approval: true };
    let changed = Environment { protection, ..Environment::new(bed.production(), "Live") };
    assert!(bed.store.update_environment(bed.id(), changed.clone()).await.unwrap());
    let environments = bed.store.registry().await.unwrap().projects.remove(0).environments;
    assert_eq!(environments, [bed.project.environments[0].clone(), changed]);
    let second = bed.store.create_project("second".to_owned(), Vec::new()).await.unwrap();
    let elsewhere = Environment::new(bed.production(), "Elsewhere");
    assert!(!bed.store.update_environment(second.id, elsewhere).await.unwrap());
}

pub(super) async fn a_name_is_taken_once_per_project(bed: Bed) {
    let taken =
        |error: StoreError| assert!(matches!(&error, StoreError::NameTaken(name) if name == "Production"));
    taken(bed.store.create_environment(bed.id(), "Production".to_owned()).await.unwrap_err());
    let renamed = Environment::new(bed.development(), "Production");
    taken(bed.store.update_environment(bed.id(), renamed).await.unwrap_err());
    let second = bed.store.create_project("second".to_owned(), vec!["Production".to_owned()]).await.unwrap();
    assert_eq!(second.environments[0].name, "Production");
}
