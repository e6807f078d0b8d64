//! Subscribers that are set for one thread, as in tests.
//!
//! While there is only one subscriber, `tracing` uses the one of the rebuilding thread. If the subscriber is set for another
//! thread, the rebuilding thread has none, and every line of the program would be disabled.

use tracing_core::{
    Dispatch, Event, Metadata, Subscriber, dispatcher,
    span::{Attributes, Id, Record},
    subscriber::{Interest, NoSubscriber},
};

/// Makes a rebuild on this thread ask the subscribers of all threads.
pub(crate) fn ensure_all_subscribers_are_asked() {
    if dispatcher::get_default(Dispatch::is::<NoSubscriber>) {
        // After a second subscriber has existed, `tracing` uses its list of all subscribers.
        drop(Dispatch::new(TemporarySubscriber));
    }
}

/// A subscriber that records nothing and disables nothing.
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
