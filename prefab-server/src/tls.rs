//! https from certificate files.

#[cfg(feature = "tls")]
pub(crate) use with::Tls;
#[cfg(not(feature = "tls"))]
pub(crate) use without::Tls;

#[cfg(feature = "tls")]
mod with {
    use std::{
        fs::File,
        io,
        io::BufReader,
        path::Path,
        sync::{Arc, PoisonError, RwLock},
        time::SystemTime,
    };

    use rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    };
    use tokio::io::{AsyncRead, AsyncWrite};
    use tokio_rustls::{TlsAcceptor, server::TlsStream};
    use tracing::{info, warn};

    use crate::{Error, options::TlsFiles};

    /// The TLS acceptor of an https server.
    pub(crate) struct Tls {
        files: TlsFiles,
        current: RwLock<Loaded>,
    }

    /// The certificate in use, and the state of its files.
    struct Loaded {
        acceptor: TlsAcceptor,
        stamp: Stamp,
        /// The state of the files for which a failure was logged.
        failed: Option<Stamp>,
    }

    /// When the two files were last modified.
    type Stamp = [Option<SystemTime>; 2];

    impl Tls {
        pub(crate) fn load(files: &TlsFiles) -> Result<Self, Error> {
            let current = RwLock::new(Loaded { stamp: stamp(files), acceptor: read(files)?, failed: None });
            Ok(Self { files: files.clone(), current })
        }

        /// Loads the certificate again if a file has changed. A certificate that cannot be used does not replace the current
        /// one; the next call tries again, because the two files are not replaced together.
        ///
        /// Reads files, so it blocks the thread.
        pub(crate) fn reload(&self) {
            let found = stamp(&self.files);
            if found == self.current.read().unwrap_or_else(PoisonError::into_inner).stamp {
                return;
            }
            let loaded = read(&self.files);
            let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
            match loaded {
                Ok(acceptor) => {
                    *current = Loaded { acceptor, stamp: found, failed: None };
                    info!(certificate = %self.files.certificate.display(), "certificate reloaded");
                }
                Err(error) if current.failed != Some(found) => {
                    current.failed = Some(found);
                    warn!(%error, "certificate reload failed; serving the previous certificate");
                }
                Err(_) => {}
            }
        }

        pub(crate) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
            &self,
            stream: S,
        ) -> io::Result<TlsStream<S>> {
            let acceptor = self.current.read().unwrap_or_else(PoisonError::into_inner).acceptor.clone();
            acceptor.accept(stream).await
        }
    }

    fn stamp(files: &TlsFiles) -> Stamp {
        let modified = |path: &Path| std::fs::metadata(path).and_then(|data| data.modified()).ok();
        [modified(&files.certificate), modified(&files.key)]
    }

    fn read(files: &TlsFiles) -> Result<TlsAcceptor, Error> {
        let TlsFiles { certificate, key } = files;
        let chain = CertificateDer::pem_reader_iter(open(certificate)?).collect::<Result<Vec<_>, _>>();
        let chain = chain.map_err(failed(certificate))?;
        let private_key = PrivateKeyDer::from_pem_reader(open(key)?).map_err(failed(key))?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(failed(certificate))?
            .with_no_client_auth()
            .with_single_cert(chain, private_key)
            .map_err(failed(certificate))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    fn open(path: &Path) -> Result<BufReader<File>, Error> {
        File::open(path).map(BufReader::new).map_err(failed(path))
    }

    fn failed<E: ToString>(path: &Path) -> impl Fn(E) -> Error {
        move |error| Error::Tls { path: path.to_owned(), cause: error.to_string() }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_failed_reload_is_tried_again() {
            let dir = tempfile::tempdir().unwrap();
            let (certificate, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
            let one = || rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
            let (old, new) = (one(), one());
            std::fs::write(&certificate, old.cert.pem()).unwrap();
            std::fs::write(&key, old.signing_key.serialize_pem()).unwrap();
            let tls = Tls::load(&TlsFiles { certificate: certificate.clone(), key: key.clone() }).unwrap();
            let loaded = |tls: &Tls| {
                let current = tls.current.read().unwrap();
                (current.stamp == stamp(&tls.files), current.failed.is_some())
            };
            // Without their modification times, the two halves of a replacement look the same.
            let later = SystemTime::now() + std::time::Duration::from_secs(5);
            std::fs::write(&certificate, new.cert.pem()).unwrap();
            File::options().write(true).open(&certificate).unwrap().set_modified(later).unwrap();
            tls.reload();
            assert_eq!(loaded(&tls), (false, true), "the key is still the old one");
            let before = std::fs::metadata(&key).unwrap().modified().unwrap();
            std::fs::write(&key, new.signing_key.serialize_pem()).unwrap();
            File::options().write(true).open(&key).unwrap().set_modified(before).unwrap();
            tls.reload();
            assert_eq!(loaded(&tls), (true, false));
        }
    }
}

#[cfg(not(feature = "tls"))]
mod without {
    use std::{future::Ready, io};

    use crate::{Error, options::TlsFiles};

    /// The placeholder in a build without TLS. It has no values.
    pub(crate) enum Tls {}

    impl Tls {
        pub(crate) fn load(files: &TlsFiles) -> Result<Self, Error> {
            let cause = "this build has no TLS; build with the feature `tls`".to_owned();
            Err(Error::Tls { path: files.certificate.clone(), cause })
        }

        pub(crate) fn reload(&self) {
            match *self {}
        }

        pub(crate) fn accept<S>(&self, _: S) -> Ready<io::Result<S>> {
            match *self {}
        }
    }
}
