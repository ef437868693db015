//! The downline service: it takes instances out of traffic, and back, in milliseconds.
//!
//! `POST /offline {"ip": "…"}` → the registry sets OUT_OF_SERVICE → every gateway of the application's groups takes
//! the instance out of its list and acknowledges → the answer. [`downline`] is that way, step by step.
//!
//! | module | what |
//! |---|---|
//! | [`config`] | what the service is told, validated |
//! | [`http`] | the route table, the caller check, answers |
//! | [`error`] | why a request is not carried out |
//! | [`downline`] | THE way of a request: check → select → record → registry → groups → nodes → notify → answer |
//! | [`request`] | what is asked |
//! | [`access`] | who may call: network segments, token |
//! | `candidates` | from an address to instances that the registry confirms, in their turn |
//! | [`selection`] | which instances are meant |
//! | [`guard`] | the last-UP guard |
//! | [`registration`] | which life of an instance is meant |
//! | [`app_order`] | requests on one application run one after the other |
//! | [`entry`] | one entry of the journal |
//! | [`store`] | the SQL store: journal and gateway groups |
//! | [`registry_step`] | the registry's part, as one unit, with rollback |
//! | [`registry_time`] | one deadline over all calls of a request to the registry |
//! | [`own_instance`] | how it registers itself |
//! | `audience` | who must hear of an entry |
//! | [`nodes`] | which gateway nodes must hear of it, and where |
//! | [`notify`] | telling them in parallel until each has acknowledged |
//! | [`points`] | where a harness can interfere |
//! | [`recovery`] | finishing what a stop left unfinished, undoing what failed with an unknown outcome |
//! | `loops` | the control loops: if one ends, the service does |
//!
//! Deliberately absent: nothing here trusts a request header for an address, and nothing goes to a gateway unless the
//! registry did its part.

pub mod access;
pub mod app_order;
mod audience;
mod candidates;
pub mod config;
pub mod downline;
pub mod entry;
pub mod error;
pub mod guard;
pub mod http;
mod loops;
pub mod nodes;
pub mod notify;
pub mod own_instance;
pub mod points;
pub mod recovery;
pub mod registration;
pub mod registry_step;
pub mod registry_time;
pub mod request;
pub mod selection;
pub mod store;

use std::net::TcpListener;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use eurus_client::{ClientConfig, EurekaClient};
use eurus_service::{Clock, Shutdown};
use tokio::sync::mpsc;

pub use config::SyncSpeedConfig;
pub use error::RunError;
pub use selection::OptedIn;

use downline::{Downline, Scope};
use loops::Loops;
use notify::NotifyLoop;
use recovery::Recovery;
use store::Store;

/// Where sync-speed listens.
pub const PORT: eurus_service::listen::Purpose = eurus_service::listen::Purpose {
    what: "sync-speed",
    address_key: "eurus.sync-speed.address",
    port_key: "eurus.sync-speed.port",
    default_port: 8090,
};

/// Serves until the signal, then finishes the requests under way. The only way into the service.
///
/// # Errors
/// [`RunError`], in one line for a person, when it cannot start or the HTTP server fails.
pub async fn run(
    config: SyncSpeedConfig,
    listener: TcpListener,
    clock: Clock,
    shutdown: Shutdown,
) -> Result<(), RunError> {
    let address = listener.local_addr().map_err(RunError::Server)?;
    let store = Store::open(&config.data_dir).await?;
    let client = EurekaClient::new(client_config(&config, address), clock.clone(), Vec::new())
        .map_err(|error| RunError::Config(error.to_string()))?;
    let (courier, notify_loop) =
        NotifyLoop::new(&config, Arc::clone(&client), store.clone(), clock.clone(), shutdown.clone())?;
    let scope = Scope {
        opted_in: config.apps.clone(),
        default_group: config.default_gateway_group.clone(),
        gateway_networks: config.notify.networks.clone(),
        fetch_interval_ms: config.eureka.fetch.interval_ms,
        registry_within: Duration::from_millis(config.registry_within_ms),
        faults: config.faults.clone(),
    };
    let (unsettled, to_settle) = mpsc::channel(recovery::UNSETTLED_MAX);
    let downline = Downline::new(Arc::clone(&client), store.clone(), courier, unsettled, clock.clone(), scope);
    let downline = Arc::new(downline);
    let recovery = Recovery {
        downline: Arc::clone(&downline),
        open: store.open_entries().await?,
        unsettled: to_settle,
        settle_for_ms: config.notify.retry_for_ms,
    };

    // The loops outlive the server: requests under way need them until they are answered.
    let stop_loops = Shutdown::new();
    let mut loops = Loops::default();
    loops.spawn("telling gateways", notify_loop.run(clock.timer("telling gateways"), stop_loops.clone()));
    loops.spawn("recovery", recovery.run(clock.timer("recovery"), stop_loops.clone()));
    loops.spawn("following the registry", Arc::clone(&client).run(shutdown.clone()));
    log::info!("sync-speed listens on {address}");
    let mut serving = pin!(http::serve(&config, downline, listener, shutdown.clone()));
    let ended = tokio::select! {
        served = &mut serving => served,
        broken = loops.broken(&shutdown) => {
            log::error!("{broken}");
            shutdown.trigger();
            serving.await.and(Err(broken))
        }
    };

    if shutdown.is_aborted() {
        loops.abort().await;
        return ended;
    }
    // Also after a failure of the server alone.
    shutdown.trigger();
    stop_loops.trigger();
    loops.join().await;
    store.close().await;
    ended
}

fn client_config(config: &SyncSpeedConfig, address: std::net::SocketAddr) -> ClientConfig {
    let eureka = &config.eureka;
    let mut client = ClientConfig::stock(eureka.service_urls.clone());
    client.fetch = Some(eureka.fetch);
    client.tls = eureka.tls.clone();
    client.timeouts = eureka.timeouts;
    client.faults = config.faults.clone();
    client.registration = eureka.registration.as_ref().map(|own| own_instance::build(own, address));
    client
}
