//! OpenFeature provider for Prefab.
//!
//! [`PrefabProvider`] makes the flags and configs of a [`prefab_client::Client`] available to programs that are written
//! against [`open_feature`]. Evaluation happens in the process: no call waits for the network.
//!
//! # Examples
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), prefab_client::Error> {
//! use open_feature::{EvaluationContext, OpenFeature};
//! use prefab_client::Client;
//! use prefab_openfeature::PrefabProvider;
//!
//! let prefab = Client::in_memory().value("new-checkout", true).build()?;
//! OpenFeature::singleton_mut().await.set_provider(PrefabProvider::new(prefab)).await;
//!
//! let client = OpenFeature::singleton().await.create_client();
//! let user = EvaluationContext::default().with_targeting_key("u-1").with_custom_field("user.plan", "pro");
//! assert!(client.get_bool_value("new-checkout", Some(&user), None).await.unwrap_or(false));
//! # Ok(()) }
//! ```
//!
//! # Contexts, values and reasons
//!
//! The page `docs/openfeature.md` of the repository contains the tables. In short:
//!
//! - The targeting key becomes the property `user.key`; [`ProviderBuilder::targeting_key`] changes that. The field
//!   `user.plan` becomes the property `plan` of the context `user`, and a field without a dot becomes a property of the
//!   unnamed context.
//! - A value is never rounded and never converted to another type, with the exceptions in the table.
//! - The result contains the reason, a variant and [`Metadata`].
//!
//! The SDK merges the contexts of an invocation, a client and the program field by field. In Prefab, a context replaces the
//! weaker context of the same name as a whole. The contexts of the Prefab client (global, bound and of a
//! [scope](prefab_client::scope)) are weaker than the evaluation context.
//!
//! # Changes
//!
//! `open-feature` 0.3 has no events. Use the Prefab client, which [`PrefabProvider::client`] returns:
//! [`Client::on_change`](prefab_client::Client::on_change) calls a listener with the keys that changed, and
//! [`Client::on_state_change`](prefab_client::Client::on_state_change) when the connection to the server changes.
//!
//! # Features
//!
//! | feature | default | adds |
//! | --- | --- | --- |
//! | `tracing` | no | [`TracingHook`], which emits events of evaluations |

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(feature = "tracing"), allow(rustdoc::broken_intra_doc_links))]

mod builder;
mod cache;
mod context;
mod metadata;
mod provider;
#[cfg(feature = "tracing")]
mod recent_events;
mod structure;
#[cfg(feature = "tracing")]
mod tracing_hook;

pub use builder::ProviderBuilder;
pub use metadata::Metadata;
pub use provider::PrefabProvider;
#[cfg(feature = "tracing")]
#[cfg_attr(docsrs, doc(cfg(feature = "tracing")))]
pub use tracing_hook::TracingHook;

/// The pages of the documentation whose examples are compiled and run.
#[cfg(all(doctest, feature = "tracing"))]
mod pages {
    #[doc = include_str!("../README.md")]
    struct Readme;

    #[doc = include_str!("../../docs/openfeature.md")]
    struct OpenFeature;
}
