//! Counts that clients report, behind their trait.

use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_store::{
    EvaluationCount, EvaluationFilter, Example, HourlyCount, KeyRange, Logger, Observed, Property,
    StoreFuture, UsageCounts,
};

use crate::{SqliteStore, observations, reports, retention};

impl UsageCounts for SqliteStore {
    fn observe(&self, seen: Vec<Observed>) -> StoreFuture<'_, u64> {
        self.run(false, move |connection| reports::add(connection, &seen))
    }

    fn evaluations(&self, wanted: EvaluationFilter) -> StoreFuture<'_, Vec<EvaluationCount>> {
        self.reports.run(move |connection| observations::evaluations(connection, &wanted))
    }

    fn evaluated(&self, project: ProjectId) -> StoreFuture<'_, Vec<(String, i64)>> {
        self.reports.run(move |connection| observations::evaluated(connection, project))
    }

    fn hourly(
        &self,
        project: ProjectId,
        keys: KeyRange,
        from_millis: i64,
    ) -> StoreFuture<'_, Vec<HourlyCount>> {
        self.reports.run(move |connection| observations::hourly(connection, project, &keys, from_millis))
    }

    fn loggers(
        &self,
        project: ProjectId,
        environment: Option<EnvironmentId>,
    ) -> StoreFuture<'_, Vec<Logger>> {
        self.reports.run(move |connection| observations::loggers(connection, project, environment))
    }

    fn properties(
        &self,
        project: ProjectId,
        environment: Option<EnvironmentId>,
    ) -> StoreFuture<'_, Vec<Property>> {
        self.reports.run(move |connection| observations::properties(connection, project, environment))
    }

    fn examples(
        &self,
        project: ProjectId,
        environment: Option<EnvironmentId>,
    ) -> StoreFuture<'_, Vec<Example>> {
        self.reports.run(move |connection| observations::examples(connection, project, environment))
    }

    fn forget_before(&self, at_millis: i64) -> StoreFuture<'_, bool> {
        self.run(false, move |connection| retention::forget_counts(connection, at_millis))
    }
}
