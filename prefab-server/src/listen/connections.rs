//! The open connections: how many, from which address, and which of them are idle.
//!
//! Start with [`Connections::admit`]. A connection is idle while the server waits for its peer: for the first
//! bytes, for the next request, or for more of a request body; or while it delays a response. When all connections are taken, the one that has
//! been idle longest is closed.

use std::{
    collections::{BTreeMap, HashMap},
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::Version;
use prometheus_client::metrics::counter::Counter;
use tokio::{sync::Notify, time::Instant};

use crate::network::Network;

/// How long a connection is idle before another one may take its place: about the time of a round trip, so that
/// a new connection can send its first request.
const EVICTABLE_AFTER: Duration = Duration::from_millis(250);

/// The bounds on open connections.
pub(super) struct Bounds {
    pub(super) connections: usize,
    pub(super) per_address: usize,
    pub(super) trusted_proxies: Arc<[Network]>,
}

/// The open connections.
pub(super) struct Connections {
    bounds: Bounds,
    evicted: Counter,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: HashMap<u64, Entry>,
    /// By the order in which they became idle.
    idle: BTreeMap<u64, Idle>,
    by_address: HashMap<IpAddr, usize>,
    last_number: u64,
}

struct Entry {
    /// What it counts against; `None` for trusted proxies.
    address: Option<IpAddr>,
    close: Arc<Notify>,
    /// Requests whose response has not been sent completely.
    requests: usize,
    /// Requests that wait for more of their body.
    waiting: usize,
    /// Where it is among the idle ones.
    turn: Option<u64>,
    /// The version of its last request.
    version: Option<Version>,
    unused_since: Instant,
}

struct Idle {
    id: u64,
    since: Instant,
}

/// A moment in the order in which connections became idle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    number: u64,
    since: Instant,
}

impl Connections {
    pub(super) fn new(bounds: Bounds, evicted: Counter) -> Arc<Self> {
        Arc::new(Self { bounds, evicted, state: Mutex::default() })
    }

    /// Registers a new connection, or returns `None` if there is no room for it.
    ///
    /// If all connections are taken, closes the one that has been idle longest.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Admission> {
        let is_trusted = self.bounds.trusted_proxies.iter().any(|network| network.contains(address));
        let counted = (!is_trusted).then(|| subscriber(address));
        let mut state = self.state();
        let used = counted.and_then(|address| state.by_address.get(&address)).copied().unwrap_or_default();
        if counted.is_some() && used >= self.bounds.per_address {
            return None;
        }
        if state.open.len() >= self.bounds.connections {
            let oldest = state.oldest_idle()?;
            state.close(oldest);
            self.evicted.inc();
        }
        if let Some(address) = counted {
            *state.by_address.entry(address).or_default() += 1;
        }
        let (id, close) = (state.number(), Arc::new(Notify::new()));
        let entry = Entry {
            address: counted,
            close: Arc::clone(&close),
            requests: 0,
            waiting: 0,
            turn: None,
            version: None,
            unused_since: Instant::now(),
        };
        state.open.insert(id, entry);
        let turn = state.turn();
        state.set_idle(id, turn);
        Some(Admission { activity: Activity { id, connections: Arc::clone(self) }, close })
    }

    /// Closes all connections.
    pub(super) fn close_all(&self) {
        let mut state = self.state();
        let ids: Vec<u64> = state.open.keys().copied().collect();
        for id in ids {
            state.close(id);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics half-way, so what a poisoned lock guards is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    fn turn(&mut self) -> Turn {
        Turn { number: self.number(), since: Instant::now() }
    }

    fn oldest_idle(&self) -> Option<u64> {
        let (_, oldest) = self.idle.first_key_value()?;
        (oldest.since.elapsed() >= EVICTABLE_AFTER).then_some(oldest.id)
    }

    /// Makes room immediately; the task of the connection ends it a moment later.
    fn close(&mut self, id: u64) {
        if let Some(entry) = self.remove(id) {
            entry.close.notify_one();
        }
    }

    fn remove(&mut self, id: u64) -> Option<Entry> {
        let entry = self.open.remove(&id)?;
        if let Some(turn) = entry.turn {
            self.idle.remove(&turn);
        }
        if let Some(address) = entry.address
            && let Some(count) = self.by_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                self.by_address.remove(&address);
            }
        }
        Some(entry)
    }

    fn set_idle(&mut self, id: u64, turn: Turn) {
        let Some(entry) = self.open.get_mut(&id) else { return };
        if entry.requests == entry.waiting && entry.turn.is_none() {
            entry.turn = Some(turn.number);
            self.idle.insert(turn.number, Idle { id, since: turn.since });
        }
    }

    fn set_busy(&mut self, id: u64) {
        if let Some(turn) = self.open.get_mut(&id).and_then(|entry| entry.turn.take()) {
            self.idle.remove(&turn);
        }
    }
}

/// An open connection. Dropping it makes room for another one.
pub(super) struct Admission {
    activity: Activity,
    close: Arc<Notify>,
}

impl Admission {
    pub(super) fn activity(&self) -> &Activity {
        &self.activity
    }

    /// Waits until the connection must be closed to make room.
    pub(super) async fn closed(&self) {
        self.close.notified().await;
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let Activity { id, connections } = &self.activity;
        connections.state().remove(*id);
    }
}

/// Reports what happens on a connection. Cloning reports on the same one.
#[derive(Clone)]
pub(crate) struct Activity {
    id: u64,
    connections: Arc<Connections>,
}

