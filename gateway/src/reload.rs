//! Routes that change while the gateway runs. The files of the configuration are looked at; what has changed is read and
//! checked as a whole, and holds for the next request, or is wrong and leaves what was in force in force. What is not a route
//! needs a restart, and is named.

use std::path::PathBuf;
use std::sync::Arc;

use eurus_service::properties::{FilesState, Properties, Rereading, Settling};
use eurus_service::{Clock, ConfigError, Shutdown, Timer};

use crate::config::GatewayConfig;
use crate::routes::{Routes, RoutesConfig};
use crate::worker::Shared;

/// How often files are looked at. What has changed must look the same twice: it is in force within 3 s.
const LOOK_EVERY_MS: i64 = 1_000;

/// Settings of the gateway, of which only routes change without a restart.
const OURS: [&str; 6] =
    ["eurus.gateway.", "eurus.client.", "eureka.client.", "eureka.instance.", "server.", "spring.cloud.gateway."];

/// See the module.
struct Reload {
    rereading: Rereading,
    routes: Arc<Routes>,
    /// What the process was started with.
    started: Properties,
    looked_at: Vec<PathBuf>,
    settling: Settling,
}

/// Follows the files until the stop; nothing where it is not known where they are.
pub(crate) fn start(config: &GatewayConfig, shared: &Shared, clock: &Clock, stop: &Shutdown) {
    let Some(rereading) = config.rereading.clone() else { return };
    let (timer, clock, routes, stop) =
        (clock.timer("gateway configuration"), clock.clone(), Arc::clone(&shared.routes), stop.clone());
    // Before anything runs: what changes from now on is seen.
    let (started, looked_at) = match rereading.read() {
        Ok(read) => read,
        Err(error) => return log::error!("the configuration cannot be followed, changes need a restart: {error}"),
    };
    let settling = Settling::new(FilesState::of(&looked_at));
    tokio::spawn(Reload { rereading, routes, started, looked_at, settling }.run(clock, timer, stop));
}

impl Reload {
    async fn run(mut self, clock: Clock, mut timer: Timer, stop: Shutdown) {
        let rereading = self.rereading.clone();
        // The first look is a reading: something may have changed since the start.
        self.read(clock.now_ms()).await;
        loop {
            let is_asked = tokio::select! {
                () = timer.sleep_ms(LOOK_EVERY_MS) => false,
                () = rereading.asked() => true,
                () = stop.wait() => return,
            };
            let looked_at = self.looked_at.clone();
            match tokio::task::spawn_blocking(move || FilesState::of(&looked_at)).await {
                Ok(state) if self.settling.look(&state) || is_asked => self.read(clock.now_ms()).await,
                Ok(_) => {}
                Err(error) => log::error!("the configuration could not be looked at: {error}"),
            }
        }
    }

    async fn read(&mut self, now_ms: i64) {
        let (rereading, routes) = (self.rereading.clone(), Arc::clone(&self.routes));
        let outcome = match tokio::task::spawn_blocking(move || read(&rereading, &routes, now_ms)).await {
            Ok(outcome) => outcome,
            Err(error) => return log::error!("the configuration could not be read: {error}"),
        };
        let (properties, change, looked_at) = match outcome {
            Ok(read) => read,
            Err(error) => {
                self.routes.refused(error.to_string());
                return log::error!(
                    "the changed configuration is not taken over, what was in force stays in force: {error}; mend it, it is \
                     read again when it changes"
                );
            }
        };
        if looked_at != self.looked_at {
            self.settling = Settling::new(FilesState::of(&looked_at));
            self.looked_at = looked_at;
        }
        let needs_restart = self.needs_restart(&properties);
        if !needs_restart.is_empty() {
            log::warn!("changed, and in force only after a restart: {}", needs_restart.join(", ").escape_debug());
        }
        if let Some(change) = change {
            log::warn!("the routes have changed and are in force from the next request on: {change}");
        }
    }

    fn needs_restart(&self, now: &Properties) -> Vec<String> {
        let is_ours = |name: &String| OURS.iter().any(|start| name.starts_with(start));
        let is_route = |name: &String| RoutesConfig::is_read_from(name);
        now.differing(&self.started).into_iter().filter(|name| is_ours(name) && !is_route(name)).collect()
    }
}

/// The settings, what of the routes has changed, and the files to look at from now on. All of it is checked, also what takes
/// effect with the next start.
fn read(
    rereading: &Rereading,
    routes: &Routes,
    now_ms: i64,
) -> Result<(Properties, Option<String>, Vec<PathBuf>), ConfigError> {
    let (properties, looked_at) = rereading.read()?;
    let config = GatewayConfig::from_properties(&properties)?.routes;
    Ok((properties, routes.replace(&config, now_ms), looked_at))
}
