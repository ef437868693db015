//! Where sync-speed is.

use std::fmt;

use eurus_service::properties::{ConfigError, Properties};
use eurus_service::tls::ClientTls;
use eurus_service::tls::client::PemKeys;
use url::Url;

/// What the properties are called.
pub(super) mod keys {
    pub(in super::super) const URL: &str = "eurus.gateway.sync-speed.url";
    pub(in super::super) const TOKEN: &str = "eurus.gateway.sync-speed.token";
    pub(in super::super) const WAIT_MS: &str = "eurus.gateway.sync-speed.wait-ms";
    pub(in super::super) const TRUST_CERTIFICATE: &str = "eurus.gateway.sync-speed.tls.trust-certificate";
    pub(in super::super) const CERTIFICATE: &str = "eurus.gateway.sync-speed.tls.certificate";
    pub(in super::super) const PRIVATE_KEY: &str = "eurus.gateway.sync-speed.tls.certificate-private-key";
    pub(in super::super) const REPORT_REFUSED: &str = "eurus.gateway.report-refused";
}

const TLS: PemKeys = PemKeys {
    trust_certificate: keys::TRUST_CERTIFICATE,
    certificate: keys::CERTIFICATE,
    private_key: keys::PRIVATE_KEY,
};

const URLS_MAX: usize = 16;
const URL_ALLOWED: &str =
    "http(s)://host:port of sync-speed, without a path or credentials; several, comma-separated, 16 at most";
const WAIT_MS_MAX: i64 = 600_000;

/// How the gateway reaches sync-speed.
#[derive(Clone)]
pub struct SyncSpeedConfig {
    /// `http://host:port` or `https://host:port` of each; none: nothing is asked.
    pub urls: Vec<String>,
    /// Whom those under `https://` are vouched for by, and what is shown to them.
    pub tls: ClientTls,
    /// Bearer token that sync-speed asks gateways for.
    pub token: Option<String>,
    /// How long a starting gateway waits for the live marks before it serves without, milliseconds.
    pub wait_ms: i64,
    /// Whether instances that refuse connections are reported to it.
    pub report_refused: bool,
}

impl Default for SyncSpeedConfig {
    fn default() -> Self {
        let (urls, tls) = (Vec::new(), ClientTls::default());
        Self { urls, tls, token: None, wait_ms: 10_000, report_refused: false }
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
    /// `registry_tls`: where nothing is said about sync-speed's own.
    pub(crate) fn from_properties(properties: &Properties, registry_tls: &ClientTls) -> Result<Self, ConfigError> {
        let stock = Self::default();
        let urls: Option<Vec<String>> = properties.list(keys::URL).iter().map(|text| origin(text)).collect();
        let urls =
            urls.filter(|urls| urls.len() <= URLS_MAX).ok_or_else(|| properties.invalid(keys::URL, URL_ALLOWED))?;
        if let Some(key) = TLS.set(properties).next()
            && !urls.iter().any(|url| is_https(url))
        {
            return Err(ConfigError::other(format!(
                "{key}: it is not used, for no {} begins with https://",
                keys::URL
            )));
        }
        let tls = ClientTls::by_keys(&TLS, properties)?;
        Ok(Self {
            urls,
            tls: tls.unwrap_or_else(|| registry_tls.clone()),
            token: properties.secret(keys::TOKEN)?,
            wait_ms: properties.number(keys::WAIT_MS, stock.wait_ms, 0..=WAIT_MS_MAX)?,
            report_refused: properties.bool(keys::REPORT_REFUSED, stock.report_refused)?,
        })
    }
}

impl SyncSpeedConfig {
    /// How TLS is spoken, if it is.
    pub(super) fn tls_spoken(&self) -> Option<&ClientTls> {
        self.urls.iter().any(|url| is_https(url)).then_some(&self.tls)
    }
}

fn is_https(url: &str) -> bool {
    url.starts_with("https://")
}

/// `http://host:port` or `https://host:port`, if it is no more than that.
fn origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let is_nobodys = url.username().is_empty() && url.password().is_none();
    (matches!(url.scheme(), "http" | "https") && url.has_host() && is_bare && is_nobodys)
        .then(|| url.origin().ascii_serialization())
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
            ("https://sync-speed:8090", Some("https://sync-speed:8090")),
            ("HTTPS://sync-speed/", Some("https://sync-speed")),
            ("ftp://sync-speed:8090", None),
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
