//! The origin of a request: address and program.

use std::{convert::Infallible, net::IpAddr};

use axum::extract::FromRequestParts;
use http::{HeaderMap, header::USER_AGENT, request::Parts};

use crate::api::state::App;
use prefab_service::Origin;

use crate::network::Network;

/// The maximum length of a header that is recorded.
const MAX_HEADER_LENGTH: usize = 120;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The client address: the peer of the connection, or the address that a trusted proxy reports.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    address: IpAddr,
    is_from_proxy: bool,
}

impl Peer {
    pub(crate) fn of(connected: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> Self {
        let is_trusted = |address| trusted.iter().any(|network| network.contains(address));
        let mut peer = Self { address: connected, is_from_proxy: false };
        if !is_trusted(connected) {
            return peer;
        }
        // Each proxy appends its client, so entries are reliable from the end up to the first untrusted address.
        let lines = headers.get_all(FORWARDED_FOR).iter().filter_map(|line| line.to_str().ok());
        let forwarded: Vec<_> = lines.flat_map(|line| line.split(',')).collect();
        for address in forwarded.iter().rev().map_while(|text| text.trim().parse().ok()) {
            peer = Self { address, is_from_proxy: true };
            if !is_trusted(address) {
                break;
            }
        }
        peer
    }
}

/// Returns the origin of a request.
pub(crate) fn origin_of(parts: &Parts) -> Origin {
    let peer = parts.extensions.get::<Peer>();
    let mut address = peer.map(|peer| peer.address.to_string()).unwrap_or_default();
    let is_from_proxy = peer.is_some_and(|peer| peer.is_from_proxy);
    if let Some(claimed) = text(&parts.headers, FORWARDED_FOR).filter(|_| !is_from_proxy) {
        // Any client can send this header, so it is recorded beside the address, not instead of it.
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
    Some(text.chars().filter(|letter| !letter.is_control()).take(MAX_HEADER_LENGTH).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(connected: &str, forwarded: &[&str], seen: &str) {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        let trusted = ["10.0.0.0/8", "127.0.0.1"].map(|network| network.parse().unwrap());
        let peer = Peer::of(connected.parse().unwrap(), &headers, &trusted);
        assert_eq!(peer.address.to_string(), seen, "{connected} {forwarded:?}");
    }

    #[test]
    fn only_trusted_proxies_report_the_client_address() {
        check("10.0.0.7", &["203.0.113.9"], "203.0.113.9");
        check("198.51.100.4", &["203.0.113.9"], "198.51.100.4");
        check("10.0.0.7", &[], "10.0.0.7");
        // Entries of the client come before those of the proxies.
        check("10.0.0.7", &["1.2.3.4, 203.0.113.9"], "203.0.113.9");
        check("10.0.0.7", &["1.2.3.4", "203.0.113.9, 10.0.0.8"], "203.0.113.9");
        check("10.0.0.7", &["unknown, 10.0.0.8"], "10.0.0.8");
        check("127.0.0.1", &["2001:db8::1"], "2001:db8::1");
    }
}
