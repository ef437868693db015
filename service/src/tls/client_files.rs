//! A client's TLS with the files that it is made of, for one that runs on when they are renewed.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::client::{ClientTls, PemKeys};
use super::edge::{DEFAULT, Expiry};
use super::material;
use crate::properties::{ConfigError, FilesState, Properties};

/// See the module. Cheap to clone.
#[derive(Clone)]
pub struct ClientFiles(Arc<Inner>);

struct Inner {
    keys: &'static PemKeys,
    /// As they were at the start: what they name is read again, not they.
    properties: Properties,
    first: ClientReading,
}

/// What was read at one time. It fits together, and is valid. By default the system's authorities are trusted, and nothing is shown.
#[derive(Clone, Default)]
pub struct ClientReading {
    /// Whom it trusts, and what it shows.
    pub tls: ClientTls,
    /// Until when the certificate is valid that it shows.
    pub expiry: Option<Expiry>,
    /// What the files looked like just before.
    pub state: FilesState,
}

impl ClientFiles {
    /// What properties of these names say; `None`: nothing.
    ///
    /// # Errors
    /// As [`ClientTls::by_keys`].
    pub fn by_keys(keys: &'static PemKeys, properties: &Properties) -> Result<Option<Self>, ConfigError> {
        let first = read(keys, properties)?;
        Ok(first.map(|first| Self(Arc::new(Inner { keys, properties: properties.clone(), first }))))
    }

    /// What was read at the start.
    pub fn first(&self) -> ClientReading {
        self.0.first.clone()
    }

    /// Reads all files again. Blocks for as long as the disk takes.
    ///
    /// # Errors
    /// As [`by_keys`](Self::by_keys).
    pub fn read(&self) -> Result<ClientReading, ConfigError> {
        let Inner { keys, properties, first } = &*self.0;
        // What is set does not change, and something is.
        Ok(read(keys, properties)?.unwrap_or_else(|| first.clone()))
    }

    /// The files that it is made of; none where the properties hold the PEM itself.
    pub fn files(&self) -> Vec<PathBuf> {
        files(self.0.keys, &self.0.properties)
    }
}

fn read(keys: &PemKeys, properties: &Properties) -> Result<Option<ClientReading>, ConfigError> {
    let state = FilesState::of(&files(keys, properties));
    let Some(tls) = ClientTls::by_keys(keys, properties)? else { return Ok(None) };
    let expiry = tls.certificate_end_ms().map(|at_ms| Expiry { name: DEFAULT.to_owned(), at_ms });
    Ok(Some(ClientReading { tls, expiry, state }))
}

fn files(keys: &PemKeys, properties: &Properties) -> Vec<PathBuf> {
    keys.all().into_iter().filter_map(|key| material::file_named_by(properties, key)).collect()
}

/// Without what it was made of.
impl fmt::Debug for ClientFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientFiles({:?})", self.0.first.tls)
    }
}
