//! Backups of the store of a running server.

use std::{
    convert::Infallible,
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
    time::Duration,
};

use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, header};
use tracing::{error, warn};

use crate::api::management::access::Access;
use crate::api::{error::ApiError, state::App};
use prefab_management_api::ErrorResponse;
use prefab_store::{AuditEntry, BackupFormat, StoreError};

const CHUNK: usize = 256 << 10;
/// The age after which a backup without a change is not being written.
const LEFTOVER_AGE: Duration = Duration::from_secs(60);

/// Downloads a consistent copy of the whole store, for `prefab restore`.
///
/// The copy contains all projects and accounts, so it requires an owner of the installation, or a management token with the
/// role admin that acts for one. Until the first person signs up, an admin key of every project can download it.
/// Passwords and API keys are stored as hashes; encrypted values stay encrypted. The media type depends on the store.
#[utoipa::path(
    get, path = "/backup", tag = "operations",
    responses((status = 200, content_type = "application/*", body = String),
              (status = 403, description = "You are not an owner of the installation", body = ErrorResponse))
)]
pub(super) async fn take(State(app): State<App>, access: Access) -> Result<Response, ApiError> {
    let has_no_owner = async || Ok::<_, ApiError>(app.project_cache.store().owners().await?.is_empty());
    let may_download = access.is_owner(&app).await? || (access.is_global_admin() && has_no_owner().await?);
    if !may_download {
        return Err(ApiError::Forbidden(
            "a backup contains all projects and accounts; only an owner of the installation can download it",
        ));
    }
    let BackupFormat { media_type, extension } = app.backup.format();
    let file = Temporary(app.data_dir.join(format!("backup-{}.{extension}", chance(&app))));
    app.backup.backup(file.0.clone()).await?;
    let entry = AuditEntry {
        project: app.project_cache.projects().first().map(|project| project.id),
        action: "backup.taken".to_owned(),
        ..AuditEntry::of(access.note("downloaded a backup"))
    };
    app.project_cache.store().record_audit(vec![entry]).await?;
    let opened = File::open(&file.0).and_then(|opened| Ok((opened.metadata()?.len(), opened)));
    let (length, opened) = opened.map_err(|error| StoreError::unavailable("reading the backup", error))?;
    let chunks = stream::unfold((opened, file), |(mut opened, file)| async move {
        // Reading a chunk of a local file is as fast as passing it to another thread.
        let mut chunk = vec![0; CHUNK];
        let read = opened.read(&mut chunk);
        let read = read.inspect_err(|error| error!(%error, "a backup ends early")).unwrap_or_default();
        chunk.truncate(read);
        (read > 0).then(|| (Ok::<_, Infallible>(Bytes::from(chunk)), (opened, file)))
    });
    let mut response = Body::from_stream(chunks).into_response();
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    fields.insert(header::CONTENT_LENGTH, length.into());
    let name = format!("attachment; filename=\"prefab-{}.{extension}\"", app.clock.now_millis());
    if let Ok(name) = HeaderValue::try_from(name) {
        fields.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// Returns a unique file name.
fn chance(app: &App) -> String {
    format!("{}-{:08x}", app.clock.now_micros(), getrandom::u32().unwrap_or_default())
}

/// Removes the files of backups that a crash has interrupted. Newer ones may be in use by another server with the same data
/// folder.
pub(crate) fn remove_leftovers(data_dir: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(data_dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_backup = name
            .to_str()
            .is_some_and(|name| name.strip_prefix("backup-").is_some_and(|rest| rest.contains(".db")));
        let age =
            entry.metadata().and_then(|data| data.modified()).map(|at| at.elapsed().unwrap_or_default());
        if is_backup && age.is_ok_and(|age| age > LEFTOVER_AGE) {
            std::fs::remove_file(entry.path())?;
            warn!(file = %entry.path().display(), "removed a backup that was interrupted");
        }
    }
    Ok(())
}

/// A file that is removed when it is dropped.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.0)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            error!(%error, file = %self.0.display(), "removing a finished backup failed");
        }
    }
}
