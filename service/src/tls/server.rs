//! The server's side, under Spring's names.

use std::fmt;
use std::sync::Arc;

use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::SingleCertAndKey;
use rustls::{ServerConfig, SupportedProtocolVersion, version};

use super::client::ClientTls;
use super::identity::{Identity, IdentityKeys};
use super::key_store::StoreKeys;
use super::own::TrustedOrOwn;
use super::{anchors, provider};
use crate::properties::{ConfigError, Properties};

const ENABLED: &str = "server.ssl.enabled";
const TRUST_CERTIFICATE: &str = "server.ssl.trust-certificate";
const CLIENT_AUTH: &str = "server.ssl.client-auth";
const PROTOCOLS: &str = "server.ssl.enabled-protocols";

const IDENTITY: IdentityKeys = IdentityKeys {
    certificate: "server.ssl.certificate",
    private_key: "server.ssl.certificate-private-key",
    store: StoreKeys {
        store: "server.ssl.key-store",
        password: "server.ssl.key-store-password",
        kind: "server.ssl.key-store-type",
    },
    alias: Some("server.ssl.key-alias"),
    key_password: "server.ssl.key-password",
};
const TRUST_STORE: StoreKeys = StoreKeys {
    store: "server.ssl.trust-store",
    password: "server.ssl.trust-store-password",
    kind: "server.ssl.trust-store-type",
};

/// What asks for TLS, whatever else is set, and even when it is empty: `key-store: ${KEY_STORE:}` was not meant as plain
/// HTTP.
pub(crate) const ASKING: [&str; 13] = [
    IDENTITY.certificate,
    IDENTITY.private_key,
    IDENTITY.store.store,
    IDENTITY.store.password,
    IDENTITY.store.kind,
    "server.ssl.key-alias",
    IDENTITY.key_password,
    TRUST_CERTIFICATE,
    TRUST_STORE.store,
    TRUST_STORE.password,
    TRUST_STORE.kind,
    CLIENT_AUTH,
    PROTOCOLS,
];

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
        let asked: Vec<&str> = ASKING.into_iter().filter(|key| properties.is_set_by_user(key)).collect();
        if !properties.bool(ENABLED, !asked.is_empty())? {
            return Ok(None);
        }
        let Some(identity) = Identity::from_properties(properties, &IDENTITY)? else {
            return Err(without_certificate(properties, &asked));
        };
        let builder = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&protocols(properties)?)
            .map_err(|error| ConfigError::other(format!("{PROTOCOLS}: {error}")))?;
        let builder = match client_verifier(properties, &identity)? {
            None => builder.with_no_client_auth(),
            Some(verifier) => builder.with_client_cert_verifier(verifier),
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

fn protocols(properties: &Properties) -> Result<Vec<&'static SupportedProtocolVersion>, ConfigError> {
    let mut versions = Vec::new();
    for name in properties.list(PROTOCOLS) {
        versions.push(match name.to_uppercase().as_str() {
            "TLSV1.2" => &version::TLS12,
            "TLSV1.3" => &version::TLS13,
            _ => return Err(properties.invalid(PROTOCOLS, "TLSv1.2, TLSv1.3 or both; older ones are broken")),
        });
    }
    Ok(if versions.is_empty() { vec![&version::TLS13, &version::TLS12] } else { versions })
}

fn without_certificate(properties: &Properties, asked: &[&str]) -> ConfigError {
    let IdentityKeys { certificate, private_key, store, .. } = IDENTITY;
    let asking = asked.iter().find(|key| properties.string(key).is_none()).or_else(|| asked.first());
    let because = match asking {
        Some(key) if properties.string(key).is_none() => format!("{key} is set and empty"),
        Some(key) => format!("{key} is set"),
        None => format!("{ENABLED} is true"),
    };
    ConfigError::other(format!(
        "{because}: TLS needs a certificate: set {} (PKCS12), or {certificate} and {private_key} (PEM); or {ENABLED}=false \
         for plain HTTP",
        store.store
    ))
}

fn client_verifier(
    properties: &Properties,
    identity: &Identity,
) -> Result<Option<Arc<dyn ClientCertVerifier>>, ConfigError> {
    let is_needed = match properties.string(CLIENT_AUTH).map(|text| text.to_lowercase()).as_deref() {
        None | Some("none") => return Ok(None),
        Some("want") => false,
        Some("need") => true,
        Some(_) => return Err(properties.invalid(CLIENT_AUTH, "none, want or need")),
    };
    let Some(roots) = anchors::from_properties(properties, TRUST_CERTIFICATE, Some(&TRUST_STORE))? else {
        return Err(ConfigError::other(format!(
            "{CLIENT_AUTH}: whose certificates are trusted? Set {} (PKCS12) or {TRUST_CERTIFICATE} (PEM)",
            TRUST_STORE.store
        )));
    };
    let builder = WebPkiClientVerifier::builder_with_provider(roots, provider());
    let builder = if is_needed { builder } else { builder.allow_unauthenticated() };
    let trusted = builder.build().map_err(|error| ConfigError::other(format!("{CLIENT_AUTH}: {error}")))?;
    Ok(Some(match identity.leaf() {
        Some(own) => Arc::new(TrustedOrOwn { own, trusted }),
        None => trusted,
    }))
}
