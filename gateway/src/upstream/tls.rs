//! Whom TLS with instances trusts, what it shows, and what it offers to speak.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use eurus_service::ConfigError;
use eurus_service::tls::ClientTls;
use rustls::ClientConfig;

use crate::destination::Spoken;

/// Shared by all threads. Where nothing is configured it is made with the first instance that speaks TLS: the system's
/// authorities are then read, and only then needed.
pub(crate) struct InstanceTls {
    configured: ClientTls,
    ready: ArcSwapOption<Offers>,
}

/// The same, by what is offered (ALPN).
struct Offers {
    http1: Arc<ClientConfig>,
    http2: Arc<ClientConfig>,
    both: Arc<ClientConfig>,
}

impl InstanceTls {
    /// # Errors
    /// What is configured cannot be used.
    pub(crate) fn new(configured: Option<&ClientTls>) -> Result<Self, ConfigError> {
        let tls = Self { configured: configured.cloned().unwrap_or_default(), ready: ArcSwapOption::empty() };
        if configured.is_some() {
            tls.ready.store(Some(Arc::new(Offers::new(&tls.configured)?)));
        }
        Ok(tls)
    }

    /// For a connection over which this is to be spoken.
    pub(super) async fn offering(self: &Arc<Self>, spoken: Spoken) -> Result<Arc<ClientConfig>, String> {
        if let Some(offers) = &*self.ready.load() {
            return Ok(offers.of(spoken));
        }
        let shared = Arc::clone(self);
        // Files are read.
        let made = tokio::task::spawn_blocking(move || Offers::new(&shared.configured)).await;
        let offers = made.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        let offered = offers.of(spoken);
        self.ready.store(Some(Arc::new(offers)));
        Ok(offered)
    }
}

impl Offers {
    fn new(configured: &ClientTls) -> Result<Self, ConfigError> {
        let config = configured.config()?;
        let offering = |protocols: &[&[u8]]| {
            let mut config = config.clone();
            config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
            Arc::new(config)
        };
        Ok(Self { http1: offering(&[b"http/1.1"]), http2: offering(&[b"h2"]), both: offering(&[b"h2", b"http/1.1"]) })
    }

    fn of(&self, spoken: Spoken) -> Arc<ClientConfig> {
        Arc::clone(match spoken {
            Spoken::Http1 => &self.http1,
            Spoken::Http2 => &self.http2,
            Spoken::Negotiated => &self.both,
        })
    }
}
