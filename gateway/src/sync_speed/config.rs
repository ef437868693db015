//! Where sync-speed is.

use std::fmt;

use eurus_service::properties::{ConfigError, Properties};
use reqwest::Url;

const URL: &str = "eurus.gateway.sync-speed.url";
const TOKEN: &str = "eurus.gateway.sync-speed.token";
const WAIT_MS: &str = "eurus.gateway.sync-speed.wait-ms";

const REPORT_REFUSED: &str = "eurus.gateway.report-refused";

const URLS_MAX: usize = 16;
const URL_ALLOWED: &str =
    "http://host:port of sync-speed, without a path or credentials; several, comma-separated, 16 at most";
const WAIT_MS_MAX: i64 = 600_000;

/// How the gateway reaches sync-speed.
#[derive(Clone)]
pub struct SyncSpeedConfig {
    /// `http://host:port` of each; none: nothing is asked.
    pub urls: Vec<String>,
    /// Bearer token that sync-speed asks gateways for.
    pub token: Option<String>,
    /// How long a starting gateway waits for the live marks before it serves without, milliseconds.
    pub wait_ms: i64,
    /// Whether instances that refuse connections are reported to it.
    pub report_refused: bool,
}

impl Default for SyncSpeedConfig {
    fn default() -> Self {
        Self { urls: Vec::new(), token: None, wait_ms: 10_000, report_refused: false }
    }
}

/// Without the token.
impl fmt::Debug for SyncSpeedConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncSpeedConfig")
            .field("urls", &self.urls)
            .field("wait_ms", &self.wait_ms)
            .finish_non_exhaustive()
    }
}

impl SyncSpeedConfig {
    pub(crate) fn from_properties(properties: &Properties) -> Result<Self, ConfigError> {
        let stock = Self::default();
        let urls: Option<Vec<String>> = properties.list(URL).iter().map(|text| origin(text)).collect();
        let urls = urls.filter(|urls| urls.len() <= URLS_MAX).ok_or_else(|| properties.invalid(URL, URL_ALLOWED))?;
        Ok(Self {
            urls,
            token: properties.secret(TOKEN)?,
            wait_ms: properties.number(WAIT_MS, stock.wait_ms, 0..=WAIT_MS_MAX)?,
            report_refused: properties.bool(REPORT_REFUSED, stock.report_refused)?,
        })
    }
}

/// `http://host:port`, if it is no more than that.
fn origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let is_nobodys = url.username().is_empty() && url.password().is_none();
    (url.scheme() == "http" && url.has_host() && is_bare && is_nobodys).then(|| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins() {
        for (given, expected) in [
            ("http://10.0.0.9:8090", Some("http://10.0.0.9:8090")),
            ("http://sync-speed:8090/", Some("http://sync-speed:8090")),
            ("http://[::1]:8090", Some("http://[::1]:8090")),
            ("http://sync-speed", Some("http://sync-speed")),
            ("https://sync-speed:8090", None),
            ("http://sync-speed:8090/offline", None),
            ("http://u:p@sync-speed:8090", None),
            ("http://sync-speed:8090?x", None),
            ("sync-speed:8090", None),
            ("10.0.0.9:8090", None),
        ] {
            assert_eq!(origin(given).as_deref(), expected, "{given}");
        }
    }
}
