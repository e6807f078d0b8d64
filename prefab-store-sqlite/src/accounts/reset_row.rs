//! The row of a password reset link.

use rusqlite::Connection;

use crate::failed;
use prefab_store::StoreError;

/// Makes the link of a person invalid.
pub(super) fn delete(connection: &Connection, person: i64) -> Result<(), StoreError> {
    connection
        .execute("DELETE FROM reset WHERE person_id = ?1", [person])
        .map(drop)
        .map_err(failed("deleting a password reset link"))
}
