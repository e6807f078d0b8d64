//! Recovery of access after the loss of all passwords and admin keys.

use std::path::Path;

use crate::{Error, database::open_existing, options::Database};
use prefab_core::ids::ProjectId;
use prefab_service::sign_in::Secret;
use prefab_store::{
    AuditEntry, AuditNote, NewKey, Store, StoreError,
    accounts::NewReset,
    clock,
    key::{IssuedKey, KeyKind},
    names::{Case, fold},
};

/// The lifetime of the password reset link: one day.
const LINK_LIFETIME_MILLIS: i64 = 24 * 3_600 * 1_000;

const ACTOR: &str = "an operator with access to the database";

/// A project and its new admin key.
#[derive(Debug)]
pub struct Recovered {
    /// The name of the project.
    pub project: String,
    /// The key. Its text cannot be shown again.
    pub key: IssuedKey,
}

/// Issues an admin key for each project of the database, by default that of the data folder.
///
/// This requires write permission for the database. The server may be running. The audit log records the keys.
///
/// # Errors
///
/// [`Error`] if the database does not exist or cannot be written.
pub async fn recover(data_dir: &Path, database: Option<Database>) -> Result<Vec<Recovered>, Error> {
    let (store, path) = open_existing(data_dir, database).await?;
    keys(&*store).await.map_err(|source| Error::Database { path, source })
}

/// Makes a person an owner of the installation. Returns the token of a password reset link, or `None` if there is no account
/// with this e-mail address.
///
/// This requires write permission for the database. The server may be running. The audit log records it.
///
/// # Errors
///
/// [`Error`] if the database does not exist or cannot be written.
pub async fn recover_owner(
    data_dir: &Path,
    database: Option<Database>,
    email: &str,
) -> Result<Option<String>, Error> {
    let (store, path) = open_existing(data_dir, database).await?;
    owner(&*store, email).await.map_err(|source| Error::Database { path, source })
}

async fn owner(store: &dyn Store, email: &str) -> Result<Option<String>, StoreError> {
    let Some(account) = store.account(fold(email.trim(), Case::Insensitive).into_owned()).await? else {
        return Ok(None);
    };
    let person = account.person;
    store.set_owner(person.id, true).await?;
    let secret = Secret::new()?;
    let expires_at_millis = clock::now_millis() + LINK_LIFETIME_MILLIS;
    let reset = NewReset { hash: secret.hash(), person: person.id, expires_at_millis };
    store.create_password_reset(reset).await?;
    let first = store.registry().await?.projects.first().map(|project| project.id);
    let sentence = format!(
        "{ACTOR} made {} ({}) an owner and created a password reset link with `prefab recover`",
        person.name, person.email
    );
    let entry = AuditEntry {
        project: first,
        action: "installation.owner".to_owned(),
        subject: person.id.to_string(),
        ..AuditEntry::of(AuditNote { actor: ACTOR.to_owned(), sentence, ..AuditNote::default() })
    };
    store.record_audit(vec![entry]).await?;
    Ok(Some(secret.text().to_owned()))
}

async fn keys(store: &dyn Store) -> Result<Vec<Recovered>, StoreError> {
    let mut recovered = Vec::new();
    for project in store.registry().await?.projects {
        let Some(environment) = project.environments.first() else { continue };
        let request = NewKey {
            project: project.id,
            environment: environment.id,
            kind: KeyKind::Admin,
            user_id: None,
            name: "recovered".to_owned(),
            created_by: ACTOR.to_owned(),
            created_by_person: None,
            expires_at_millis: None,
        };
        let key = store.issue_named_key(request).await?;
        store.record_audit(vec![entry(project.id, &key)]).await?;
        recovered.push(Recovered { project: project.name, key });
    }
    Ok(recovered)
}

fn entry(project: ProjectId, key: &IssuedKey) -> AuditEntry {
    let sentence = format!("{ACTOR} issued admin key {} (recovered) with `prefab recover`", key.id);
    AuditEntry {
        project: Some(project),
        action: "key.created".to_owned(),
        subject: key.id.to_string(),
        ..AuditEntry::of(AuditNote { actor: ACTOR.to_owned(), sentence, ..AuditNote::default() })
    }
}
