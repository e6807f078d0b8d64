//! From where a request comes, and with which program, as far as it says.

use std::{convert::Infallible, net::SocketAddr};

use axum::extract::FromRequestParts;
use http::{HeaderMap, header::USER_AGENT, request::Parts};

use super::App;

/// How much of what a client says of itself is kept.
const MOST: usize = 120;

/// The other end of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// From where a request comes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    /// The address, and for whom a proxy says it asks.
    pub(crate) address: String,
    /// The program, as it calls itself.
    pub(crate) via: String,
}

impl Origin {
    pub(crate) fn of(parts: &Parts) -> Self {
        let peer = parts.extensions.get::<Peer>().map(|Peer(address)| address.ip().to_string());
        let mut address = peer.unwrap_or_default();
        if let Some(claimed) = text(&parts.headers, "x-forwarded-for") {
            // Anybody can claim this, so it stands beside the address and not in its place.
            address = format!("{address} for {claimed}");
        }
        let program = text(&parts.headers, "x-prefabcloud-client-version");
        let via = program.or_else(|| text(&parts.headers, USER_AGENT.as_str())).unwrap_or_default();
        Self { address, via }
    }
}

impl Origin {
    /// Returns the address that the connection comes from, whatever is claimed.
    pub(crate) fn peer(&self) -> &str {
        self.address.split(' ').next().unwrap_or_default()
    }
}

impl FromRequestParts<App> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?;
    Some(text.chars().filter(|letter| !letter.is_control()).take(MOST).collect())
}
