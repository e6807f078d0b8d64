//! Implements [`UsageCounts`] for [`SqliteStore`].

use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_store::{
    EvaluationCount, EvaluationFilter, Example, HourlyCount, KeyRange, Logger, Property, StoreFuture,
    UsageBatch, UsageCounts,
};

use crate::{SqliteStore, retention, usage_queries, usage_writes};

impl UsageCounts for SqliteStore {
    fn record_usage(&self, seen: Vec<UsageBatch>) -> StoreFuture<'_, u64> {
        self.run(move |connection| usage_writes::add(connection, &seen))
    }

    fn evaluation_counts(&self, wanted: EvaluationFilter) -> StoreFuture<'_, Vec<EvaluationCount>> {
        self.reports.run(move |connection| usage_queries::evaluations(connection, &wanted))
    }

    fn last_evaluations(&self, project: ProjectId) -> StoreFuture<'_, Vec<(String, i64)>> {
        self.reports.run(move |connection| usage_queries::evaluated(connection, project))
    }

    fn hourly_counts(
        &self,
        project: ProjectId,
        keys: KeyRange,
        from_millis: i64,
    ) -> StoreFuture<'_, Vec<HourlyCount>> {
        self.reports.run(move |connection| usage_queries::hourly(connection, project, &keys, from_millis))
    }

    fn loggers(
        &self,
        project: ProjectId,
        environment: Option<EnvironmentId>,
    ) -> StoreFuture<'_, Vec<Logger>> {
        self.reports.run(move |connection| usage_queries::loggers(connection, project, environment))
    }

    fn properties(
        &self,
        project: ProjectId,
        environment: Option<EnvironmentId>,
    ) -> StoreFuture<'_, Vec<Property>> {
        self.reports.run(move |connection| usage_queries::properties(connection, project, environment))
    }

    fn examples(
        &self,
        project: ProjectId,
        environment: Option<EnvironmentId>,
    ) -> StoreFuture<'_, Vec<Example>> {
        self.reports.run(move |connection| usage_queries::examples(connection, project, environment))
    }

    fn delete_counts_before(&self, at_millis: i64) -> StoreFuture<'_, bool> {
        self.run(move |connection| retention::forget_counts(connection, at_millis))
    }
}
