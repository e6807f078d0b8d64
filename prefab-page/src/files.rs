//! The files of the page, embedded or read from a folder.

use std::{collections::HashMap, io::Write as _, path::PathBuf, sync::Arc};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::HeaderValue;
use sha2::{Digest as _, Sha256};

use crate::preload;

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/files.rs"));
}

/// A file with its headers and encodings.
pub(crate) struct File {
    pub(crate) kind: &'static str,
    pub(crate) etag: HeaderValue,
    pub(crate) plain: Bytes,
    pub(crate) gzip: Bytes,
}

/// The source of the files.
pub(crate) enum Files {
    Embedded { version: String, files: HashMap<&'static str, Arc<File>> },
    Folder(PathBuf),
}

impl Files {
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        folder.map_or_else(Self::embedded, Self::Folder)
    }

    fn embedded() -> Self {
        let version = version();
        let files = embedded::FILES.iter().map(|(name, bytes)| {
            let bytes = match *name {
                "index.html" => preload::shell(bytes, &version, embedded::FILES).into(),
                _ => Bytes::from_static(bytes),
            };
            (*name, Arc::new(File::new(name, bytes)))
        });
        let files = files.collect();
        Self::Embedded { version, files }
    }

    /// Returns the name of a file whose address contains the current version: `1f2e…/app.js` becomes `app.js`.
    pub(crate) fn without_version<'a>(&self, name: &'a str) -> Option<&'a str> {
        match self {
            Self::Embedded { version, .. } => name.strip_prefix(version.as_str())?.strip_prefix('/'),
            Self::Folder(_) => None,
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<Arc<File>> {
        match self {
            Self::Embedded { files, .. } => files.get(name).cloned(),
            Self::Folder(folder) => {
                let is_within = name.split('/').all(|part| !part.is_empty() && !part.starts_with('.'));
                let bytes = is_within.then(|| std::fs::read(folder.join(name)).ok()).flatten()?;
                Some(Arc::new(File::new(name, bytes.into())))
            }
        }
    }
}

impl File {
    fn new(name: &str, plain: Bytes) -> Self {
        let digest = hex::encode(&Sha256::digest(&plain)[..12]);
        Self {
            kind: kind(name),
            // Weak, because the bytes differ by encoding.
            etag: HeaderValue::try_from(format!("W/\"{digest}\"")).unwrap_or(HeaderValue::from_static("*")),
            gzip: gzip(&plain).unwrap_or_default().into(),
            plain,
        }
    }
}

/// Returns a digest of all files, which changes with each of them.
fn version() -> String {
    let mut digest = Sha256::new();
    for (name, bytes) in embedded::FILES {
        digest.update(name);
        digest.update(bytes);
    }
    hex::encode(&digest.finalize()[..8])
}

fn gzip(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain)?;
    encoder.finish()
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
