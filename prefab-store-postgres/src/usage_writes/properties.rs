//! Properties of contexts.

use std::collections::{BTreeSet, HashSet};

use prefab_store::{StoreError, UsageBatch};

use super::keep_newest;
use crate::{
    session::Session,
    sql::{storable, values},
};

/// A property: context, name, number of the value type.
type Place = (String, String, i64);

pub(super) async fn add(session: &mut Session, batch: &UsageBatch) -> Result<u64, StoreError> {
    if batch.properties.is_empty() {
        return Ok(0);
    }
    let places: Vec<Place> = batch
        .properties
        .iter()
        .map(|(context, name, kind)| (storable(context.as_str()), storable(name.as_str()), i64::from(*kind)))
        .collect();
    let mut room = i64::MAX;
    let mut known = HashSet::new();
    if batch.is_public {
        known = self::known(session, batch, &places).await?;
        let sql = "SELECT count(*) FROM @.context_property WHERE project_id = $1 AND environment_id = $2";
        let row = session.query_one(sql, values![batch.project, batch.environment]).await?;
        room = batch.limits.properties / 2 - row.get::<_, i64>(0);
    }
    let mut dropped = 0;
    let mut written = BTreeSet::new();
    for place in places {
        if !known.contains(&place) && !written.contains(&place) {
            if room <= 0 {
                dropped += 1;
                continue;
            }
            room -= 1;
        }
        written.insert(place);
    }
    let (contexts, names, kinds) = columns(written);
    let sql =
        "INSERT INTO @.context_property (project_id, environment_id, last_at_millis, context, name, kind)
               SELECT $1, $2, $3, p.* FROM unnest($4, $5, $6) p
               ON CONFLICT (project_id, environment_id, context, name, kind) DO UPDATE
               SET last_at_millis = greatest(context_property.last_at_millis, excluded.last_at_millis)";
    let values = values![batch.project, batch.environment, batch.at_millis, contexts, names, kinds];
    session.execute(sql, values).await?;
    let order = ["last_at_millis", "context", "name", "kind"];
    keep_newest(session, batch, "context_property", &order, batch.limits.properties).await?;
    Ok(dropped)
}

async fn known(
    session: &mut Session,
    batch: &UsageBatch,
    places: &[Place],
) -> Result<HashSet<Place>, StoreError> {
    let (contexts, names, kinds) = columns(places.iter().cloned());
    let sql = "SELECT context, name, kind FROM @.context_property
               WHERE project_id = $1 AND environment_id = $2
                 AND (context, name, kind) IN (SELECT * FROM unnest($3, $4, $5))";
    let rows = session.query(sql, values![batch.project, batch.environment, contexts, names, kinds]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect())
}

fn columns(places: impl IntoIterator<Item = Place>) -> (Vec<String>, Vec<String>, Vec<i64>) {
    let (mut contexts, mut names, mut kinds) = (Vec::new(), Vec::new(), Vec::new());
    for (context, name, kind) in places {
        contexts.push(context);
        names.push(name);
        kinds.push(kind);
    }
    (contexts, names, kinds)
}
