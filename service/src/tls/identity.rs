//! A certificate chain with its private key, as a server or a client shows it.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use x509_cert::der::Decode as _;

use super::key_store::{self, StoreKeys};
use super::material::Material;
use super::provider;
use crate::clock::Clock;
use crate::properties::{ConfigError, Properties};

/// How the properties of one identity are called.
pub(super) struct IdentityKeys<'a> {
    pub(super) certificate: &'a str,
    pub(super) private_key: &'a str,
    pub(super) store: StoreKeys<'a>,
    pub(super) alias: Option<&'a str>,
    pub(super) key_password: &'a str,
}

/// See the module. It fits together and is valid now.
#[derive(Clone)]
pub(super) struct Identity {
    certified: Arc<CertifiedKey>,
    expires_at_ms: i64,
}

impl Identity {
    /// From PEM or from a store; `None` when neither is set.
    pub(super) fn from_properties(
        properties: &Properties,
        keys: &IdentityKeys<'_>,
    ) -> Result<Option<Self>, ConfigError> {
        let by_pem = pem(properties, keys.certificate, keys.private_key)?;
        let alias = keys.alias.and_then(|key| properties.string(key));
        let by_store = key_store::key_chain(properties, &keys.store, alias.as_deref())?;
        match (by_pem, by_store) {
            (Some(_), Some(_)) => Err(ConfigError::other(format!(
                "{} and {} are both set: keep one of the two",
                keys.certificate, keys.store.store
            ))),
            (None, None) => Ok(None),
            (Some((material, chain, key)), None) => Self::checked(&material, chain, key).map(Some),
            (None, Some((material, entry))) => {
                let key_password = properties.password(keys.key_password);
                if key_password.is_some() && key_password != properties.password(keys.store.password) {
                    let same = format!("a PKCS12 store has one password: leave {} out", keys.key_password);
                    return Err(material.wrong(same));
                }
                let chain = entry.certs().iter().map(|cert| CertificateDer::from(cert.as_der().to_vec())).collect();
                let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(entry.key().as_der().to_vec()));
                Self::checked(&material, chain, key).map(Some)
            }
        }
    }

    /// From PEM alone; `None` when it is not set.
    pub(super) fn from_pem(
        properties: &Properties,
        certificate_key: &str,
        private_key_key: &str,
    ) -> Result<Option<Self>, ConfigError> {
        let parts = pem(properties, certificate_key, private_key_key)?;
        parts.map(|(material, chain, key)| Self::checked(&material, chain, key)).transpose()
    }

    fn checked(
        material: &Material,
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, ConfigError> {
        let leaf = chain.first().ok_or_else(|| material.wrong("it holds no certificate"))?;
        let expires_at_ms = check_validity(material, leaf)?;
        let certified = CertifiedKey::from_der(chain, key, &provider())
            .map_err(|error| material.wrong(format!("certificate and private key cannot be used together: {error}")))?;
        Ok(Self { certified: Arc::new(certified), expires_at_ms })
    }

    pub(super) fn certified(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.certified)
    }

    /// When the certificate is over, epoch milliseconds.
    pub(super) fn expires_at_ms(&self) -> i64 {
        self.expires_at_ms
    }

    /// The certificate itself, without those that vouch for it.
    pub(super) fn leaf(&self) -> Option<CertificateDer<'static>> {
        self.certified.cert.first().cloned()
    }
}

type PemParts = (Material, Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn pem(properties: &Properties, certificate_key: &str, private_key_key: &str) -> Result<Option<PemParts>, ConfigError> {
    let certificate = Material::named_by(properties, certificate_key)?;
    let private_key = Material::named_by(properties, private_key_key)?;
    let (certificate, private_key) = match (certificate, private_key) {
        (None, None) => return Ok(None),
        (Some(certificate), Some(private_key)) => (certificate, private_key),
        (Some(_), None) => return Err(properties.invalid(private_key_key, "the private key of the certificate, PEM")),
        (None, Some(_)) => return Err(properties.invalid(certificate_key, "the certificate of the private key, PEM")),
    };
    let chain = certificates(&certificate)?;
    let is_encrypted = private_key.bytes.windows(9).any(|nine| nine == b"ENCRYPTED");
    let key = PrivateKeyDer::from_pem_slice(&private_key.bytes).map_err(|error| {
        private_key.wrong(if is_encrypted {
            "an encrypted key is not read here: decrypt it with openssl pkey -in OLD -out NEW, or use a PKCS12 store"
                .to_owned()
        } else {
            format!("no private key in PEM: {error}")
        })
    })?;
    Ok(Some((certificate, chain, key)))
}

/// All certificates of a PEM file; at least one.
pub(super) fn certificates(material: &Material) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&material.bytes).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(material.wrong("no certificate in PEM")),
        Err(error) => Err(material.wrong(format!("no certificate in PEM: {error}"))),
    }
}

/// A server whose certificate is over would start, and no client would speak with it. Gives when it will be, epoch
/// milliseconds.
fn check_validity(material: &Material, certificate: &CertificateDer<'_>) -> Result<i64, ConfigError> {
    let parsed = x509_cert::Certificate::from_der(certificate)
        .map_err(|error| material.wrong(format!("its certificate cannot be read: {error}")))?;
    let validity = parsed.tbs_certificate().validity();
    let now_s = Clock::system().now_ms() / 1_000;
    let seconds = |time: x509_cert::time::Time| i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
    if now_s > seconds(validity.not_after) {
        return Err(material.wrong(format!("its certificate has expired at {}", validity.not_after)));
    }
    if now_s < seconds(validity.not_before) {
        return Err(material.wrong(format!("its certificate is not valid before {}", validity.not_before)));
    }
    Ok(seconds(validity.not_after).saturating_mul(1_000))
}
