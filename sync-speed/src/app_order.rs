//! Requests on one application run one after the other, up to the point where the gateways are being told: the order
//! of numbers is the order at the registry, and two requests cannot each count the other's instance as the one left.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::OwnedMutexGuard;

/// One lock per application in use.
#[derive(Default)]
pub struct AppOrder {
    // A plain mutex around the map: held to look a lock up, never across an await. The locks inside are tokio's,
    // because they are held while the registry is asked.
    locks: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

/// It is this request's turn, for all of its applications, until this is dropped.
pub struct Turn {
    _guards: Vec<OwnedMutexGuard<()>>,
}

impl AppOrder {
    /// Waits for the turn. Locks are taken in the order of names, so that two requests never wait for each other.
    pub async fn turn(&self, apps: &BTreeSet<String>) -> Turn {
        let mut guards = Vec::with_capacity(apps.len());
        for app in apps {
            let lock = self.lock_of(app);
            guards.push(lock.lock_owned().await);
        }
        Turn { _guards: guards }
    }

    fn lock_of(&self, app: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.locks.lock();
        // Nobody holds or awaits a lock that only the map knows: the map stays as small as what is under way.
        locks.retain(|name, lock| name == app || Arc::strong_count(lock) > 1);
        Arc::clone(locks.entry(app.to_owned()).or_default())
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
        let first = order.turn(&apps(&["A", "B"])).await;
        let b_and_c = apps(&["B", "C"]);
        let mut second = Box::pin(order.turn(&b_and_c));
        assert!(second.as_mut().now_or_never().is_none(), "B is taken");
        assert!(order.turn(&apps(&["D"])).now_or_never().is_some(), "D is free");
        drop(first);
        drop(second.await);
        drop(order.turn(&apps(&["A"])).await);
        assert_eq!(order.locks.lock().len(), 1, "locks that nobody uses are forgotten");
    }
}
