//! The first start: creates a project with environments, API keys and the configs of a seed file.

use std::path::Path;

use prefab_core::{ChangedBy, Config, ConfigSet, datafile, encoding};
use prefab_sources::yaml;
use tracing::{info, warn};

use crate::Error;
use prefab_core::ids::EnvironmentId;
use prefab_service::sign_in::Secret;
use prefab_store::{
    Change, Expected, Project, Store, StoreError, accounts::NewInvitation, clock, key::IssuedKey,
};

const FIRST_INVITATION_MILLIS: i64 = 7 * 24 * 3_600 * 1_000;

/// The default environments of a new project.
const ENVIRONMENTS: [&str; 3] = prefab_management_api::DEFAULT_ENVIRONMENTS;

/// Creates the first project and returns its API keys. Does nothing if the store has a project.
pub(crate) async fn first_start(
    store: &dyn Store,
    database: &Path,
    seed: Option<&Path>,
) -> Result<Vec<IssuedKey>, Error> {
    let unusable = |source| Error::Database { path: database.to_owned(), source };
    if !store.registry().await.map_err(unusable)?.projects.is_empty() {
        return Ok(Vec::new());
    }
    // Read before anything is written, so that an invalid file does not leave an incomplete project.
    let seed = seed.map(read).transpose()?;
    let environments = ENVIRONMENTS.map(ToOwned::to_owned).to_vec();
    let made = store.create_first_project("Default".to_owned(), environments).await.map_err(unusable)?;
    // Another server has created the project and printed its keys.
    let Some((project, keys)) = made else { return Ok(Vec::new()) };
    if let Some(set) = seed {
        let changes = changes(set, &project);
        let count = changes.len();
        store.append(project.id, changes).await.map_err(unusable)?;
        info!(configs = count, "seed file imported");
    }
    Ok(keys)
}

/// Creates an invitation for the first person if there is no account, and returns its token. Earlier invitations stay
/// valid, because another server on this database may have printed one.
pub(crate) async fn invite_first(store: &dyn Store) -> Result<Option<String>, StoreError> {
    if store.has_accounts().await? {
        return Ok(None);
    }
    let secret = Secret::new()?;
    let invitation = NewInvitation {
        hash: secret.hash(),
        to: None,
        created_by: String::new(),
        expires_at_millis: clock::now_millis() + FIRST_INVITATION_MILLIS,
    };
    store.invite(invitation).await?;
    Ok(Some(secret.text().to_owned()))
}

/// Reads the configs of a seed file.
pub(crate) fn read(path: &Path) -> Result<ConfigSet, Error> {
    let failed = |cause: String| Error::Seed { path: path.to_owned(), cause };
    let bytes = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
    let text = encoding::decode(bytes).map_err(|error| failed(error.to_string()))?;
    if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
        return from_yaml(&text, path);
    }
    let parsed = datafile::parse(&text).map_err(|error| failed(error.to_string()))?;
    for finding in &parsed.findings {
        warn!(%finding, "seed entry skipped");
    }
    Ok(parsed.set)
}

fn from_yaml(text: &str, path: &Path) -> Result<ConfigSet, Error> {
    let parsed = yaml::parse(text, path.display().to_string())
        .map_err(|error| Error::Seed { path: path.to_owned(), cause: error.to_string() })?;
    for finding in &parsed.findings {
        warn!(%finding, "problem in a seed entry");
    }
    let configs = parsed.items.into_iter().map(|item| item.config).collect();
    Ok(ConfigSet { configs, ..ConfigSet::default() })
}

/// Returns the configs of the file. Rows of the environment of the file become those of the first environment here.
fn changes(set: ConfigSet, project: &Project) -> Vec<Change> {
    let theirs = set.pointer.map(|pointer| pointer.project_env_id).filter(|id| *id != 0);
    let ours = project.environments.first().map(|environment| environment.id);
    let live = set.configs.into_iter().filter(|config| !config.is_tombstone());
    let configs = live.map(|config| moved(config, theirs, ours)).filter(|config| !config.rows.is_empty());
    configs
        .map(|config| Change {
            key: config.key.clone(),
            config: Some(config),
            // If a key is in the file twice, the later entry applies.
            expected: Expected::Anything,
            changed_by: ChangedBy { user_identity: "seed".to_owned(), ..ChangedBy::default() },
            note: None,
        })
        .collect()
}

fn moved(mut config: Config, theirs: Option<i64>, ours: Option<EnvironmentId>) -> Config {
    config.id = 0;
    for row in &mut config.rows {
        if row.project_env_id.is_some() && row.project_env_id == theirs {
            row.project_env_id = ours.map(|id| id.0);
        }
    }
    // Rows of unknown environments could not be seen or changed.
    config.rows.retain(|row| row.project_env_id.is_none_or(|id| id == 0 || Some(EnvironmentId(id)) == ours));
    config
}
