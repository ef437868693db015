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
//! | [`own_instance`] | how it registers itself |
//! | [`nodes`] | which gateway nodes must hear of it, and where |
//! | [`notify`] | telling them in parallel until each has acknowledged |
//! | [`recovery`] | finishing what a stop left unfinished |
//!
//! Deliberately absent: nothing here trusts a request header for an address, and nothing goes to a gateway unless the
//! registry did its part.

pub mod access;
pub mod app_order;
mod candidates;
pub mod config;
pub mod downline;
pub mod entry;
pub mod error;
pub mod guard;
pub mod http;
pub mod nodes;
pub mod notify;
pub mod own_instance;
pub mod recovery;
pub mod registration;
pub mod registry_step;
pub mod request;
pub mod selection;
pub mod store;

use std::net::TcpListener;
use std::sync::Arc;

use eurus_client::{ClientConfig, EurekaClient};
use eurus_service::{Clock, Shutdown};

pub use config::SyncSpeedConfig;
pub use error::RunError;
pub use selection::OptedIn;

use downline::{Downline, Scope};
use notify::NotifyLoop;
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
        NotifyLoop::new(config.notify.clone(), Arc::clone(&client), store.clone(), clock.clone())?;
    let scope = Scope {
        opted_in: config.apps.clone(),
        default_group: config.default_gateway_group.clone(),
        gateway_networks: config.notify.networks.clone(),
    };
    let downline = Arc::new(Downline::new(Arc::clone(&client), store.clone(), courier, clock.clone(), scope));

    // The loops outlive the server: requests under way need them until they are answered.
    let stop_loops = Shutdown::new();
    let open = store.open_entries().await?;
    let loops = [
        tokio::spawn(notify_loop.run(clock.timer("telling gateways"), stop_loops.clone())),
        tokio::spawn(recovery::finish_open_entries(
            Arc::clone(&downline),
            open,
            clock.timer("finishing open entries"),
            stop_loops.clone(),
        )),
        tokio::spawn(client.run(shutdown.clone())),
    ];
    log::info!("sync-speed listens on {address}");
    let served = http::serve(&config, downline, listener, shutdown.clone()).await;

    // Also after a failure of the server alone.
    shutdown.trigger();
    stop_loops.trigger();
    for ended in futures_util::future::join_all(loops).await {
        if let Err(error) = ended {
            log::error!("a loop of sync-speed broke off: {error}");
        }
    }
    store.close().await;
    served
}

fn client_config(config: &SyncSpeedConfig, address: std::net::SocketAddr) -> ClientConfig {
    let eureka = &config.eureka;
    let mut client = ClientConfig::stock(eureka.service_urls.clone());
    client.fetch = Some(eureka.fetch);
    client.timeouts = eureka.timeouts;
    client.registration = eureka.registration.as_ref().map(|own| own_instance::build(own, address));
    client
}
