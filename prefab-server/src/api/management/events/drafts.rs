//! Drafts that come, are approved, and go.

use tokio::sync::watch;

use prefab_management_api::DraftEvent;
use prefab_service::project::{Drafts, Project};

/// What somebody has been told of drafts.
pub(super) struct Drawer {
    told: Drafts,
    news: watch::Receiver<Drafts>,
}

impl Drawer {
    /// Begins with what there is now.
    pub(super) fn of(project: &Project) -> Self {
        let mut news = project.drafts();
        let told = news.borrow_and_update().clone();
        Self { told, news }
    }

    /// Waits until there is something to tell; false when there never will be.
    pub(super) async fn changed(&mut self) -> bool {
        self.news.changed().await.is_ok()
    }

    /// Returns what is to be told, and takes it as told.
    pub(super) fn events(&mut self) -> Vec<DraftEvent> {
        let now = self.news.borrow_and_update().clone();
        let before = std::mem::replace(&mut self.told, now);
        differences(&before, &self.told)
    }
}

fn differences(before: &Drafts, now: &Drafts) -> Vec<DraftEvent> {
    let gone = before.iter().filter(|draft| !now.iter().any(|other| other.key == draft.key));
    let gone = gone.map(|draft| DraftEvent {
        key: draft.key.clone(),
        saved_by: None,
        saved_at: None,
        approved_by: None,
    });
    let new = now.iter().filter(|draft| !before.contains(draft)).map(|draft| DraftEvent {
        key: draft.key.clone(),
        saved_by: Some(draft.saved_by.clone()),
        saved_at: Some(draft.saved_at_millis),
        approved_by: draft.approved_by.clone(),
    });
    gone.chain(new).collect()
}
