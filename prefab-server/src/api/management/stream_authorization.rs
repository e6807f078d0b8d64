//! Authorization of event streams: a stream ends with the key, the token or the session that started it.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

use prefab_core::ids::ProjectId;
use prefab_service::{limits::Principal, project_cache::ProjectCache};
use prefab_store::{Store, StoreError, key::KeyHash};

/// How often the sessions and tokens of open streams are checked.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// The credential of a stream.
pub(super) enum StreamAuthorization {
    Key(i64),
    Token(i64, KeyHash),
    Session(i64, KeyHash),
}

impl StreamAuthorization {
    /// Returns the principal to whose limits the stream counts.
    pub(super) fn principal(&self) -> Principal {
        match self {
            Self::Key(id) => Principal::Key(*id),
            Self::Token(id, _) => Principal::Token(*id),
            Self::Session(person, _) => Principal::Person(*person),
        }
    }

    /// Waits until the credential loses access to the project.
    pub(super) async fn ended(
        self,
        project_cache: Arc<ProjectCache>,
        leases: Arc<StreamAuthorizations>,
        project: ProjectId,
    ) {
        let credential = match self {
            Self::Key(id) => return project_cache.key_ended(id).await,
            Self::Token(_, hash) => Credential::Token(hash.0),
            Self::Session(_, hash) => Credential::Session(hash.0),
        };
        let mut allowed = leases.follow(&project_cache, credential);
        let ended = allowed.wait_for(|allowed| allowed.as_ref().is_some_and(|all| !all.contains(&project)));
        // The watch channel stays open while a stream follows it.
        let _ = ended.await;
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Credential {
    Token([u8; 32]),
    Session([u8; 32]),
}

/// The projects to which a credential has access; `None` before the first check.
type Allowed = Option<BTreeSet<ProjectId>>;

/// The sessions and tokens of open streams. Each is checked once a second, independent of its number of streams.
#[derive(Default)]
pub(crate) struct StreamAuthorizations {
    followed: Mutex<HashMap<Credential, watch::Sender<Allowed>>>,
}

impl StreamAuthorizations {
    fn follow(
        self: &Arc<Self>,
        project_cache: &Arc<ProjectCache>,
        credential: Credential,
    ) -> watch::Receiver<Allowed> {
        let mut followed = self.followed();
        if followed.is_empty() {
            tokio::spawn(Arc::clone(self).poll(Arc::clone(project_cache)));
        }
        followed.entry(credential).or_default().subscribe()
    }

    /// Checks all credentials periodically until no stream is open.
    async fn poll(self: Arc<Self>, project_cache: Arc<ProjectCache>) {
        loop {
            tokio::time::sleep(POLL_INTERVAL).await;
            let credentials: Vec<Credential> = {
                let mut followed = self.followed();
                followed.retain(|_, allowed| allowed.receiver_count() > 0);
                if followed.is_empty() {
                    return;
                }
                followed.keys().copied().collect()
            };
            for credential in credentials {
                // Streams stay open if the store fails.
                let Ok(now) = projects(project_cache.store(), credential).await else { continue };
                if let Some(allowed) = self.followed().get(&credential) {
                    allowed.send_if_modified(|known| {
                        let is_new = known.as_ref() != Some(&now);
                        *known = Some(now);
                        is_new
                    });
                }
            }
        }
    }

    fn followed(&self) -> MutexGuard<'_, HashMap<Credential, watch::Sender<Allowed>>> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn projects(store: &dyn Store, credential: Credential) -> Result<BTreeSet<ProjectId>, StoreError> {
    Ok(match credential {
        Credential::Token(hash) => {
            let token = store.token(KeyHash(hash), false).await?;
            token.map(|token| token.project).into_iter().collect()
        }
        Credential::Session(hash) => {
            let session = store.session(KeyHash(hash), false).await?;
            session.map(|session| session.projects.into_keys().collect()).unwrap_or_default()
        }
    })
}
