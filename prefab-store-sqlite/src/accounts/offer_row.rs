//! The row of an offer of membership.

use prefab_core::ids::ProjectId;
use prefab_store::StoreError;
use rusqlite::{Connection, params};

use crate::failed;

/// Deletes the offer to a person. Returns whether there was one.
pub(super) fn delete(connection: &Connection, project: ProjectId, person: i64) -> Result<bool, StoreError> {
    connection
        .execute(
            "DELETE FROM membership_offer WHERE project_id = ?1 AND person_id = ?2",
            params![project.0, person],
        )
        .map(|changed| changed > 0)
        .map_err(failed("removing an offer of membership"))
}
