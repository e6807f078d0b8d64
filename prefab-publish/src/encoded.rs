//! A response in each content coding.

use std::{
    io::Write as _,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};

use crate::cache::Cost;

/// Level 6 costs three times as much and saves little on configs.
const ZSTD_LEVEL: i32 = 3;

/// A response in each content coding. Each coding is computed on first use.
pub struct Encoded {
    /// The entity tag, without quotes. Equal tags mean equal bytes.
    pub etag: String,
    /// The uncompressed bytes.
    pub plain: Bytes,
    gzip: OnceLock<Bytes>,
    zstd: OnceLock<Bytes>,
}

/// How a response is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentCoding {
    /// Not compressed.
    Plain,
    /// Compressed with gzip, level 6.
    Gzip,
    /// Compressed with Zstandard, level 3.
    Zstd,
}

impl Encoded {
    pub(crate) fn new(etag: String, plain: Bytes) -> Self {
        Self { etag, plain, gzip: OnceLock::new(), zstd: OnceLock::new() }
    }

    /// Returns whether a content coding has been computed already.
    pub fn has(&self, coding: ContentCoding) -> bool {
        match coding {
            ContentCoding::Plain => true,
            ContentCoding::Gzip => self.gzip.get().is_some(),
            ContentCoding::Zstd => self.zstd.get().is_some(),
        }
    }

    /// Returns the bytes compressed with gzip. The first call compresses them.
    pub fn gzip(&self) -> &Bytes {
        self.gzip.get_or_init(|| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
            // Writing to memory cannot fail.
            let _ = encoder.write_all(&self.plain);
            encoder.finish().unwrap_or_default().into()
        })
    }

    /// Returns the bytes compressed with Zstandard. The first call compresses them.
    pub fn zstd(&self) -> &Bytes {
        self.zstd.get_or_init(|| zstd::encode_all(&self.plain[..], ZSTD_LEVEL).unwrap_or_default().into())
    }
}

impl Cost for Arc<Encoded> {
    fn bytes(&self) -> usize {
        let compressed = [&self.gzip, &self.zstd].map(|form| form.get().map_or(0, Bytes::len));
        self.plain.len() + compressed.iter().sum::<usize>()
    }
}
