//! The two ways in which `tracing` can ask a filter.

use tracing_core::{Event, LevelFilter, Metadata, Subscriber, subscriber::Interest};
use tracing_subscriber::{
    Layer,
    layer::{Context, Filter},
};

use crate::LogFilter;

/// For one layer: what it is not shown, others may see.
impl<S> Filter<S> for LogFilter {
    #[inline]
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        self.state.enabled(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.state.interest(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.state.max_level()
    }

    #[inline]
    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        self.count(event);
        true
    }
}

/// For all layers: what it says no to, nobody sees.
impl<S: Subscriber> Layer<S> for LogFilter {
    #[inline]
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        self.state.enabled(metadata)
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.state.interest(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.state.max_level()
    }

    #[inline]
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        self.count(event);
        true
    }
}

impl LogFilter {
    #[inline]
    fn count(&self, event: &Event<'_>) {
        if let Some(counts) = &self.state.counts {
            counts.add(event);
        }
        if let Some(counts) = self.state.also_counts.get() {
            counts.add(event);
        }
    }
}
