//! https from certificate files.

#[cfg(feature = "tls")]
pub(crate) use with::Tls;
#[cfg(not(feature = "tls"))]
pub(crate) use without::Tls;

#[cfg(feature = "tls")]
mod with {
    use std::{fs::File, io, io::BufReader, path::Path, sync::Arc};

    use rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    };
    use tokio::io::{AsyncRead, AsyncWrite};
    use tokio_rustls::{TlsAcceptor, server::TlsStream};

    use crate::{Error, options::TlsFiles};

    /// The TLS acceptor of an https server.
    pub(crate) struct Tls {
        acceptor: TlsAcceptor,
    }

    impl Tls {
        pub(crate) fn load(files: &TlsFiles) -> Result<Self, Error> {
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
            Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)) })
        }

        pub(crate) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
            &self,
            stream: S,
        ) -> io::Result<TlsStream<S>> {
            self.acceptor.accept(stream).await
        }
    }

    fn open(path: &Path) -> Result<BufReader<File>, Error> {
        File::open(path).map(BufReader::new).map_err(failed(path))
    }

    fn failed<E: ToString>(path: &Path) -> impl Fn(E) -> Error {
        move |error| Error::Tls { path: path.to_owned(), cause: error.to_string() }
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

        pub(crate) fn accept<S>(&self, _: S) -> Ready<io::Result<S>> {
            match *self {}
        }
    }
}
