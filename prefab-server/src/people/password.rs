//! Passwords: argon2id, on a thread where nobody waits behind it.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use tokio::sync::Semaphore;

use crate::store::StoreError;

/// What the password of somebody unknown is compared with, so that the answer takes as long. It has the
/// parameters of those that [`hash`] makes, and nobody knows what gives it.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes a password with a salt of its own.
pub(crate) async fn hash(password: String, room: &Semaphore) -> Result<String, StoreError> {
    let hashed = aside(room, move || {
        Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string())
    });
    hashed.await?.map_err(|error| StoreError::unavailable("hashing a password", error.to_string()))
}

/// Tells whether a password is the one that gave a hash; takes as long where there is none.
pub(crate) async fn check(
    password: String,
    hash: Option<String>,
    room: &Semaphore,
) -> Result<bool, StoreError> {
    let is_known = hash.is_some();
    let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
    let matches = aside(room, move || {
        let hash = PasswordHash::new(&hash)?;
        Ok::<_, argon2::password_hash::phc::Error>(
            Argon2::default().verify_password(password.as_bytes(), &hash).is_ok(),
        )
    });
    let matches = matches.await?;
    let matches =
        matches.map_err(|error| StoreError::unavailable("reading a password's hash", error.to_string()))?;
    Ok(matches && is_known)
}

async fn aside<T: Send + 'static>(
    room: &Semaphore,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StoreError> {
    let failed = |error| StoreError::unavailable("hashing a password", error);
    let _permit = room.acquire().await.map_err(|error| failed(Box::from(error)))?;
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| failed(Box::<dyn std::error::Error + Send + Sync>::from(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_matches() {
        let room = Semaphore::new(1);
        let kept = hash("correct horse".to_owned(), &room).await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        let matches = async |password: &str, hash: Option<&String>| {
            check(password.to_owned(), hash.cloned(), &room).await.unwrap()
        };
        assert!(matches("correct horse", Some(&kept)).await);
        assert!(!matches("correct house", Some(&kept)).await);
        assert!(!matches("correct horse", None).await);
    }
}