impl Activity {
    /// Reports a new request.
    pub(super) fn request(&self, version: Version) -> RequestInProgress {
        let mut state = self.connections.state();
        state.set_busy(self.id);
        if let Some(entry) = state.open.get_mut(&self.id) {
            entry.requests += 1;
            entry.version = Some(version);
        }
        RequestInProgress(self.clone())
    }

    /// Reports that a request waits for more of its body.
    ///
    /// All waits of one body have the turn of the first one: a peer that sends byte after byte does not become
    /// less idle by that.
    pub(crate) fn body_waits(&self, first: &mut Option<Turn>) {
        let mut state = self.connections.state();
        let turn = *first.get_or_insert_with(|| state.turn());
        if let Some(entry) = state.open.get_mut(&self.id) {
            entry.waiting += 1;
        }
        state.set_idle(self.id, turn);
    }

    /// Reports that a request no longer waits for its body.
    pub(crate) fn body_arrived(&self) {
        let mut state = self.connections.state();
        state.set_busy(self.id);
        if let Some(entry) = state.open.get_mut(&self.id) {
            entry.waiting = entry.waiting.saturating_sub(1);
        }
    }

    /// Marks a request as idle, while the server delays its response, until the guard is dropped.
    pub(crate) fn idle(&self) -> IdleRequest {
        self.body_waits(&mut None);
        IdleRequest(self.clone())
    }

    /// Returns since when no request has been in progress, with the version of the last one.
    pub(super) fn unused_since(&self) -> Option<(Instant, Option<Version>)> {
        let state = self.connections.state();
        let entry = state.open.get(&self.id).filter(|entry| entry.requests == 0)?;
        Some((entry.unused_since, entry.version))
    }
}

/// A request in progress that does not keep its connection from being closed to make room.
pub(crate) struct IdleRequest(Activity);

impl Drop for IdleRequest {
    fn drop(&mut self) {
        self.0.body_arrived();
    }
}

/// A request whose response has not been sent completely.
pub(super) struct RequestInProgress(Activity);

impl Drop for RequestInProgress {
    fn drop(&mut self) {
        let Activity { id, connections } = &self.0;
        let mut state = connections.state();
        let turn = state.turn();
        if let Some(entry) = state.open.get_mut(id) {
            entry.requests = entry.requests.saturating_sub(1);
            entry.unused_since = turn.since;
        }
        state.set_idle(*id, turn);
    }
}

/// Returns what the bound per address counts: an IPv4 address, or the /64 network that one IPv6 subscriber has.
fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn connections(connections: usize, per_address: usize) -> Arc<Connections> {
        let trusted_proxies = [Network::from_str("10.0.0.0/8").unwrap()].as_slice().into();
        Connections::new(Bounds { connections, per_address, trusted_proxies }, Counter::default())
    }

    use std::str::FromStr as _;

    fn admit(connections: &Arc<Connections>, address: &str) -> Option<Admission> {
        connections.admit(address.parse().unwrap())
    }

    #[test]
    fn an_address_has_a_bound_and_trusted_proxies_have_none() {
        let all = connections(100, 2);
        let kept: Vec<_> = (0..3).map(|_| admit(&all, "192.0.2.1")).collect();
        assert_eq!(kept.iter().flatten().count(), 2);
        assert!(admit(&all, "::ffff:192.0.2.1").is_none(), "the same address");
        assert_eq!((0..5).map(|_| admit(&all, "10.1.2.3")).collect::<Vec<_>>().iter().flatten().count(), 5);
        let one = admit(&all, "2001:db8::1");
        let two = admit(&all, "2001:db8::2");
        assert!(one.is_some() && two.is_some() && admit(&all, "2001:db8::3").is_none(), "one subscriber");
        drop(kept);
        assert!(admit(&all, "192.0.2.1").is_some(), "room again");
    }

    #[tokio::test(start_paused = true)]
    async fn the_connection_that_has_been_idle_longest_makes_room() {
        let all = connections(3, 3);
        let (first, second, third) =
            (admit(&all, "::1").unwrap(), admit(&all, "::1").unwrap(), admit(&all, "10.0.0.1").unwrap());
        assert!(admit(&all, "10.0.0.1").is_none(), "all have just been opened");
        let request = first.activity().request(Version::HTTP_11);
        advance(EVICTABLE_AFTER).await;
        let _new = admit(&all, "10.0.0.1").unwrap();
        assert!(is_open(&first) && !is_open(&second) && is_open(&third));
        // The request waits for its body since before the next one was idle.
        let mut turn = None;
        request.0.body_waits(&mut turn);
        request.0.body_arrived();
        let busy = third.activity().request(Version::HTTP_11);
        drop(busy);
        request.0.body_waits(&mut turn);
        advance(EVICTABLE_AFTER).await;
        let _new = (admit(&all, "10.0.0.1").unwrap(), admit(&all, "10.0.0.1"));
        assert!(!is_open(&first) && is_open(&third));
        assert_eq!(all.evicted.get(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_with_a_delayed_response_makes_room() {
        let all = connections(1, 3);
        let first = admit(&all, "::1").unwrap();
        let request = first.activity().request(Version::HTTP_11);
        advance(EVICTABLE_AFTER).await;
        assert!(admit(&all, "::1").is_none(), "the request is in progress");
        drop(request.0.idle());
        advance(EVICTABLE_AFTER).await;
        assert!(admit(&all, "::1").is_none(), "the delay is over");
        let _idle = request.0.idle();
        advance(EVICTABLE_AFTER).await;
        assert!(admit(&all, "::1").is_some() && !is_open(&first));
    }

    fn is_open(admission: &Admission) -> bool {
        admission.activity.connections.state().open.contains_key(&admission.activity.id)
    }
}
