//! The shop. Its code does not depend on log levels.

use axum::{Router, extract::Path, extract::Request, routing::get};
use prefab_client::{Context, ContextSet, scope, tower::ContextLayer};
use tracing::{debug, info};

pub(crate) fn router() -> Router {
    Router::new().route("/orders/{id}", get(order)).layer(ContextLayer::new(request_contexts))
}

/// Returns the contexts of a request, for log levels, configs and flags.
fn request_contexts(request: &Request) -> ContextSet {
    let user = request.headers().get("x-user").and_then(|user| user.to_str().ok());
    Context::new("user").with("key", user).into()
}

async fn order(Path(id): Path<u64>) -> String {
    info!(target: "shop::web", id, "order requested");
    let rows = select(id).await;
    // A spawned task does not inherit the scope.
    let stock = tokio::spawn(scope::run(scope::current(), stock(id)));
    format!("{rows} row, {} in stock\n", stock.await.unwrap_or_default())
}

async fn select(id: u64) -> u64 {
    debug!(target: "shop::db", id, "select from orders");
    tokio::task::yield_now().await;
    debug!(target: "shop::db::pool", "connection released");
    1
}

async fn stock(id: u64) -> u64 {
    tokio::task::yield_now().await;
    debug!(target: "shop::db", id, "select from stock");
    id + 6
}
