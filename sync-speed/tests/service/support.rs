//! A scripted registry, gateways that record what they are told, and the service between them.

#[cfg(feature = "kubernetes")]
pub(crate) mod api_server;
pub(crate) mod gateway;
pub(crate) mod holding;
pub(crate) mod log;
pub(crate) mod raw;
pub(crate) mod registry;
pub(crate) mod rules;
pub(crate) mod service;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// Real time after which a test that waits for an event fails.
const EVENT_BOUND: Duration = Duration::from_secs(20);

/// What happened, in order, over all fakes of one test.
#[derive(Clone)]
pub(crate) struct Events(Arc<watch::Sender<Vec<String>>>);

impl Default for Events {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Vec::new())))
    }
}

impl Events {
    pub(crate) fn push(&self, event: String) {
        self.0.send_modify(|events| events.push(event));
    }

    /// All that contain a text.
    pub(crate) fn matching(&self, part: &str) -> Vec<String> {
        self.0.borrow().iter().filter(|event| event.contains(part)).cloned().collect()
    }

    /// Waits until so many contain a text.
    pub(crate) async fn wait_for(&self, count: usize, part: &str) {
        let mut events = self.0.subscribe();
        let enough = events.wait_for(|events| events.iter().filter(|event| event.contains(part)).count() >= count);
        let waited = tokio::time::timeout(EVENT_BOUND, enough).await;
        assert!(waited.is_ok(), "waited for {count} × '{part}' among {:#?}", self.matching(""));
    }

    pub(crate) fn clear(&self) {
        self.0.send_modify(Vec::clear);
    }
}

pub(crate) fn free_listener(address: &str) -> TcpListener {
    let listener = TcpListener::bind((address, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    listener
}
