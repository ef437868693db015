//! What every program shows under TLS: one certificate with an ECDSA P-256 key, for this machine.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{CertificateParams, KeyPair, SanType};

use crate::failure::Failure;

/// PEM files.
pub(crate) struct Certificate {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    /// One after the other, as haproxy wants them.
    pub(crate) both: PathBuf,
}

impl Certificate {
    /// Written into a folder.
    ///
    /// # Errors
    /// When that fails.
    pub(crate) fn create(folder: &Path) -> Result<Self, Failure> {
        let wrong = |error: rcgen::Error| Failure::new(format!("a certificate: {error}"));
        let key = KeyPair::generate().map_err(wrong)?;
        let mut params = CertificateParams::new(Vec::new()).map_err(wrong)?;
        params.subject_alt_names.push(SanType::IpAddress([127, 0, 0, 1].into()));
        let (certificate, key) = (params.self_signed(&key).map_err(wrong)?.pem(), key.serialize_pem());
        let file = |name: &str, text: &str| {
            let path = folder.join(name);
            fs::write(&path, text).map(|()| path)
        };
        Ok(Self {
            certificate: file("certificate.pem", &certificate)?,
            key: file("key.pem", &key)?,
            both: file("both.pem", &format!("{certificate}{key}"))?,
        })
    }
}
