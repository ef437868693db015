//! The instances: each registers, renews every second, and registers again when the registry has forgotten it.

use std::sync::Arc;

use eurus_service::Clock;
use futures_util::future::join_all;
use tokio::task::JoinHandle;

use super::cluster::ip;
use crate::Failure;
use crate::producer::Producer;

/// Third byte of their loopback addresses.
const SHOPS: u8 = 2;
/// Their application.
pub(super) const APP: &str = "SHOP";
const RENEW_EVERY_MS: i64 = 1_000;

pub(super) struct Shops {
    pub(super) all: Arc<Vec<Producer>>,
    renewing: JoinHandle<()>,
}

impl Shops {
    /// They run, and register as soon as there is a registry at this service URL.
    pub(super) fn start(count: usize, registry: &str, http: &reqwest::Client, clock: &Clock) -> Result<Self, Failure> {
        let start = |number| Producer::start(APP, ip(SHOPS, number)?, clock.clone());
        let all = Arc::new((1..=count).map(start).collect::<Result<Vec<_>, Failure>>()?);
        let (renewed, registry, http, mut timer) =
            (Arc::clone(&all), registry.to_owned(), http.clone(), clock.timer("shops"));
        let renewing = tokio::spawn(async move {
            loop {
                join_all(renewed.iter().map(|shop| renew(shop, &http, &registry))).await;
                timer.sleep_ms(RENEW_EVERY_MS).await;
            }
        });
        Ok(Self { all, renewing })
    }

    pub(super) fn named(&self, instance_id: &str) -> Option<&Producer> {
        self.all.iter().find(|shop| shop.instance_id == instance_id)
    }

    pub(super) async fn stop(self) {
        self.renewing.abort();
        // It ends with the abort; what it ended with is nothing to us.
        drop(self.renewing.await);
        for shop in Arc::into_inner(self.all).into_iter().flatten() {
            shop.stop().await;
        }
    }
}

/// A registry that is away is asked again at the next turn.
async fn renew(shop: &Producer, http: &reqwest::Client, registry: &str) {
    if shop.heartbeat(http, registry).await.is_err() {
        drop(shop.register(http, registry).await);
    }
}
