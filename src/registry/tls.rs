//! Certificates of registries: those of the system, and docker's directories of further ones.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::dial::accept_any_certificate;

/// Where docker looks for certificates of registries, by host and port.
const DIRECTORY: &str = "/etc/docker/certs.d";

/// Returns how to speak TLS with a registry.
pub(super) fn config(domain: &str, is_insecure: bool) -> io::Result<ClientConfig> {
    let directory = Path::new(DIRECTORY).join(domain);
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    let builder = if is_insecure {
        let verifier = accept_any_certificate(&provider);
        builder
            .dangerous()
            .with_custom_certificate_verifier(verifier)
    } else {
        builder.with_root_certificates(roots(&directory)?)
    };
    match client_files(&directory) {
        None => Ok(builder.with_no_client_auth()),
        Some((certificate, key)) => {
            let key =
                PrivateKeyDer::from_pem_file(&key).map_err(|error| unreadable(&key, error))?;
            let certificates = certificates(&certificate)?;
            builder
                .with_client_auth_cert(certificates, key)
                .map_err(io::Error::other)
        }
    }
}

/// Returns how to speak TLS with proxies, for which the authorities of the system vouch.
pub(super) fn of_proxies() -> io::Result<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Returns the authorities of the system and those in `*.crt` files of the directory.
fn roots(directory: &Path) -> io::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for file in files(directory, "crt") {
        roots.add_parsable_certificates(certificates(&file)?);
    }
    Ok(roots)
}

/// Returns our own certificate and key, if the directory has them: `NAME.cert` with `NAME.key`.
fn client_files(directory: &Path) -> Option<(PathBuf, PathBuf)> {
    let pairs = files(directory, "cert").into_iter().map(|certificate| {
        let key = certificate.with_extension("key");
        (certificate, key)
    });
    pairs.into_iter().find(|(_, key)| key.is_file())
}

fn files(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs_err::read_dir(directory).into_iter().flatten();
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

fn certificates(path: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(path);
    let read = read.and_then(Iterator::collect::<Result<_, _>>);
    read.map_err(|error| unreadable(path, error))
}

fn unreadable(path: &Path, error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::other(format!("{}: {error}", path.display()))
}
