//! What clients reported, asked for.

use crate::{SqliteStore, log, observations, reports, retention};
use prefab_core::ids::{EnvironmentId, ProjectId};
use prefab_store::{
    EvaluationCount, EvaluationFilter, Example, HourlyCount, KeyRange, Logger, Observations, Observed,
    Property, StoreFuture, Told,
};

impl Observations for SqliteStore {
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

    fn changes_after(&self, project: ProjectId, id: i64, limit: u32) -> StoreFuture<'_, Vec<Told>> {
        self.reports.run(move |connection| log::changes_after(connection, project, id, limit))
    }

    fn size(&self) -> StoreFuture<'_, i64> {
        self.reports.run(observations::size)
    }
}
