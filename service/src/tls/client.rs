//! The client's side: whom it trusts, and what it shows.

use std::fmt;
use std::sync::Arc;

use rustls::client::ResolvesClientCert;
use rustls::pki_types::CertificateDer;
use rustls::sign::SingleCertAndKey;
use rustls::{ClientConfig, RootCertStore};

use super::identity::{Identity, IdentityKeys};
use super::key_store::StoreKeys;
use super::own::Exactly;
use super::{anchors, provider};
use crate::properties::{ConfigError, Properties};

const ENABLED: &str = "eureka.client.tls.enabled";
const TRUST_CERTIFICATE: &str = "eurus.client.tls.trust-certificate";
const TRUST_STORE: StoreKeys = StoreKeys {
    store: "eureka.client.tls.trust-store",
    password: "eureka.client.tls.trust-store-password",
    kind: "eureka.client.tls.trust-store-type",
};
const IDENTITY: IdentityKeys = IdentityKeys {
    certificate: "eurus.client.tls.certificate",
    private_key: "eurus.client.tls.certificate-private-key",
    store: StoreKeys {
        store: "eureka.client.tls.key-store",
        password: "eureka.client.tls.key-store-password",
        kind: "eureka.client.tls.key-store-type",
    },
    alias: None,
    key_password: "eureka.client.tls.key-password",
};

/// How a client speaks TLS with registries under `https://`. By default it trusts the system's authorities and shows nothing.
#[derive(Clone, Default)]
pub struct ClientTls {
    trust: Trust,
    identity: Option<Identity>,
}

#[derive(Clone, Default)]
enum Trust {
    /// The system's authorities.
    #[default]
    System,
    /// These authorities alone.
    Only(Arc<RootCertStore>),
    /// This very certificate.
    Exactly(CertificateDer<'static>),
}

impl ClientTls {
    /// What `eureka.client.tls.*` (stores) and `eurus.client.tls.*` (PEM) say.
    ///
    /// # Errors
    /// What is missing, cannot be read, does not fit or is over: key, file, why.
    pub fn from_properties(properties: &Properties) -> Result<Self, ConfigError> {
        let is_enabled = properties.bool(ENABLED, false)?;
        if !is_enabled {
            let unused =
                [TRUST_STORE.store, IDENTITY.store.store].into_iter().find(|key| properties.is_set_by_user(key));
            if let Some(key) = unused
                && properties.string(ENABLED).is_none()
            {
                return Err(ConfigError::other(format!("{key}: it is not used without {ENABLED}=true")));
            }
        }
        let identity = if is_enabled || properties.string(IDENTITY.certificate).is_some() {
            Identity::from_properties(properties, &IDENTITY)?
        } else {
            None
        };
        let roots = anchors::from_properties(properties, TRUST_CERTIFICATE, is_enabled.then_some(&TRUST_STORE))?;
        Ok(Self { trust: roots.map_or(Trust::System, Trust::Only), identity })
    }

    pub(super) fn of_same_process(identity: &Identity) -> Self {
        let trust = identity.leaf().map_or(Trust::System, Trust::Exactly);
        Self { trust, identity: Some(identity.clone()) }
    }

    /// For a client that speaks no TLS: it trusts nobody, and no file is read.
    ///
    /// # Errors
    /// The library refuses; it does not.
    pub fn unused() -> Result<ClientConfig, ConfigError> {
        Self { trust: Trust::Only(Arc::new(RootCertStore::empty())), identity: None }.config()
    }

    /// For the HTTP client.
    ///
    /// # Errors
    /// The system has no authorities, and none are configured.
    pub fn config(&self) -> Result<ClientConfig, ConfigError> {
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| ConfigError::other(format!("TLS: {error}")))?;
        let builder = match &self.trust {
            Trust::System => builder.with_root_certificates(system_roots()?),
            Trust::Only(roots) => builder.with_root_certificates(Arc::clone(roots)),
            Trust::Exactly(certificate) => {
                let verifier = Exactly { certificate: certificate.clone(), provider: provider() };
                builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
            }
        };
        Ok(match &self.identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let shown: Arc<dyn ResolvesClientCert> = Arc::new(SingleCertAndKey::from(identity.certified()));
                builder.with_client_cert_resolver(shown)
            }
        })
    }
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trust = match &self.trust {
            Trust::System => "the system's authorities",
            Trust::Only(_) => "configured authorities",
            Trust::Exactly(_) => "one certificate",
        };
        write!(f, "ClientTls(trusts {trust})")
    }
}

fn system_roots() -> Result<RootCertStore, ConfigError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    // A system's bundle may hold some that are too old to be used: those are left out.
    let (used, _) = roots.add_parsable_certificates(found.certs);
    if used == 0 {
        let why = found.errors.first().map(ToString::to_string).unwrap_or_default();
        return Err(ConfigError::other(format!(
            "an https:// registry cannot be trusted: this system has no certificate authorities {why}; set \
             {TRUST_CERTIFICATE} (PEM) or {} (PKCS12)",
            TRUST_STORE.store
        )));
    }
    Ok(roots)
}
