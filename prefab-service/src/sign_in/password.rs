//! Passwords: argon2id, on one thread with one block of memory.
//!
//! Each hash needs 19 MiB. An allocator keeps such a block for every thread that ever used one, so a single thread reuses
//! one block.

use std::{sync::mpsc, thread, time::Duration};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, PasswordHash, Salt},
};
use tokio::sync::oneshot;

use crate::workers::Busy;

/// The hash that a password is compared with if the account does not exist, so that the response takes the same time. It
/// has the parameters of [`Passwords::hash`], and no known password matches it.
const DUMMY_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Idle time after which the memory is released.
const IDLE: Duration = Duration::from_secs(60);

type Job = Box<dyn FnOnce(&mut Vec<Block>) + Send>;

/// Why a password was not hashed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too many passwords are waiting.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The password cannot be hashed.
    #[error("cannot hash the password: {0}")]
    Failed(String),
}

/// The thread that hashes passwords.
pub struct Passwords {
    jobs: mpsc::SyncSender<Job>,
}

impl Passwords {
    /// Starts the thread. At most `most_waiting` passwords may wait. The thread ends when this value is dropped.
    pub fn new(most_waiting: usize) -> Self {
        let (jobs, queue) = mpsc::sync_channel(most_waiting);
        let started = thread::Builder::new().name("prefab-passwords".to_owned()).spawn(move || work(&queue));
        if let Err(error) = started {
            tracing::error!(%error, "starting the password thread failed; sign-in is not possible");
        }
        Self { jobs }
    }

    /// Hashes a password with a random salt.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Busy`] if too many passwords are waiting.
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        self.run(move |memory| hash(&password, memory)).await?
    }

    /// Returns whether a password matches a hash. Without a hash the call takes the same time and returns false.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Busy`] if too many passwords are waiting.
    pub async fn check(&self, password: String, hash: Option<String>) -> Result<bool, PasswordError> {
        let is_known = hash.is_some();
        let hash = hash.unwrap_or_else(|| DUMMY_HASH.to_owned());
        Ok(self.run(move |memory| matches(&password, &hash, memory)).await?? && is_known)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |memory| {
            // The password of a cancelled request is not hashed.
            if !answer.is_closed() {
                let _ = answer.send(work(memory));
            }
        });
        let stopped = || PasswordError::Failed("the thread has stopped".to_owned());
        self.jobs.try_send(job).map_err(|error| match error {
            mpsc::TrySendError::Full(_) => PasswordError::Busy(Busy),
            mpsc::TrySendError::Disconnected(_) => stopped(),
        })?;
        answered.await.map_err(|_| stopped())
    }
}

fn work(queue: &mpsc::Receiver<Job>) {
    let mut memory = Vec::new();
    loop {
        match queue.recv_timeout(IDLE) {
            Ok(job) => job(&mut memory),
            Err(mpsc::RecvTimeoutError::Timeout) => memory = Vec::new(),
            Err(mpsc::RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn hash(password: &str, memory: &mut Vec<Block>) -> Result<String, PasswordError> {
    let mut salt = [0; Salt::RECOMMENDED_LENGTH];
    getrandom::fill(&mut salt).map_err(failed)?;
    let (algorithm, version, params) = (Algorithm::default(), Version::default(), Params::default());
    let output = output(&Argon2::new(algorithm, version, params.clone()), password, &salt, memory)?;
    let hash = PasswordHash {
        algorithm: algorithm.ident(),
        version: Some(version.into()),
        params: params.try_into().map_err(failed)?,
        salt: Some(Salt::new(&salt).map_err(failed)?),
        hash: Some(output),
    };
    Ok(hash.to_string())
}

fn matches(password: &str, hash: &str, memory: &mut Vec<Block>) -> Result<bool, PasswordError> {
    let kept = PasswordHash::new(hash).map_err(failed)?;
    let (Some(salt), Some(expected)) = (&kept.salt, &kept.hash) else { return Ok(false) };
    let algorithm = Algorithm::try_from(kept.algorithm.as_str()).map_err(failed)?;
    let version = kept.version.map(Version::try_from).transpose().map_err(failed)?.unwrap_or_default();
    let argon2 = Argon2::new(algorithm, version, Params::try_from(&kept).map_err(failed)?);
    // Outputs are compared in constant time.
    Ok(output(&argon2, password, salt, memory)? == *expected)
}

fn output(
    argon2: &Argon2<'_>,
    password: &str,
    salt: &[u8],
    memory: &mut Vec<Block>,
) -> Result<Output, PasswordError> {
    let blocks = argon2.params().block_count();
    if memory.len() < blocks {
        memory.resize(blocks, Block::new());
    }
    let length = argon2.params().output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    let mut output = vec![0; length];
    argon2
        .hash_password_into_with_memory(password.as_bytes(), salt, &mut output, &mut memory[..blocks])
        .map_err(failed)?;
    Output::new(&output).map_err(failed)
}

fn failed(error: impl std::fmt::Display) -> PasswordError {
    PasswordError::Failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};

    use super::*;

    #[tokio::test]
    async fn only_the_right_password_matches() {
        let passwords = Passwords::new(8);
        let kept = passwords.hash("correct horse".to_owned()).await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        let matches = async |password: &str, hash: Option<&String>| {
            passwords.check(password.to_owned(), hash.cloned()).await.unwrap()
        };
        assert!(matches("correct horse", Some(&kept)).await);
        assert!(!matches("correct house", Some(&kept)).await);
        assert!(!matches("correct horse", None).await);
    }

    #[tokio::test]
    async fn hashes_of_earlier_versions_match() {
        let passwords = Passwords::new(8);
        let earlier = Argon2::default().hash_password(b"correct horse").unwrap().to_string();
        assert!(passwords.check("correct horse".to_owned(), Some(earlier)).await.unwrap());
        let kept = passwords.hash("correct horse".to_owned()).await.unwrap();
        assert!(Argon2::default().verify_password(b"correct horse", kept.as_str()).is_ok());
    }

    #[tokio::test]
    async fn a_full_queue_refuses_immediately() {
        let passwords = Passwords::new(2);
        let (release, held) = mpsc::channel::<()>();
        let (begun, has_begun) = oneshot::channel();
        let first = passwords.run(move |_| {
            let _ = begun.send(());
            let _ = held.recv();
        });
        let full = async {
            has_begun.await.unwrap();
            for _ in 0..2 {
                passwords.jobs.try_send(Box::new(|_| ())).unwrap();
            }
            let refused = passwords.run(|_| ()).await;
            drop(release);
            refused
        };
        let (first, refused) = tokio::join!(first, full);
        assert!(first.is_ok());
        assert!(matches!(refused, Err(PasswordError::Busy(_))), "{refused:?}");
    }
}
