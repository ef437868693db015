//! What is renewed: what callers are shown, and what instances are; each is read as a whole and holds or does not.

use std::path::PathBuf;
use std::sync::Arc;

use eurus_service::ConfigError;
use eurus_service::properties::FilesState;
use eurus_service::tls::edge::Expiry;
use eurus_service::tls::{ClientFiles, EdgeTls};

use crate::tally::Side;
use crate::upstream::tls::InstanceTls;

/// See the module.
#[derive(Clone)]
pub(super) enum Shown {
    ToCallers(EdgeTls),
    ToInstances(Arc<InstanceTls>),
}

impl Shown {
    pub(super) fn side(&self) -> Side {
        match self {
            Self::ToCallers(_) => Side::Callers,
            Self::ToInstances(_) => Side::Instances,
        }
    }

    /// What comes of what was read.
    pub(super) fn effect(&self) -> &'static str {
        match self {
            Self::ToCallers(_) => "they hold from the next handshake on",
            Self::ToInstances(_) => "they hold for new connections, and those of before carry no further request",
        }
    }

    /// What the loop over its files is called.
    pub(super) fn timer(&self) -> &'static str {
        match self {
            Self::ToCallers(_) => "gateway certificates",
            Self::ToInstances(_) => "gateway certificates for instances",
        }
    }

    pub(super) fn files(&self) -> Vec<PathBuf> {
        match self {
            Self::ToCallers(tls) => tls.files().to_vec(),
            Self::ToInstances(tls) => tls.files().map(ClientFiles::files).unwrap_or_default(),
        }
    }

    /// What they looked like when they were read at the start.
    pub(super) fn state(&self) -> FilesState {
        match self {
            Self::ToCallers(tls) => tls.files_state(),
            Self::ToInstances(tls) => tls.files().map(|files| files.first().state).unwrap_or_default(),
        }
    }

    /// Blocks for as long as the disk takes.
    pub(super) fn renew(&self) -> Result<(), ConfigError> {
        match self {
            Self::ToCallers(tls) => tls.renew(),
            Self::ToInstances(tls) => tls.renew(),
        }
    }

    /// Until when the certificates in force are valid.
    pub(super) fn expiries(&self) -> Vec<Expiry> {
        match self {
            Self::ToCallers(tls) => tls.expiries().to_vec(),
            Self::ToInstances(tls) => tls.expiry().into_iter().collect(),
        }
    }
}
