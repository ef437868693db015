//! Certificates that are trusted to vouch for others.

use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

use super::identity;
use super::key_store::{self, StoreKeys};
use super::material::Material;
use crate::properties::{ConfigError, Properties};

/// From PEM and from a store; `None` when neither is set.
pub(super) fn from_properties(
    properties: &Properties,
    pem_key: &str,
    store_keys: Option<&StoreKeys<'_>>,
) -> Result<Option<Arc<RootCertStore>>, ConfigError> {
    let mut roots = RootCertStore::empty();
    if let Some(material) = Material::named_by(properties, pem_key)? {
        add(&mut roots, &material, identity::certificates(&material)?)?;
    }
    if let Some(keys) = store_keys
        && let Some((material, certificates)) = key_store::certificates(properties, keys)?
    {
        let certificates: Vec<_> =
            certificates.iter().map(|certificate| CertificateDer::from(certificate.as_der().to_vec())).collect();
        if certificates.is_empty() {
            return Err(material.wrong("it holds no certificate"));
        }
        add(&mut roots, &material, certificates)?;
    }
    Ok(if roots.is_empty() { None } else { Some(Arc::new(roots)) })
}

fn add(
    roots: &mut RootCertStore,
    material: &Material,
    certificates: Vec<CertificateDer<'static>>,
) -> Result<(), ConfigError> {
    for certificate in certificates {
        roots
            .add(certificate)
            .map_err(|error| material.wrong(format!("a certificate in it cannot be used: {error}")))?;
    }
    Ok(())
}
