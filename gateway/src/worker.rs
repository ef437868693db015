//! What the requests of one data-plane thread share. Nothing here is locked, and no other thread sees it.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use eurus_service::{Clock, Faults};

use crate::access_log::{AccessLines, AccessLog};
use crate::config::EdgeConfig;
use crate::directory::Directory;
use crate::failure_log::FailureLog;
use crate::leaving::Leaving;
use crate::request_id::RequestIds;
use crate::routes::Routes;
use crate::sync_speed::Refusals;
use crate::tally::Tally;
use crate::upstream::Pool;
use crate::upstream::dial::Dialer;
use crate::upstream::pool::PoolLimits;
use crate::upstream::tls::InstanceTls;

/// What the threads share: read, or counted without a lock.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) directory: Arc<Directory>,
    pub(crate) routes: Arc<Routes>,
    /// Where instances that refuse connections are noted.
    pub(crate) refusals: Refusals,
    pub(crate) tally: Arc<Tally>,
    /// `None`: there is none.
    pub(crate) access_log: Option<AccessLog>,
    pub(crate) instance_tls: Arc<InstanceTls>,
    pub(crate) leaving: Leaving,
}

/// One thread's own.
pub(crate) struct Worker {
    pub(crate) directory: Arc<Directory>,
    pub(crate) routes: Arc<Routes>,
    pub(crate) config: EdgeConfig,
    pub(crate) clock: Clock,
    pub(crate) pool: Pool,
    pub(crate) dialer: Rc<Dialer>,
    pub(crate) failures: FailureLog,
    /// Upgraded connections that are open.
    pub(crate) upgraded: Cell<usize>,
    /// Where instances that refuse connections are noted.
    pub(crate) refusals: Refusals,
    pub(crate) tally: Arc<Tally>,
    pub(crate) access_lines: AccessLines,
    pub(crate) request_ids: RequestIds,
    pub(crate) leaving: Leaving,
    /// A harness's plan.
    pub(crate) faults: Faults,
}

impl Worker {
    /// With an empty pool.
    pub(crate) fn new(shared: Shared, config: EdgeConfig, clock: Clock, faults: Faults) -> Self {
        let Shared { directory, routes, refusals, tally, access_log, instance_tls, leaving } = shared;
        let limits = PoolLimits {
            per_address_max: config.idle_per_address_max,
            all_max: config.idle_max,
            idle_ms: config.idle_ms,
        };
        let pool = Pool::new(limits, Arc::clone(&tally));
        let dialer = Rc::new(Dialer {
            config: config.clone(),
            tls: instance_tls,
            tally: Arc::clone(&tally),
            spares: Rc::default(),
        });
        let (access_lines, request_ids) = (AccessLines::new(access_log), RequestIds::default());
        let (failures, upgraded) = (FailureLog::default(), Cell::new(0));
        Self {
            directory,
            routes,
            config,
            clock,
            pool,
            dialer,
            failures,
            upgraded,
            refusals,
            tally,
            access_lines,
            request_ids,
            leaving,
            faults,
        }
    }
}
