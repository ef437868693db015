//! What the requests of one data-plane thread share. Nothing here is locked, and no other thread sees it.

use std::cell::Cell;
use std::sync::Arc;

use eurus_service::{Clock, Faults};

use crate::config::EdgeConfig;
use crate::directory::Directory;
use crate::failure_log::FailureLog;
use crate::sync_speed::Refusals;
use crate::upstream::Pool;
use crate::upstream::pool::PoolLimits;

/// One thread's own.
pub(crate) struct Worker {
    pub(crate) directory: Arc<Directory>,
    pub(crate) config: EdgeConfig,
    pub(crate) clock: Clock,
    pub(crate) pool: Pool,
    pub(crate) failures: FailureLog,
    /// Upgraded connections that are open.
    pub(crate) upgraded: Cell<usize>,
    /// Where instances that refuse connections are noted.
    pub(crate) refusals: Refusals,
    /// A harness's plan.
    pub(crate) faults: Faults,
}

impl Worker {
    /// With an empty pool.
    pub(crate) fn new(
        directory: Arc<Directory>,
        refusals: Refusals,
        config: EdgeConfig,
        clock: Clock,
        faults: Faults,
    ) -> Self {
        let pool = Pool::new(PoolLimits {
            per_address_max: config.idle_per_address_max,
            all_max: config.idle_max,
            idle_ms: config.idle_ms,
        });
        let (failures, upgraded) = (FailureLog::default(), Cell::new(0));
        Self { directory, config, clock, pool, failures, upgraded, refusals, faults }
    }
}
