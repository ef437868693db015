//! Whom TLS with instances trusts, what it shows, and what it offers to speak.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use eurus_service::ConfigError;
use eurus_service::tls::edge::Expiry;
use eurus_service::tls::{ClientFiles, ClientReading};
use rustls::ClientConfig;

use crate::destination::Spoken;

/// Shared by all threads. Where nothing is configured it is made with the first instance that speaks TLS: the system's
/// authorities are then read, and only then needed. What is configured may be read again, which puts another whole in its place.
pub(crate) struct InstanceTls {
    files: Option<ClientFiles>,
    ready: ArcSwapOption<Offers>,
}

/// The same, by what is offered (ALPN). Each has sessions of its own: none of before is taken up with an instance that is not
/// trusted any more.
struct Offers {
    http1: Arc<ClientConfig>,
    http2: Arc<ClientConfig>,
    both: Arc<ClientConfig>,
    /// Of the certificate that is shown.
    expiry: Option<Expiry>,
}

/// What a connection was opened with.
pub(super) struct Under {
    all: Arc<InstanceTls>,
    offers: Arc<Offers>,
}

impl InstanceTls {
    /// # Errors
    /// What is configured cannot be used.
    pub(crate) fn new(files: Option<&ClientFiles>) -> Result<Self, ConfigError> {
        let ready = files.map(|files| Offers::new(&files.first())).transpose()?;
        Ok(Self { files: files.cloned(), ready: ArcSwapOption::new(ready.map(Arc::new)) })
    }

    /// What it is made of; `None`: nothing is configured.
    pub(crate) fn files(&self) -> Option<&ClientFiles> {
        self.files.as_ref()
    }

    /// Until when the certificate is valid that instances are shown.
    pub(crate) fn expiry(&self) -> Option<Expiry> {
        self.ready.load().as_ref().and_then(|offers| offers.expiry.clone())
    }

    /// Reads all files again. New connections are opened with what they say, and those of before carry no further request.
    /// Blocks for as long as the disk takes.
    ///
    /// # Errors
    /// It cannot be used; what was in force stays in force then.
    pub(crate) fn renew(&self) -> Result<(), ConfigError> {
        let Some(files) = &self.files else { return Ok(()) };
        self.ready.store(Some(Arc::new(Offers::new(&files.read()?)?)));
        Ok(())
    }

    /// For a connection over which this is to be spoken.
    pub(super) async fn offering(self: &Arc<Self>, spoken: Spoken) -> Result<(Arc<ClientConfig>, Under), String> {
        let offers = match self.ready.load_full() {
            Some(offers) => offers,
            None => self.of_system().await?,
        };
        Ok((offers.of(spoken), Under { all: Arc::clone(self), offers }))
    }

    /// The first one's, of several that come at once.
    async fn of_system(&self) -> Result<Arc<Offers>, String> {
        // Files are read.
        let made = tokio::task::spawn_blocking(|| Offers::new(&ClientReading::default())).await;
        let made = made.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        let made = Arc::new(made);
        let before = self.ready.compare_and_swap(&None::<Arc<Offers>>, Some(Arc::clone(&made)));
        Ok(before.as_ref().map_or(made, Arc::clone))
    }
}

impl Offers {
    fn new(read: &ClientReading) -> Result<Self, ConfigError> {
        let config = read.tls.config()?;
        let offering = |protocols: &[&[u8]]| {
            let mut config = config.clone();
            config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
            Arc::new(config)
        };
        Ok(Self {
            http1: offering(&[b"http/1.1"]),
            http2: offering(&[b"h2"]),
            both: offering(&[b"h2", b"http/1.1"]),
            expiry: read.expiry.clone(),
        })
    }

    fn of(&self, spoken: Spoken) -> Arc<ClientConfig> {
        Arc::clone(match spoken {
            Spoken::Http1 => &self.http1,
            Spoken::Http2 => &self.http2,
            Spoken::Negotiated => &self.both,
        })
    }
}

impl Under {
    /// Whether another one is in force by now: whom this one trusted need not be trusted any more, and what it showed need not
    /// be valid.
    pub(super) fn is_replaced(&self) -> bool {
        !self.all.ready.load().as_ref().is_some_and(|now| Arc::ptr_eq(now, &self.offers))
    }
}
