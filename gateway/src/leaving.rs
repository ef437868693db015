//! The time between the wish to stop and the stop. Whoever sends callers here, a load balancer or Kubernetes' endpoints, learns of it
//! by the health checks and needs a moment: until then requests are served as before.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use eurus_service::{Clock, Shutdown};

use crate::config::GatewayConfig;

/// Whether the gateway is about to stop. Shared by all threads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leaving(Arc<AtomicBool>);

impl Leaving {
    /// Health checks are answered DOWN, and callers are asked to close their connections.
    pub(crate) fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Waits for the wish to stop, and for as long behind it as is configured.
    pub(crate) async fn over(&self, config: &GatewayConfig, clock: &Clock, shutdown: &Shutdown) {
        let delay_ms = config.shutdown_delay_ms;
        shutdown.wait().await;
        if delay_ms == 0 || shutdown.is_aborted() {
            return;
        }
        let mut timer = clock.timer("gateway leaving");
        self.0.store(true, Ordering::Relaxed);
        log::info!(
            "gateway: DOWN to health checks, and serving for {delay_ms} ms more (eurus.gateway.shutdown-delay-ms)"
        );
        tokio::select! {
            () = timer.sleep_ms(delay_ms) => {}
            () = shutdown.aborted() => {}
        }
    }
}
