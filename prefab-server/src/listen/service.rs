//! The service of one connection: the router, with where each request comes from and what is in progress.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
};
use http::{Request, Response};
use hyper::{
    body::{Frame, Incoming, SizeHint},
    service::{Service, service_fn},
};
use tower::ServiceExt as _;

use super::connections::{Activity, RequestInProgress};
use crate::{api::origin::Peer, network::Network};

/// Returns the service of one connection.
pub(super) fn of(
    router: Router,
    peer: SocketAddr,
    trusted_proxies: &Arc<[Network]>,
    activity: &Activity,
) -> impl Service<Request<Incoming>, Response = Response<TrackedBody>, Error = Infallible, Future: Send + 'static>
+ use<> {
    let (trusted_proxies, activity) = (Arc::clone(trusted_proxies), activity.clone());
    service_fn(move |mut request: Request<Incoming>| {
        let in_progress = activity.request(request.version());
        let peer = Peer::of(peer.ip(), request.headers(), &trusted_proxies);
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(activity.clone());
        let response = router.clone().oneshot(request);
        async move {
            let response: Response<Body> = response.await?;
            Ok(response.map(|body| TrackedBody { body, _in_progress: in_progress }))
        }
    })
}

/// A response body. Its request is in progress until it has been sent, or dropped.
pub(super) struct TrackedBody {
    body: Body,
    _in_progress: RequestInProgress,
}

impl HttpBody for TrackedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
