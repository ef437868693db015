//! `eurus.gateway.error-details`.

use eurus_service::properties::{ConfigError, Properties};

const KEY: &str = "eurus.gateway.error-details";

/// What callers are told of failures that are not theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorDetails {
    /// What kind of failure it is. The log has the rest, under the request's id.
    None,
    /// Which instances were tried, where, and how each failed.
    Full,
}

impl ErrorDetails {
    /// What is set; `None`: nothing.
    pub(crate) fn from_properties(properties: &Properties) -> Result<Option<Self>, ConfigError> {
        match properties.string(KEY).as_deref() {
            None => Ok(None),
            Some("none") => Ok(Some(Self::None)),
            Some("full") => Ok(Some(Self::Full)),
            Some(_) => Err(properties.invalid(KEY, "none or full")),
        }
    }
}
