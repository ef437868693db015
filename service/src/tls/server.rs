//! The server's side, under Spring's names, or a service's own.

use std::fmt;
use std::sync::Arc;

use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::SingleCertAndKey;
use rustls::{ConfigBuilder, ServerConfig, SupportedProtocolVersion, WantsVerifier, version};

use super::client::ClientTls;
use super::identity::{Identity, IdentityKeys};
use super::key_store::StoreKeys;
use super::own::TrustedOrOwn;
use super::{anchors, provider};
use crate::properties::{ConfigError, Properties};

/// How the properties of one server's TLS are called.
pub struct ServerKeys {
    enabled: &'static str,
    trust_certificate: &'static str,
    client_auth: &'static str,
    protocols: &'static str,
    identity: IdentityKeys<'static>,
    trust_store: StoreKeys<'static>,
    /// What means nothing without TLS, beside all these.
    further: &'static [&'static str],
}

/// The keys below one prefix.
macro_rules! keys {
    ($prefix:literal $(, $further:literal)*) => {
        ServerKeys {
            further: &[$(concat!($prefix, $further)),*],
            enabled: concat!($prefix, ".enabled"),
            trust_certificate: concat!($prefix, ".trust-certificate"),
            client_auth: concat!($prefix, ".client-auth"),
            protocols: concat!($prefix, ".enabled-protocols"),
            identity: IdentityKeys {
                certificate: concat!($prefix, ".certificate"),
                private_key: concat!($prefix, ".certificate-private-key"),
                store: StoreKeys {
                    store: concat!($prefix, ".key-store"),
                    password: concat!($prefix, ".key-store-password"),
                    kind: concat!($prefix, ".key-store-type"),
                },
                alias: Some(concat!($prefix, ".key-alias")),
                key_password: concat!($prefix, ".key-password"),
            },
            trust_store: StoreKeys {
                store: concat!($prefix, ".trust-store"),
                password: concat!($prefix, ".trust-store-password"),
                kind: concat!($prefix, ".trust-store-type"),
            },
        }
    };
}

/// Spring's: of the registry, and of a service in a process of its own.
pub const OF_PROCESS: ServerKeys = keys!("server.ssl");
/// The gateway's own.
pub const OF_GATEWAY: ServerKeys = keys!("eurus.gateway.ssl", ".port", ".handshake-timeout-ms", ".handshakes-max");
/// Of the gateway's admin API.
pub const OF_GATEWAY_ADMIN: ServerKeys = keys!("eurus.gateway.admin.ssl");
/// sync-speed's own.
pub const OF_SYNC_SPEED: ServerKeys = keys!("eurus.sync-speed.ssl");

impl ServerKeys {
    /// What asks for TLS, whatever else is set, and even when it is empty: `key-store: ${KEY_STORE:}` was not meant as
    /// plain HTTP.
    pub(crate) fn asking(&self) -> impl Iterator<Item = &'static str> {
        let (identity, trust_store) = (&self.identity, &self.trust_store);
        [
            identity.certificate,
            identity.private_key,
            identity.store.store,
            identity.store.password,
            identity.store.kind,
            identity.key_password,
            self.trust_certificate,
            trust_store.store,
            trust_store.password,
            trust_store.kind,
            self.client_auth,
            self.protocols,
        ]
        .into_iter()
        .chain(identity.alias)
        .chain(self.further.iter().copied())
    }

    /// The properties that name files.
    pub(super) fn file_keys(&self) -> [&'static str; 5] {
        let Self { identity, trust_store, trust_certificate, .. } = self;
        [identity.certificate, identity.private_key, identity.store.store, trust_certificate, trust_store.store]
    }

    /// Whether anybody has said anything by these names, also that there is none.
    pub fn are_set(&self, properties: &Properties) -> bool {
        properties.is_set_by_user(self.enabled) || !self.asked_by(properties).is_empty()
    }

    fn asked_by(&self, properties: &Properties) -> Vec<&'static str> {
        self.asking().filter(|key| properties.is_set_by_user(key)).collect()
    }

    /// Whether TLS is to be spoken.
    pub(super) fn is_asked_for(&self, properties: &Properties) -> Result<bool, ConfigError> {
        properties.bool(self.enabled, !self.asked_by(properties).is_empty())
    }

    /// What is shown to callers.
    pub(super) fn identity(&self, properties: &Properties) -> Result<Identity, ConfigError> {
        Identity::from_properties(properties, &self.identity)?
            .ok_or_else(|| without_certificate(self, properties, &self.asked_by(properties)))
    }

    /// Whom callers' certificates are vouched for by; `None`: they are not asked for one.
    pub(super) fn trusted_clients(
        &self,
        properties: &Properties,
    ) -> Result<Option<Arc<dyn ClientCertVerifier>>, ConfigError> {
        let is_needed = match properties.string(self.client_auth).map(|text| text.to_lowercase()).as_deref() {
            None | Some("none") => return Ok(None),
            Some("want") => false,
            Some("need") => true,
            Some(_) => return Err(properties.invalid(self.client_auth, "none, want or need")),
        };
        let Some(roots) = anchors::from_properties(properties, self.trust_certificate, Some(&self.trust_store))? else {
            return Err(ConfigError::other(format!(
                "{}: whose certificates are trusted? Set {} (PKCS12) or {} (PEM)",
                self.client_auth, self.trust_store.store, self.trust_certificate
            )));
        };
        let builder = WebPkiClientVerifier::builder_with_provider(roots, provider());
        let builder = if is_needed { builder } else { builder.allow_unauthenticated() };
        let built = builder.build().map_err(|error| ConfigError::other(format!("{}: {error}", self.client_auth)))?;
        Ok(Some(built))
    }
}

