//! How much items are used, beside them in a list.

use std::collections::HashMap;

use super::ItemSummary;
use crate::{
    api::{ApiError, App},
    clock,
    ids::ProjectId,
    store::{HOUR_MILLIS, KeyRange},
};

/// How many hours are told.
pub(super) const HOURS: usize = 24;

/// Adds what clients reported to a page of items, which comes in the order of the keys.
pub(super) async fn add(app: &App, project: ProjectId, items: &mut [ItemSummary]) -> Result<(), ApiError> {
    let (Some(first), Some(last)) = (items.first(), items.last()) else { return Ok(()) };
    let range = KeyRange { first: first.key.clone(), last: last.key.clone() };
    let store = app.hub.store();
    app.telemetry.flush(store).await?;
    let this_hour = clock::now_millis().div_euclid(HOUR_MILLIS) * HOUR_MILLIS;
    let hours = i64::try_from(HOURS).unwrap_or(i64::MAX);
    let start = this_hour - (hours - 1) * HOUR_MILLIS;
    let places: HashMap<String, usize> =
        items.iter().enumerate().map(|(at, item)| (item.key.clone(), at)).collect();
    for count in store.hourly(project, range, start).await? {
        let hour = usize::try_from((count.at_millis - start).div_euclid(HOUR_MILLIS)).ok();
        let (Some(at), Some(hour)) = (places.get(&count.key), hour.filter(|hour| *hour < HOURS)) else {
            continue;
        };
        items[*at].sparkline[hour] += count.count;
        items[*at].evaluations_24h += count.count;
    }
    for (key, at_millis) in store.evaluated(project).await? {
        if let Some(at) = places.get(&key) {
            items[*at].last_evaluated_at = Some(at_millis);
        }
    }
    Ok(())
}
