//! Providers in each status, and a wrapper that records what the provider receives.

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use open_feature::{
    EvaluationContext, EvaluationResult, StructValue, async_trait,
    provider::{FeatureProvider, ProviderMetadata, ProviderStatus, ResolutionDetails},
};
use prefab_client::{Client, ClientStatus, Datasources};
use prefab_openfeature::{Metadata, PrefabProvider};
use prefab_testing::{
    upstream::{KEY, Upstream},
    within,
};

/// A provider, and the server that it depends on.
pub(crate) struct Started {
    pub(crate) provider: Arc<PrefabProvider>,
    pub(crate) _server: Option<Upstream>,
}

/// Returns a provider in a status. It is initialized as the SDK does it, unless it must not be ready.
pub(crate) async fn start(status: &str, flags: &Path, metadata: Metadata) -> Started {
    let with_flags = || Client::in_memory().datafile(flags).build().unwrap();
    let connect = |server: &Upstream, key: &str| {
        let builder = Client::in_memory().datasources(Datasources::All).api_key(key);
        builder.api_urls([server.url()]).local_cache(false).build().unwrap()
    };
    let (client, server) = match status {
        "stable" => (with_flags(), None),
        "not ready" => {
            let server = Upstream::start();
            server.delay(Duration::from_secs(60));
            (connect(&server, KEY), Some(server))
        }
        "error" => {
            let server = Upstream::start();
            (connect(&server, "123-wrong-key"), Some(server))
        }
        "stale" => {
            let mut server = Upstream::start();
            let client = connect(&server, KEY);
            let status = || client.state().status;
            let limit = Duration::from_secs(10);
            within(limit, "the stream", || status() == ClientStatus::Live);
            server.stop();
            within(limit, "the end of the stream", || matches!(status(), ClientStatus::Stale { .. }));
            (client, Some(server))
        }
        other => panic!("unknown status {other}"),
    };
    let mut provider = PrefabProvider::builder(client).metadata(metadata).build();
    if status != "not ready" {
        provider.initialize(&EvaluationContext::default()).await;
    }
    Started { provider: Arc::new(provider), _server: server }
}

/// A provider that passes everything on and records the evaluation contexts.
pub(crate) struct Recording {
    pub(crate) inner: Arc<PrefabProvider>,
    pub(crate) contexts: Arc<Mutex<Vec<EvaluationContext>>>,
}

impl Recording {
    fn inner(&self, context: &EvaluationContext) -> &PrefabProvider {
        self.contexts.lock().unwrap().push(context.clone());
        &self.inner
    }
}

#[async_trait]
impl FeatureProvider for Recording {
    fn status(&self) -> ProviderStatus {
        self.inner.status()
    }

    fn metadata(&self) -> &ProviderMetadata {
        self.inner.metadata()
    }

    async fn resolve_bool_value(
        &self,
        key: &str,
        context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<bool>> {
        self.inner(context).resolve_bool_value(key, context).await
    }

    async fn resolve_int_value(
        &self,
        key: &str,
        context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<i64>> {
        self.inner(context).resolve_int_value(key, context).await
    }

    async fn resolve_float_value(
        &self,
        key: &str,
        context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<f64>> {
        self.inner(context).resolve_float_value(key, context).await
    }

    async fn resolve_string_value(
        &self,
        key: &str,
        context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<String>> {
        self.inner(context).resolve_string_value(key, context).await
    }

    async fn resolve_struct_value(
        &self,
        key: &str,
        context: &EvaluationContext,
    ) -> EvaluationResult<ResolutionDetails<StructValue>> {
        self.inner(context).resolve_struct_value(key, context).await
    }
}
