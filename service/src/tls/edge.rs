//! How a server speaks TLS with callers from everywhere: HTTP/2 beside HTTP/1.1, several certificates, sessions that are
//! taken up again; from files that may be renewed while it runs.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::ring::Ticketer;

use super::by_name::ByName;
use super::further;
use super::identity::Identity;
use super::server::{ServerKeys, builder};
use crate::properties::{ConfigError, FilesState, Properties};

/// What is offered, the best first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];
/// How the certificate is called that has no name of its own.
pub(super) const DEFAULT: &str = "default";

/// See the module. Cheap to clone; all see the same.
#[derive(Clone)]
pub struct EdgeTls(Arc<Inner>);

struct Inner {
    keys: &'static ServerKeys,
    /// Below which further certificates stand.
    further: &'static str,
    /// As they were at the start: what they name is read again, not they.
    properties: Properties,
    current: ArcSwap<Served>,
}

/// What was read at one time. It fits together, and is valid.
struct Served {
    config: Arc<ServerConfig>,
    certificates: Arc<[Expiry]>,
    files: Arc<[PathBuf]>,
    /// What the files looked like just before.
    state: FilesState,
}

/// Until when one certificate is valid.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Expiry {
    /// As the user calls it; `default` is the one without a name.
    pub name: String,
    /// Epoch milliseconds.
    pub at_ms: i64,
}

impl EdgeTls {
    /// What properties of these names ask for, with further certificates below `further`; `None`: plain HTTP.
    ///
    /// # Errors
    /// What is missing, cannot be read, does not fit or is over: key, file, why.
    pub fn by_keys(
        keys: &'static ServerKeys,
        further: &'static str,
        properties: &Properties,
    ) -> Result<Option<Self>, ConfigError> {
        if !keys.is_asked_for(properties)? {
            return Ok(None);
        }
        let current = ArcSwap::from_pointee(read(keys, further, properties)?);
        Ok(Some(Self(Arc::new(Inner { keys, further, properties: properties.clone(), current }))))
    }

    /// For the next handshake.
    pub fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.0.current.load().config)
    }

    /// Until when its certificates are valid: of each chain the first.
    pub fn expiries(&self) -> Arc<[Expiry]> {
        Arc::clone(&self.0.current.load().certificates)
    }

    /// The files that it was made of.
    pub fn files(&self) -> Arc<[PathBuf]> {
        Arc::clone(&self.0.current.load().files)
    }

    /// What they looked like just before they were read.
    pub fn files_state(&self) -> FilesState {
        self.0.current.load().state.clone()
    }

    /// Reads all files again. Blocks for as long as the disk takes.
    ///
    /// # Errors
    /// As [`by_keys`](Self::by_keys); what was in force stays in force then.
    pub fn renew(&self) -> Result<(), ConfigError> {
        let Inner { keys, further, properties, current } = &*self.0;
        current.store(Arc::new(read(keys, further, properties)?));
        Ok(())
    }
}

fn read(keys: &ServerKeys, prefix: &str, properties: &Properties) -> Result<Served, ConfigError> {
    let further = further::all(properties, prefix)?;
    let named = keys.file_keys().into_iter().chain(further.iter().flat_map(further::Further::file_keys));
    let files: Vec<PathBuf> = named.filter_map(|key| super::material::file_named_by(properties, key)).collect();
    let state = FilesState::of(&files);
    let default = keys.identity(properties)?;
    let mut all: Vec<(String, Identity)> = vec![(DEFAULT.to_owned(), default.clone())];
    for further in &further {
        all.push((further.name.clone(), further.identity(properties)?));
    }
    let builder = match keys.trusted_clients(properties)? {
        None => builder(keys, properties)?.with_no_client_auth(),
        Some(verifier) => builder(keys, properties)?.with_client_cert_verifier(verifier),
    };
    let others = all.iter().skip(1).map(|(_, identity)| identity.certified());
    let mut config = builder.with_cert_resolver(Arc::new(ByName::new(default.certified(), others)));
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    // New with each reading: a session of a caller who is not trusted any more must not be taken up again.
    config.ticketer = Ticketer::new().map_err(|error| ConfigError::other(format!("TLS: tickets: {error}")))?;
    let certificates = all.into_iter().map(|(name, identity)| Expiry { name, at_ms: identity.expires_at_ms() });
    Ok(Served { config: Arc::new(config), certificates: certificates.collect(), files: files.into(), state })
}

/// Without what it was made of.
impl fmt::Debug for EdgeTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EdgeTls({} certificates)", self.expiries().len())
    }
}
