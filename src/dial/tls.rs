//! TLS with the certificates of a docker client.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem};
use tokio_rustls::rustls::{
    ClientConfig, DigitallySignedStruct, Error as RustlsError, RootCertStore, SignatureScheme,
};

use super::address::Address;
use super::error::ConnectError;
use super::stream::{BoxedStream, Protocol};
use crate::docker::host::TlsFiles;

/// Wraps a stream.
pub(super) async fn handshake(
    address: &Address,
    stream: TcpStream,
    host: &str,
    files: &TlsFiles,
    protocol: Protocol,
) -> Result<BoxedStream, ConnectError> {
    let failed = |source| ConnectError::Tls {
        address: address.clone(),
        source,
    };
    let mut config = config(files).map_err(|error| error.into_connect_error(address))?;
    config.alpn_protocols = vec![match protocol {
        Protocol::Http1 => b"http/1.1".to_vec(),
        Protocol::Http2 => b"h2".to_vec(),
    }];
    let name = files.server_name.as_deref().unwrap_or(host);
    let name = ServerName::try_from(name.to_owned())
        .map_err(io::Error::other)
        .map_err(failed)?;
    let connector = TlsConnector::from(Arc::new(config));
    Ok(Box::new(
        connector.connect(name, stream).await.map_err(failed)?,
    ))
}

/// Why the certificates cannot be used.
enum ConfigError {
    File { path: PathBuf, source: pem::Error },
    Rejected(RustlsError),
}

impl ConfigError {
    fn into_connect_error(self, address: &Address) -> ConnectError {
        match self {
            Self::File { path, source } => ConnectError::Certificate { path, source },
            Self::Rejected(source) => ConnectError::Tls {
                address: address.clone(),
                source: io::Error::other(source),
            },
        }
    }
}

fn config(files: &TlsFiles) -> Result<ClientConfig, ConfigError> {
    // Named, because rustls refuses to guess when a program links two providers.
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(ConfigError::Rejected)?;
    let builder = if files.verify {
        builder.with_root_certificates(roots(&files.ca)?)
    } else {
        let anyone = accept_any_certificate(&provider);
        builder.dangerous().with_custom_certificate_verifier(anyone)
    };
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|source| ConfigError::File {
        path: files.key.clone(),
        source,
    })?;
    let certificates = certificates(&files.cert)?;
    builder
        .with_client_auth_cert(certificates, key)
        .map_err(ConfigError::Rejected)
}

fn roots(path: &Path) -> Result<RootCertStore, ConfigError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(ConfigError::Rejected)?;
    }
    Ok(roots)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let failed = |source| ConfigError::File {
        path: path.to_owned(),
        source,
    };
    CertificateDer::pem_file_iter(path)
        .map_err(failed)?
        .collect::<Result<_, _>>()
        .map_err(failed)
}

/// Returns what takes any certificate; signatures are still checked.
pub(crate) fn accept_any_certificate(provider: &CryptoProvider) -> Arc<dyn ServerCertVerifier> {
    Arc::new(Anyone(provider.signature_verification_algorithms))
}

/// Takes any certificate, as docker does without `DOCKER_TLS_VERIFY`; signatures are still checked.
#[derive(Debug)]
struct Anyone(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, RustlsError> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        verify_tls12_signature(message, certificate, signature, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        verify_tls13_signature(message, certificate, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
