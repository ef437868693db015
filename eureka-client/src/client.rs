//! The client: what its owners hold.

use std::sync::Arc;

use eurus_model::Applications;
use eurus_service::{Clock, Shutdown, Timer};

use crate::backoff::Backoff;
use crate::config::ClientConfig;
use crate::error::ClientError;
use crate::events::{FetchKind, FetchListener};
use crate::fetcher::Fetcher;
use crate::reach::Away;
use crate::registration::{Registration, RegistrationHealth};
use crate::registries::Registries;
use crate::{fetch_loop, registration_loop};

/// Keeps this process registered and a copy of the registry's list.
pub struct EurekaClient {
    clock: Clock,
    registries: Registries,
    fetcher: Fetcher,
    /// `None`: the list is not followed.
    fetch_interval_ms: Option<i64>,
    registration: Option<Registration>,
    renewal_interval_ms: i64,
    backoff_bound: u32,
}

/// The last successful fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastFetch {
    /// Full or delta.
    pub kind: FetchKind,
    /// When it was complete, epoch milliseconds.
    pub received_ms: i64,
    /// How long ago that was.
    pub age_ms: i64,
}

/// How the client stands, for a health answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientHealth {
    /// The service URL in use, without credentials.
    pub registry_url: String,
    /// `None` before the first.
    pub last_fetch: Option<LastFetch>,
    /// The row of failed fetches, while it lasts.
    pub fetch_away: Option<Away>,
    /// `None` when this process does not register.
    pub registration: Option<RegistrationHealth>,
}

impl EurekaClient {
    /// Sends nothing yet: [`run`](Self::run) does, and [`refresh`](Self::refresh).
    ///
    /// # Errors
    /// What in the configuration cannot work.
    pub fn new(
        config: ClientConfig,
        clock: Clock,
        listeners: Vec<Arc<dyn FetchListener>>,
    ) -> Result<Arc<Self>, ClientError> {
        config.validate()?;
        let renewal_interval_s = config.registration.as_ref().map_or(0, |instance| instance.lease.renewal_interval_s);
        let fetch = config.fetch.unwrap_or_default();
        let access = config.copy_access;
        let client = Arc::new(Self {
            registries: Registries::over_tls(config.service_urls, config.timeouts, &config.tls)?,
            fetcher: Fetcher::new(clock.clone(), fetch, listeners, config.faults.clone()),
            fetch_interval_ms: config.fetch.map(|fetch| fetch.interval_ms),
            registration: config
                .registration
                .map(|instance| Registration::new(instance, clock.clone(), config.faults.clone())),
            renewal_interval_ms: i64::from(renewal_interval_s) * 1_000,
            backoff_bound: config.backoff_bound,
            clock,
        });
        access.inspect(|access| access.attach(&client));
        Ok(client)
    }

    /// Registers and fetches at once and goes on until the shutdown; then takes the registration back, unless it is an
    /// abort. To be run once.
    ///
    /// Decoding happens off the async threads, applying a delta and the listeners do not: with very many instances
    /// give it a runtime that serves no requests.
    pub fn run(self: Arc<Self>, shutdown: Shutdown) -> impl Future<Output = ()> + Send + 'static {
        // Here and not at the first poll: a manual clock must know of the loops before they are spawned.
        let registration_timer = self.registration.as_ref().map(|_| self.clock.timer("registration loop"));
        let fetch_timer = self.fetch_interval_ms.map(|_| self.clock.timer("fetch loop"));
        async move {
            let both = async {
                tokio::join!(self.keep_registered(registration_timer, &shutdown), self.follow(fetch_timer, &shutdown));
            };
            tokio::select! {
                biased;
                () = shutdown.aborted() => {}
                () = both => {}
            }
        }
    }

    /// The fetched copy, as the registry said it: the last known good one while the registry is away, empty before the
    /// first fetch.
    pub fn registry(&self) -> Arc<Applications> {
        Arc::clone(&self.fetcher.published().registry)
    }

    /// A full fetch that begins after this call, published when it returns (a list that suddenly shows no service is not
    /// believed at once, see [`FetchConfig`](crate::FetchConfig)). One fetch runs at a time; callers who wait together
    /// share one.
    ///
    /// # Errors
    /// The fetch failed; the copy is as before.
    pub async fn refresh(&self) -> Result<(), ClientError> {
        self.fetcher.refresh(&self.registries).await
    }

    /// The transport, for single operations.
    pub fn registries(&self) -> &Registries {
        &self.registries
    }

    /// The last successful fetch; `None` before the first.
    pub fn last_fetch(&self) -> Option<LastFetch> {
        let (kind, received_ms) = self.fetcher.published().last?;
        Some(LastFetch { kind, received_ms, age_ms: self.clock.now_ms().saturating_sub(received_ms) })
    }

    /// Whether the registry suddenly showed no service at all when the whole list was fetched last: it may have restarted, and
    /// what it does not know need not have left.
    pub fn registry_is_suddenly_empty(&self) -> bool {
        self.fetcher.keeps_last()
    }

    /// A heartbeat now, besides the loop's. Without a registration of its own it does nothing.
    ///
    /// # Errors
    /// As the loop's heartbeat.
    pub async fn renew(&self) -> Result<(), ClientError> {
        match &self.registration {
            Some(registration) => registration.renew(&self.registries).await,
            None => Ok(()),
        }
    }

    /// How fetching and registration stand.
    pub fn health(&self) -> ClientHealth {
        ClientHealth {
            registry_url: self.registries.current_url(),
            last_fetch: self.last_fetch(),
            fetch_away: self.fetcher.away(),
            registration: self.registration.as_ref().map(Registration::health),
        }
    }

    async fn keep_registered(&self, timer: Option<Timer>, shutdown: &Shutdown) {
        if let (Some(registration), Some(timer)) = (&self.registration, timer) {
            let backoff = Backoff::new(self.renewal_interval_ms, self.backoff_bound);
            registration_loop::keep(registration, &self.registries, backoff, timer, shutdown).await;
        }
    }

    async fn follow(&self, timer: Option<Timer>, shutdown: &Shutdown) {
        if let (Some(interval_ms), Some(timer)) = (self.fetch_interval_ms, timer) {
            let backoff = Backoff::new(interval_ms, self.backoff_bound);
            fetch_loop::follow(&self.fetcher, &self.registries, backoff, timer, shutdown).await;
        }
    }
}
