//! Subscribers that are set for one thread alone, as tests do.
//!
//! As long as there is one subscriber only, `tracing` takes the one of the thread that rebuilds for it. Where it
//! is set for another thread, the rebuilding one has none, and every line of the program would be silenced.

use tracing_core::{
    Dispatch, Event, Metadata, Subscriber, dispatcher,
    span::{Attributes, Id, Record},
    subscriber::{Interest, NoSubscriber},
};

/// Sees to it that a rebuild on this thread asks the subscribers of all threads.
pub(crate) fn ensure_all_subscribers_are_asked() {
    if dispatcher::get_default(Dispatch::is::<NoSubscriber>) {
        // Having seen a second subscriber, if a short-lived one, `tracing` looks at the list of all.
        drop(Dispatch::new(TemporarySubscriber));
    }
}

/// Takes nothing and lets everything be asked about.
struct TemporarySubscriber;

impl Subscriber for TemporarySubscriber {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, _: &Metadata<'_>) -> bool {
        false
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
