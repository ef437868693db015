//! The client's side: whom it trusts, and what it shows.

use std::fmt;
use std::sync::Arc;

use rustls::client::{ResolvesClientCert, WantsClientCert, WebPkiServerVerifier};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::sign::SingleCertAndKey;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};

use super::identity::{Identity, IdentityKeys};
use super::key_store::StoreKeys;
use super::named::Named;
use super::own::Exactly;
use super::{anchors, provider};
use crate::properties::{ConfigError, Properties};

const ENABLED: &str = "eureka.client.tls.enabled";
const TRUST_CERTIFICATE: &str = "eurus.client.tls.trust-certificate";
const TRUST_STORE: StoreKeys<'_> = StoreKeys {
    store: "eureka.client.tls.trust-store",
    password: "eureka.client.tls.trust-store-password",
    kind: "eureka.client.tls.trust-store-type",
};
const IDENTITY: IdentityKeys<'_> = IdentityKeys {
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

/// How the properties of a client are called that has PEM files of its own.
pub struct PemKeys {
    /// Who vouches for servers.
    pub trust_certificate: &'static str,
    /// What is shown to servers that ask for it.
    pub certificate: &'static str,
    /// Its private key.
    pub private_key: &'static str,
}

impl PemKeys {
    /// Those that somebody has set.
    pub fn set<'a>(&self, properties: &'a Properties) -> impl Iterator<Item = &'static str> + use<'a> {
        self.all().into_iter().filter(|key| properties.is_set_by_user(key))
    }

    pub(super) fn all(&self) -> [&'static str; 3] {
        [self.trust_certificate, self.certificate, self.private_key]
    }
}

/// How a client speaks TLS with servers under `https://`, registries above all. By default it trusts the system's authorities and shows nothing.
#[derive(Clone, Default)]
pub struct ClientTls {
    trust: Trust,
    identity: Option<Identity>,
    /// What servers' certificates must be called; `None`: as they are called in the URL.
    server_name: Option<ServerName<'static>>,
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
        Ok(Self { trust: roots.map_or(Trust::System, Trust::Only), identity, server_name: None })
    }

    /// What properties of these names say; `None`: nothing.
    ///
    /// # Errors
    /// As [`from_properties`](Self::from_properties).
    pub fn by_keys(keys: &PemKeys, properties: &Properties) -> Result<Option<Self>, ConfigError> {
        let set: Vec<_> = keys.set(properties).collect();
        if set.is_empty() {
            return Ok(None);
        }
        // Somebody meant a file: without it the system's authorities would be trusted.
        if let Some(empty) = set.into_iter().find(|key| properties.string(key).is_none()) {
            return Err(properties.invalid(empty, "a PEM file, or PEM text"));
        }
        let roots = anchors::from_properties(properties, keys.trust_certificate, None)?;
        let identity = Identity::from_pem(properties, keys.certificate, keys.private_key)?;
        Ok(Some(Self { trust: roots.map_or(Trust::System, Trust::Only), identity, server_name: None }))
    }

    /// For servers that are called by addresses: what their certificates must be called. `None`: that is no name.
    #[must_use]
    pub fn named(self, name: &str) -> Option<Self> {
        let server_name = ServerName::try_from(name.to_owned()).ok()?;
        Some(Self { server_name: Some(server_name), ..self })
    }

    /// When the certificate that it shows is over, epoch milliseconds; `None`: it shows none.
    pub(super) fn certificate_end_ms(&self) -> Option<i64> {
        self.identity.as_ref().map(Identity::expires_at_ms)
    }

    pub(super) fn of_same_process(identity: &Identity) -> Self {
        let trust = identity.leaf().map_or(Trust::System, Trust::Exactly);
        Self { trust, identity: Some(identity.clone()), server_name: None }
    }

    /// For a client that speaks no TLS: it trusts nobody, and no file is read.
    ///
    /// # Errors
    /// The library refuses; it does not.
    pub fn unused() -> Result<ClientConfig, ConfigError> {
        Self { trust: Trust::Only(Arc::new(RootCertStore::empty())), identity: None, server_name: None }.config()
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
            Trust::System => self.trusting(builder, Arc::new(system_roots()?))?,
            Trust::Only(roots) => self.trusting(builder, Arc::clone(roots))?,
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

impl ClientTls {
    fn trusting(
        &self,
        builder: ConfigBuilder<ClientConfig, WantsVerifier>,
        roots: Arc<RootCertStore>,
    ) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, ConfigError> {
        let Some(name) = self.server_name.clone() else { return Ok(builder.with_root_certificates(roots)) };
        let trusted = WebPkiServerVerifier::builder_with_provider(roots, provider())
            .build()
            .map_err(|error| ConfigError::other(format!("TLS: {error}")))?;
        Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(Named { name, trusted })))
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
            "nobody under https:// can be trusted: this system has no certificate authorities {why}; set \
             {TRUST_CERTIFICATE} (PEM) or {} (PKCS12)",
            TRUST_STORE.store
        )));
    }
    Ok(roots)
}
