//! Events about drafts.

use tokio::sync::watch;

use prefab_management_api::DraftEvent;
use prefab_service::project::{Drafts, Project};

/// Compares the drafts of a project with those of the last event.
pub(super) struct DraftWatcher {
    sent: Drafts,
    current: watch::Receiver<Drafts>,
}

impl DraftWatcher {
    /// Starts with the current drafts.
    pub(super) fn of(project: &Project) -> Self {
        let mut current = project.drafts();
        let sent = current.borrow_and_update().clone();
        Self { sent, current }
    }

    /// Waits for a change. Returns false if there will be none.
    pub(super) async fn changed(&mut self) -> bool {
        self.current.changed().await.is_ok()
    }

    /// Returns the events since the last call.
    pub(super) fn events(&mut self) -> Vec<DraftEvent> {
        let now = self.current.borrow_and_update().clone();
        let before = std::mem::replace(&mut self.sent, now);
        differences(&before, &self.sent)
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
