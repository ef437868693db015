//! The control loops: each owns one timer of the injected clock and calls one synchronous function.

use std::sync::Arc;

use eurus_service::faults::{Point, Way};
use eurus_service::{Clock, Shutdown, Timer};
use tokio::task::JoinSet;

use crate::error::RunError;
use crate::points;
use crate::registry::Registry;
use crate::tally::LoopName;

/// A loop that works at a fixed delay after its last run, as Java's timers do.
struct Loop {
    name: &'static str,
    timer: Timer,
    first_ms: i64,
    delay_ms: i64,
    work: fn(&Registry, i64),
    counted_as: LoopName,
    /// Passed before each run.
    point: Option<&'static Point>,
}

/// Spawns all loops. The timers exist when this returns: a manual clock waits for them from now on.
pub(crate) fn spawn(registry: &Arc<Registry>, clock: &Clock, shutdown: &Shutdown) -> JoinSet<Result<(), RunError>> {
    let mut running = JoinSet::new();
    for planned in planned(registry, clock) {
        running.spawn(planned.run(Arc::clone(registry), shutdown.clone()));
    }
    running
}

fn planned(registry: &Registry, clock: &Clock) -> [Loop; 4] {
    let config = registry.config();
    let now_ms = clock.now_ms();
    let planned = |name, counted_as, delay_ms, work| Loop {
        name,
        timer: clock.timer(name),
        first_ms: now_ms + delay_ms,
        delay_ms,
        work,
        counted_as,
        point: None,
    };
    let mut read_only = planned(
        "read-only cache",
        LoopName::ReadOnlyCache,
        config.response_cache_update_interval_ms,
        Registry::refresh_read_only,
    );
    // The first run is aligned to the interval: registries that start at different times tick together.
    read_only.first_ms = now_ms - now_ms.rem_euclid(read_only.delay_ms) + read_only.delay_ms;
    read_only.point = Some(&points::READ_ONLY_TICK);
    let mut eviction = planned("eviction", LoopName::Eviction, config.eviction_interval_ms, Registry::evict);
    eviction.point = Some(&points::EVICTION);
    [
        read_only,
        planned("delta retention", LoopName::DeltaRetention, config.delta_retention_timer_interval_ms, Registry::purge),
        eviction,
        planned(
            "renewal threshold",
            LoopName::RenewalThreshold,
            config.renewal_threshold_update_interval_ms,
            |registry, _| {
                registry.recount_expected_clients();
            },
        ),
    ]
}

impl Loop {
    async fn run(mut self, registry: Arc<Registry>, shutdown: Shutdown) -> Result<(), RunError> {
        let mut next_ms = self.first_ms;
        loop {
            tokio::select! {
                () = shutdown.wait() => return Ok(()),
                () = self.timer.sleep_until_ms(next_ms) => {}
            }
            if let Some(point) = self.point
                && registry.config().faults.pass(point, "").await == Way::Skips
            {
                next_ms = self.timer.clock().now_ms() + self.delay_ms;
                continue;
            }
            let now_ms = self.timer.clock().now_ms();
            let (registry, work) = (Arc::clone(&registry), self.work);
            let (clock, counted_as) = (self.timer.clock().clone(), self.counted_as);
            // Lists of 100,000 instances take their time: not on a thread that serves others.
            tokio::task::spawn_blocking(move || {
                let begun_ns = clock.now_ns();
                work(&registry, now_ms);
                registry.tally().ran(counted_as, clock.now_ns() - begun_ns);
            })
            .await
            .map_err(|error| RunError::Loop(self.name, error.to_string()))?;
            next_ms = self.timer.clock().now_ms() + self.delay_ms;
        }
    }
}
