//! The state that request handlers share.

use std::{ops::Deref, path::Path, sync::Arc, time::Instant};

use axum::{
    Json,
    response::{IntoResponse as _, Response},
};
use prefab_core::ids::ProjectId;
use prefab_service::{
    Service,
    evaluate::{cache::Cache, parts::ResponseParts},
    sign_in::SignIn,
};
use prefab_store::Backup;
use serde::Serialize;
use tokio::sync::Semaphore;

use super::{error::ApiError, management::StreamAuthorizations, ready::Readiness};
use crate::options::PublicUrl;

/// The state that request handlers share. Cloning it is cheap.
#[derive(Clone)]
pub(crate) struct App(Arc<Parts>);

/// The state of an [`App`].
pub(crate) struct Parts {
    pub(crate) service: Arc<Service>,
    pub(crate) evaluations: Cache,
    pub(crate) shared_texts: ResponseParts,
    pub(crate) sign_in: Arc<SignIn>,
    pub(crate) stream_authorizations: Arc<StreamAuthorizations>,
    pub(crate) readiness: Readiness,
    /// Permits for OFREP requests that wait for a version of another server.
    pub(crate) waiting_refetches: Semaphore,
    /// Whether OFREP responses offer an event stream.
    pub(crate) ofrep_streams: bool,
    /// Whether the server was started with a damaged database.
    pub(crate) is_damaged: bool,
    /// Whether the server itself serves https.
    pub(crate) tls: bool,
    /// The URL at which browsers reach the server, if it is configured.
    pub(crate) public_url: Option<PublicUrl>,
    /// The folder in which files may be written.
    pub(crate) data_dir: Arc<Path>,
    /// Writes copies of the store.
    pub(crate) backup: Arc<dyn Backup>,
}

impl App {
    pub(crate) fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// Runs CPU-heavy work of a request on a worker thread.
    ///
    /// The work receives the moment at which its caller stops waiting; long loops should check it.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        project: ProjectId,
        work: impl FnOnce(Instant) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.service.work(project, work).await
    }

    /// Answers with the result of CPU-heavy work as JSON, which a worker thread serializes too.
    pub(crate) async fn json<T: Serialize>(
        &self,
        project: ProjectId,
        work: impl FnOnce(Instant) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<Response, ApiError> {
        self.work(project, move |deadline| Ok(Json(work(deadline)?).into_response())).await
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Deref for Parts {
    type Target = Service;

    fn deref(&self) -> &Service {
        &self.service
    }
}
