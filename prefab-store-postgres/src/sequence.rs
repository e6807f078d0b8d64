//! Appends as many systems do them: the id is taken from a sequence, and the row of the project is not locked while the
//! transaction runs. A reader that continues after the highest id misses versions. Only a test uses this, to show that it
//! would notice.

use std::time::Duration;

use prefab_core::ids::ProjectId;
use prefab_store::{Appended, StoreError, Version};

use crate::{session::Session, sql::values, version_rows::insert};

pub(crate) async fn append(
    session: &mut Session,
    project: ProjectId,
    mut added: Vec<Version>,
) -> Result<Appended, StoreError> {
    // Releases the lock of the project.
    session.batch("COMMIT; CREATE SEQUENCE IF NOT EXISTS @.version_id START 2000000000000000").await?;
    session.begin().await?;
    for version in &mut added {
        version.id = session.query_one("SELECT nextval('@.version_id')", values![]).await?.get(0);
    }
    // Other work of the transaction, of varying length.
    tokio::time::sleep(Duration::from_millis(fastrand::u64(0..4))).await;
    let versions = insert(session, project, added, None).await?;
    session.commit().await?;
    Ok(Appended { after: 0, versions })
}
