//! The channel of an environment, which is created on first use.

use std::sync::Arc;

use prefab_core::Config;
use prefab_publish::{Audience, Encoding};
use prefab_service::change::{ChangeRequest, Edit};
use prefab_store::{Expected, Role};

use crate::fixture::Fixture;

#[tokio::test]
async fn a_channel_is_created_on_first_use_with_everything_that_clients_may_have_missed() {
    let fixture = Fixture::new().await;
    let (project, workers) = (&fixture.project, &fixture.service.workers);
    let production = fixture.environment("Production");
    fixture.put(Config::constant("kept", 1)).await.unwrap();
    let seen = fixture.put(Config::constant("gone", 1)).await.unwrap();
    let archive = ChangeRequest::new(Edit::archive("gone", Expected::Anything));
    fixture.service.apply(&fixture.person(Role::Admin), archive).await.unwrap();
    assert!(project.used_channel(production).is_none(), "no client has used it");

    let channel = project.activate(production, workers).await.unwrap();
    let snapshot = channel.snapshot();
    assert_eq!(snapshot.last_id, project.published_id());
    assert!(channel.ruleset().contains("kept") && !channel.ruleset().contains("gone"));
    let missed = snapshot.response(seen, &Audience::default(), Encoding::Json);
    let missed = String::from_utf8(missed.plain.to_vec()).unwrap();
    assert!(missed.contains("gone") && !missed.contains("kept"), "a client learns of the deletion: {missed}");
    assert!(project.used_channel(fixture.environment("Development")).is_none());

    let id = fixture.put(Config::constant("new", 1)).await.unwrap();
    assert_eq!(channel.snapshot().last_id, id);
    let again = project.activate(production, workers).await.unwrap();
    assert!(Arc::ptr_eq(&channel, &again));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_that_is_created_during_changes_misses_none() {
    for _ in 0..20 {
        let fixture = Arc::new(Fixture::new().await);
        let production = fixture.environment("Production");
        let changing = tokio::spawn({
            let fixture = Arc::clone(&fixture);
            async move {
                for number in 0..20 {
                    fixture.put(Config::constant(format!("key.{number}"), number)).await.unwrap();
                }
            }
        });
        tokio::task::yield_now().await;
        let created: Vec<_> = (0..4)
            .map(|_| {
                let fixture = Arc::clone(&fixture);
                tokio::spawn(async move {
                    fixture.project.activate(production, &fixture.service.workers).await.unwrap()
                })
            })
            .collect();
        let mut channels = Vec::new();
        for channel in created {
            channels.push(channel.await.unwrap());
        }
        changing.await.unwrap();
        let (channel, others) = channels.split_first().unwrap();
        assert!(others.iter().all(|other| Arc::ptr_eq(channel, other)));
        assert_eq!(
            (channel.ruleset().len(), channel.snapshot().last_id),
            (20, fixture.project.published_id())
        );
    }
}
