//! Why a registry stops or does not start.

use std::fmt;
use std::io;

use crate::config::InvalidSetting;

/// Why [`run`](crate::run) ended without being asked to.
#[derive(Debug)]
pub enum RunError {
    /// A setting is not valid.
    Setting(InvalidSetting),
    /// The listener cannot be served, or serving it failed.
    Listener(io::Error),
    /// Health and metrics have a port of their own, and it was not bound: [`Listeners::bind`](crate::Listeners::bind) does.
    NoManagementListener,
    /// The operating system gives no random bytes, without which no credentials can be kept.
    Random(getrandom::Error),
    /// A control loop ended; its name and why. Without it caches or leases would silently go stale.
    Loop(&'static str, String),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting(invalid) => write!(f, "{invalid}"),
            Self::Listener(source) => write!(f, "the registry cannot serve its listener: {source}"),
            Self::NoManagementListener => {
                f.write_str("management.server.port names a port of its own, and no listener was bound for it")
            }
            Self::Random(source) => write!(f, "the registry gets no random bytes from the operating system: {source}"),
            Self::Loop(name, why) => write!(f, "the registry's {name} loop ended: {why}; restart the registry"),
        }
    }
}

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Setting(invalid) => Some(invalid),
            Self::Listener(source) => Some(source),
            Self::Random(source) => Some(source),
            Self::NoManagementListener | Self::Loop(..) => None,
        }
    }
}

impl From<InvalidSetting> for RunError {
    fn from(invalid: InvalidSetting) -> Self {
        Self::Setting(invalid)
    }
}
