//! A client that follows a scripted registry on the manual clock, and what it was told.

use std::sync::Arc;

use eurus_client::{ClientConfig, EurekaClient, Fetch, FetchConfig, FetchKind, FetchListener};
use eurus_service::clock::ManualClock;
use eurus_service::{Clock, Shutdown};
use parking_lot::Mutex;
use tokio::task::JoinHandle;

use crate::lists::shown;
use crate::scripted::Scripted;

pub(crate) const START_MS: i64 = 1_795_000_000_000;
pub(crate) const FULL: &str = "GET /eureka/apps/";
pub(crate) const DELTA: &str = "GET /eureka/apps/delta";

#[derive(Default)]
pub(crate) struct Recorder(pub(crate) Mutex<Vec<Fetch>>);

impl FetchListener for Recorder {
    fn fetched(&self, fetch: &Fetch) {
        self.0.lock().push(fetch.clone());
    }
}

impl Recorder {
    pub(crate) fn take_kinds(&self) -> Vec<FetchKind> {
        self.0.lock().drain(..).map(|fetch| fetch.kind).collect()
    }
}

pub(crate) struct Following {
    pub(crate) hand: ManualClock,
    pub(crate) client: Arc<EurekaClient>,
    pub(crate) fetches: Arc<Recorder>,
    shutdown: Shutdown,
    run: JoinHandle<()>,
}

impl Following {
    /// The first fetch is over when this returns.
    pub(crate) async fn start(registry: &Scripted, disable_delta: bool) -> Self {
        let (clock, hand) = Clock::manual(START_MS);
        let mut config = ClientConfig::stock(vec![registry.url()]);
        config.fetch = Some(FetchConfig { interval_ms: 30_000, disable_delta, ..FetchConfig::default() });
        let fetches = Arc::new(Recorder::default());
        let client = EurekaClient::new(config, clock, vec![Arc::clone(&fetches) as Arc<dyn FetchListener>]).unwrap();
        let shutdown = Shutdown::new();
        let run = tokio::spawn(Arc::clone(&client).run(shutdown.clone()));
        hand.settle().await.unwrap();
        Self { hand, client, fetches, shutdown, run }
    }

    pub(crate) async fn next_turn(&self) {
        self.hand.advance_ms(30_000).await.unwrap();
        self.hand.settle().await.unwrap();
    }

    pub(crate) fn shown(&self) -> Vec<String> {
        shown(&self.client.registry())
    }

    pub(crate) async fn stop(self) {
        self.shutdown.trigger();
        self.run.await.unwrap();
    }
}
