//! Requests on one application run one after the other, up to the point where the gateways are being told: the order
//! of numbers is the order at the registry, and two requests cannot each count the other's instance as the one left.
//! Where nodes share a database, also between them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use eurus_service::Clock;
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::OwnedMutexGuard;

use crate::store::{SharedTurn, Store, StoreError};

/// Between two looks whether another node has given a turn back; it doubles up to the second.
const LOOK_AGAIN_MS: [i64; 2] = [2, 50];

/// One lock per application in use.
#[derive(Default)]
pub struct AppOrder {
    // A plain mutex around the map: held to look a lock up, never across an await. The locks inside are tokio's,
    // because they are held while the registry is asked.
    locks: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>,
    between_nodes: Option<BetweenNodes>,
}

/// Turns that the database gives.
struct BetweenNodes {
    store: Store,
    clock: Clock,
    lasts_ms: i64,
    given: AtomicU64,
}

/// It is this request's turn, for all of its applications, until this is dropped.
pub struct Turn {
    _guards: Vec<OwnedMutexGuard<()>>,
    shared: Option<(Store, Arc<SharedTurn>)>,
}

impl AppOrder {
    /// For a store that several nodes may share. `lasts_ms`: how long a turn holds whose node is gone.
    pub fn of(store: &Store, clock: &Clock, lasts_ms: i64) -> Self {
        let between_nodes = store.is_shared().then(|| BetweenNodes {
            store: store.clone(),
            clock: clock.clone(),
            lasts_ms,
            given: AtomicU64::new(0),
        });
        Self { locks: Mutex::default(), between_nodes }
    }

    /// Waits for the turn. Locks are taken in the order of names, so that two requests never wait for each other.
    ///
    /// # Errors
    /// When a shared database fails.
    pub async fn turn(&self, apps: &BTreeSet<String>) -> Result<Turn, StoreError> {
        let mut guards = Vec::with_capacity(apps.len());
        for app in apps {
            let lock = self.lock_of(app);
            guards.push(lock.lock_owned().await);
        }
        let shared = match &self.between_nodes {
            None => None,
            Some(between) => Some((between.store.clone(), Arc::new(between.turn(apps).await?))),
        };
        Ok(Turn { _guards: guards, shared })
    }

    fn lock_of(&self, app: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.locks.lock();
        // Nobody holds or awaits a lock that only the map knows: the map stays as small as what is under way.
        locks.retain(|name, lock| name == app || Arc::strong_count(lock) > 1);
        Arc::clone(locks.entry(app.to_owned()).or_default())
    }
}

impl BetweenNodes {
    /// Whoever waits gives up by dropping this.
    async fn turn(&self, apps: &BTreeSet<String>) -> Result<SharedTurn, StoreError> {
        let holder = format!("{}/{}", self.store.owner(), self.given.fetch_add(1, Ordering::Relaxed));
        let [mut wait_ms, longest_ms] = LOOK_AGAIN_MS;
        let mut timer = self.clock.timer("turn of another node");
        loop {
            let now_ms = self.clock.now_ms();
            let until_ms = now_ms.saturating_add(self.lasts_ms);
            if let Some(turn) = self.store.take_turn(apps, &holder, (now_ms, until_ms)).await? {
                return Ok(turn);
            }
            timer.sleep_ms(wait_ms).await;
            wait_ms = (wait_ms * 2).min(longest_ms);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some((store, turn)) = self.shared.take() else { return };
        // Without a runtime the process ends: the turn ends by itself.
        let Ok(runtime) = Handle::try_current() else { return };
        runtime.spawn(async move {
            if let Err(error) = store.give_turn_back(&turn).await {
                log::warn!("the next request for an application waits a little longer: {error}");
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn apps(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[tokio::test]
    async fn one_application_one_request() {
        let order = AppOrder::default();
        let first = order.turn(&apps(&["A", "B"])).await.unwrap();
        let b_and_c = apps(&["B", "C"]);
        let mut second = Box::pin(order.turn(&b_and_c));
        assert!(second.as_mut().now_or_never().is_none(), "B is taken");
        assert!(order.turn(&apps(&["D"])).now_or_never().is_some(), "D is free");
        drop(first);
        drop(second.await.unwrap());
        drop(order.turn(&apps(&["A"])).await.unwrap());
        assert_eq!(order.locks.lock().len(), 1, "locks that nobody uses are forgotten");
    }
}