/// How a server speaks TLS.
#[derive(Clone)]
pub struct ServerTls {
    config: Arc<ServerConfig>,
    identity: Identity,
}

impl ServerTls {
    /// What `server.ssl.*` asks for; `None`: plain HTTP.
    ///
    /// # Errors
    /// What is missing, cannot be read, does not fit or is over: key, file, why.
    pub fn from_properties(properties: &Properties) -> Result<Option<Self>, ConfigError> {
        Self::by_keys(&OF_PROCESS, properties)
    }

    /// What properties of these names ask for; `None`: plain HTTP.
    ///
    /// # Errors
    /// As [`from_properties`](Self::from_properties).
    pub fn by_keys(keys: &ServerKeys, properties: &Properties) -> Result<Option<Self>, ConfigError> {
        if !keys.is_asked_for(properties)? {
            return Ok(None);
        }
        let identity = keys.identity(properties)?;
        let builder = match keys.trusted_clients(properties)? {
            None => builder(keys, properties)?.with_no_client_auth(),
            Some(trusted) => builder(keys, properties)?.with_client_cert_verifier(trusted_or_own(trusted, &identity)),
        };
        let config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(identity.certified())));
        Ok(Some(Self { config: Arc::new(config), identity }))
    }

    /// For the HTTP server.
    pub fn config(&self) -> ServerConfig {
        ServerConfig::clone(&self.config)
    }

    /// For a client within the same process: it knows this server by its very certificate, and shows the same.
    pub fn own_client(&self) -> ClientTls {
        ClientTls::of_same_process(&self.identity)
    }
}

/// Two are the same when one is a copy of the other.
impl PartialEq for ServerTls {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.config, &other.config)
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerTls")
    }
}

/// With the versions that are asked for.
pub(super) fn builder(
    keys: &ServerKeys,
    properties: &Properties,
) -> Result<ConfigBuilder<ServerConfig, WantsVerifier>, ConfigError> {
    ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&protocols(keys, properties)?)
        .map_err(|error| ConfigError::other(format!("{}: {error}", keys.protocols)))
}

fn protocols(
    keys: &ServerKeys,
    properties: &Properties,
) -> Result<Vec<&'static SupportedProtocolVersion>, ConfigError> {
    let mut versions = Vec::new();
    for name in properties.list(keys.protocols) {
        versions.push(match name.to_uppercase().as_str() {
            "TLSV1.2" => &version::TLS12,
            "TLSV1.3" => &version::TLS13,
            _ => return Err(properties.invalid(keys.protocols, "TLSv1.2, TLSv1.3 or both; older ones are broken")),
        });
    }
    Ok(if versions.is_empty() { vec![&version::TLS13, &version::TLS12] } else { versions })
}

fn without_certificate(keys: &ServerKeys, properties: &Properties, asked: &[&str]) -> ConfigError {
    let IdentityKeys { certificate, private_key, store, .. } = &keys.identity;
    let enabled = keys.enabled;
    let asking = asked.iter().find(|key| properties.string(key).is_none()).or_else(|| asked.first());
    let because = match asking {
        Some(key) if properties.string(key).is_none() => format!("{key} is set and empty"),
        Some(key) => format!("{key} is set"),
        None => format!("{enabled} is true"),
    };
    ConfigError::other(format!(
        "{because}: TLS needs a certificate: set {} (PKCS12), or {certificate} and {private_key} (PEM); or {enabled}=false \
         for plain HTTP",
        store.store
    ))
}

fn trusted_or_own(trusted: Arc<dyn ClientCertVerifier>, identity: &Identity) -> Arc<dyn ClientCertVerifier> {
    match identity.leaf() {
        Some(own) => Arc::new(TrustedOrOwn { own, trusted }),
        None => trusted,
    }
}
