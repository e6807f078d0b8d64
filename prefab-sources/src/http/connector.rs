//! HTTP clients, created when they are needed.
//!
//! The system may lack a part that only some addresses require, such as CA certificates. Then the requests to those addresses
//! fail, and are retried like requests to a server that is down.

use std::sync::{Mutex, PoisonError};

use reqwest::{Client, ClientBuilder, redirect::Policy};

use super::{TCP_KEEPALIVE, origin::Origin};
use crate::SourceError;

/// Creates the HTTP client of a source at its first request.
pub(super) struct Connector {
    redirects: fn() -> Policy,
    /// The client for all addresses.
    full: Mutex<Option<Client>>,
    /// A client for `http` only, if the other could not be created.
    plain: Mutex<Option<Client>>,
}

impl Connector {
    /// Returns a connector that follows redirects within an origin.
    pub(super) fn new() -> Self {
        Self { redirects: within_origin, full: Mutex::default(), plain: Mutex::default() }
    }

    /// Returns a connector that follows no redirects.
    pub(super) fn without_redirects() -> Self {
        Self { redirects: Policy::none, ..Self::new() }
    }

    /// Returns a client for requests to `origin`.
    pub(super) fn client(&self, origin: &Origin) -> Result<Client, SourceError> {
        // Creating the client for all addresses reads all certificates of the system, also if it fails.
        if !origin.is_tls()
            && let Some(client) = existing(&self.plain)
        {
            return Ok(client);
        }
        match get_or_create(&self.full, || self.builder()) {
            Ok(client) => Ok(client),
            Err(cause) if origin.is_tls() => Err(origin.without_tls(&cause)),
            Err(_) => get_or_create(&self.plain, || without_certificates(self.builder())).map_err(|cause| {
                origin.unavailable(format!("cannot be reached: {}", super::origin::root(&cause)))
            }),
        }
    }

    fn builder(&self) -> ClientBuilder {
        Client::builder()
            // A connection that died silently must not be reused after the idle timeout.
            .pool_max_idle_per_host(0)
            .tcp_keepalive(TCP_KEEPALIVE)
            .redirect((self.redirects)())
    }
}

fn existing(place: &Mutex<Option<Client>>) -> Option<Client> {
    place.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn get_or_create(
    place: &Mutex<Option<Client>>,
    builder: impl FnOnce() -> ClientBuilder,
) -> reqwest::Result<Client> {
    let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
    match &*place {
        Some(client) => Ok(client.clone()),
        None => Ok(place.insert(builder().build()?).clone()),
    }
}

#[cfg(feature = "rustls")]
fn without_certificates(builder: ClientBuilder) -> ClientBuilder {
    builder.tls_certs_only([])
}

#[cfg(not(feature = "rustls"))]
fn without_certificates(builder: ClientBuilder) -> ClientBuilder {
    builder
}

/// Follows redirects within an origin. The API key is not sent to another origin, whose response would be misleading.
fn within_origin() -> Policy {
    const MAX_REDIRECTS: usize = 10;
    Policy::custom(|attempt| {
        let is_same = attempt.previous().last().is_some_and(|last| last.origin() == attempt.url().origin());
        if !is_same {
            attempt.stop()
        } else if attempt.previous().len() > MAX_REDIRECTS {
            attempt.error("too many redirects")
        } else {
            attempt.follow()
        }
    })
}
