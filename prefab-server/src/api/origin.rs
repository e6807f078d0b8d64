//! From where a request comes, and with which program, as far as it says.

use std::{convert::Infallible, net::IpAddr};

use axum::extract::FromRequestParts;
use http::{HeaderMap, header::USER_AGENT, request::Parts};

use crate::api::state::App;
use prefab_service::Origin;

use crate::network::Network;

/// How much of what a client says of itself is kept.
const MOST: usize = 120;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// Who asks: the other end of a connection, or for whom a trusted proxy there asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    address: IpAddr,
    is_told_by_a_proxy: bool,
}

impl Peer {
    pub(crate) fn of(connected: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> Self {
        let is_trusted = |address| trusted.iter().any(|network| network.contains(address));
        let mut peer = Self { address: connected, is_told_by_a_proxy: false };
        if !is_trusted(connected) {
            return peer;
        }
        // Each proxy writes behind the others whom it has seen, so from the end on what trusted ones wrote is true.
        let lines = headers.get_all(FORWARDED_FOR).iter().filter_map(|line| line.to_str().ok());
        let told: Vec<_> = lines.flat_map(|line| line.split(',')).collect();
        for address in told.iter().rev().map_while(|text| text.trim().parse().ok()) {
            peer = Self { address, is_told_by_a_proxy: true };
            if !is_trusted(address) {
                break;
            }
        }
        peer
    }
}

/// Returns where a request comes from.
pub(crate) fn origin_of(parts: &Parts) -> Origin {
    let peer = parts.extensions.get::<Peer>();
    let mut address = peer.map(|peer| peer.address.to_string()).unwrap_or_default();
    let is_told = peer.is_some_and(|peer| peer.is_told_by_a_proxy);
    if let Some(claimed) = text(&parts.headers, FORWARDED_FOR).filter(|_| !is_told) {
        // Anybody can claim this, so it stands beside the address and not in its place.
        address = format!("{address} for {claimed}");
    }
    let program = text(&parts.headers, "x-prefabcloud-client-version");
    let via = program.or_else(|| text(&parts.headers, USER_AGENT.as_str())).unwrap_or_default();
    Origin { address, via }
}

/// The origin of a request, as an extractor.
pub(crate) struct RequestOrigin(pub(crate) Origin);

impl FromRequestParts<App> for RequestOrigin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        Ok(Self(origin_of(parts)))
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?;
    Some(text.chars().filter(|letter| !letter.is_control()).take(MOST).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(connected: &str, told: &[&str], seen: &str) {
        let mut headers = HeaderMap::new();
        for line in told {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        let trusted = ["10.0.0.0/8", "127.0.0.1"].map(|network| network.parse().unwrap());
        let peer = Peer::of(connected.parse().unwrap(), &headers, &trusted);
        assert_eq!(peer.address.to_string(), seen, "{connected} {told:?}");
    }

    #[test]
    fn a_trusted_proxy_is_believed_and_nobody_else() {
        check("10.0.0.7", &["203.0.113.9"], "203.0.113.9");
        check("198.51.100.4", &["203.0.113.9"], "198.51.100.4");
        check("10.0.0.7", &[], "10.0.0.7");
        // What a client claims stands before what the proxies have seen.
        check("10.0.0.7", &["1.2.3.4, 203.0.113.9"], "203.0.113.9");
        check("10.0.0.7", &["1.2.3.4", "203.0.113.9, 10.0.0.8"], "203.0.113.9");
        check("10.0.0.7", &["unknown, 10.0.0.8"], "10.0.0.8");
        check("127.0.0.1", &["2001:db8::1"], "2001:db8::1");
    }
}
