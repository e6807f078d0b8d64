//! `LogFilter` as a filter of one layer and as a layer that filters for all.

use tracing_core::{Event, LevelFilter, Metadata, Subscriber, subscriber::Interest};
use tracing_subscriber::{
    Layer,
    layer::{Context, Filter},
};

use crate::LogFilter;

/// Filters for one layer. Other layers are not affected.
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

/// Filters for all layers.
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
