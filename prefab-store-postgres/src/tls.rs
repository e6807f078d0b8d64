//! TLS of connections to the database.

use std::sync::Arc;

use prefab_store::StoreError;
use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{self, CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::options::{PostgresOptions, PostgresUrl, TlsMode};

const OPERATION: &str = "preparing TLS";

/// Returns the connector for the URL of requests.
pub(crate) fn connector(options: &PostgresOptions) -> Result<MakeRustlsConnect, StoreError> {
    of_url(&options.url)
}

/// Returns the connector for the URL of notifications.
pub(crate) fn listen_connector(options: &PostgresOptions) -> Result<MakeRustlsConnect, StoreError> {
    of_url(options.listen_url.as_ref().unwrap_or(&options.url))
}

fn of_url(url: &PostgresUrl) -> Result<MakeRustlsConnect, StoreError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| StoreError::unavailable(OPERATION, error))?;
    let is_verified = url.tls == TlsMode::VerifyFull || url.tls == TlsMode::Require && url.roots.is_some();
    let config = if is_verified {
        builder.with_root_certificates(roots(url)?).with_no_client_auth()
    } else {
        let verifier = Arc::new(Unverified(provider));
        builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
    };
    Ok(MakeRustlsConnect::new(config))
}

/// Returns the certificates that are trusted: those of the file that the URL names, else those of the system.
fn roots(url: &PostgresUrl) -> Result<RootCertStore, StoreError> {
    let mut roots = RootCertStore::empty();
    if let Some(file) = &url.roots {
        let unusable = |error: &dyn std::fmt::Display| {
            StoreError::unavailable(
                OPERATION,
                format!("cannot use the certificates in `{}`: {error}", file.display()),
            )
        };
        for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unusable(&error))? {
            let certificate = certificate.map_err(|error| unusable(&error))?;
            roots.add(certificate).map_err(|error| unusable(&error))?;
        }
    } else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    if roots.is_empty() {
        return Err(StoreError::unavailable(
            OPERATION,
            "there is no trusted certificate; name a file with `sslrootcert`",
        ));
    }
    Ok(roots)
}

/// Accepts every certificate, as `sslmode=require` of other clients does. The connection is encrypted, but the server can be
/// another one.
#[derive(Debug)]
struct Unverified(Arc<CryptoProvider>);

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        crypto::verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        crypto::verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
