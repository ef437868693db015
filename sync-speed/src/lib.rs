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
//! | [`access`] | who may call and what each may do: network segments, callers, proxies |
//! | [`reload`] | taking over what changed in the configuration about that |
//! | `by_address` | the registry's copy by address |
//! | `candidates` | from an address to instances that the registry confirms, in their turn |
//! | [`selection`] | which instances are meant |
//! | [`guard`] | the last-UP guard, and the share that stays |
//! | [`registration`] | which life of an instance is meant |
//! | [`app_order`] | requests on one application run one after the other |
//! | [`entry`] | one entry of the journal |
//! | [`store`] | the SQL store: journal and gateway groups |
//! | [`registry_step`] | the registry's part, as one unit, with rollback |
//! | `registry_memory` | since when the registry remembers: who came back is told from a new life |
//! | [`registry_time`] | one deadline over all calls of a request to the registry |
//! | [`own_instance`] | how it registers itself |
//! | [`audit`] | who asked for what, from where, and what came of it |
//! | `audience` | who must hear of an entry |
//! | `live_marks` | what a gateway that starts must know, and why no order falls between |
//! | `refused` | instances that refuse gateways' connections: a look of our own |
//! | [`nodes`] | which gateway nodes must hear of it, and where |
//! | [`notify`] | telling them in parallel until each has acknowledged |
//! | `holding` | what was acknowledged holds: asserted again, brought back in time, ended with its registration |
//! | `drain` | waiting until no gateway has a request under way on an instance |
//! | `rolling` | share by share, each an entry of its own |
//! | `pauses` | how long to wait before what has to succeed is tried again |
//! | [`points`] | where a harness can interfere |
//! | `checkpoints` | the embedded database's log is taken over beside requests |
//! | `claims` | keeping this node's entries, taking over those of a node that is gone |
//! | `node_id` | this node's name among those that share a database |
//! | [`recovery`] | finishing what a stop left unfinished, undoing what failed with an unknown outcome |
//! | `kubernetes` | pods that the cluster deletes are taken offline (cargo feature `kubernetes`) |
//! | `tally`, `metrics` | what has happened, counted, and as text for Prometheus |
//! | `loops` | the control loops: if one ends, the service does |
//!
//! Deliberately absent: nothing here trusts a request header for an address, unless it comes from a configured proxy, and nothing goes to a gateway unless the
//! registry did its part.

pub mod access;
pub mod app_order;
mod audience;
pub mod audit;
mod by_address;
mod candidates;
mod checkpoints;
mod claims;
pub mod config;
pub mod downline;
mod drain;
pub mod entry;
pub mod error;
pub mod guard;
mod holding;
pub mod http;
#[cfg(feature = "kubernetes")]
mod kubernetes;
mod live_marks;
mod loops;
mod metrics;
mod node_id;
pub mod nodes;
pub mod notify;
pub mod own_instance;
mod pauses;
pub mod points;
pub mod recovery;
mod refused;
pub mod registration;
mod registry_memory;
pub mod registry_step;
pub mod registry_time;
pub mod reload;
pub mod request;
mod rolling;
pub mod selection;
pub mod store;
mod tally;

use std::net::TcpListener;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use eurus_client::{ClientConfig, EurekaClient};
use eurus_service::{Clock, Shutdown};
use tokio::sync::mpsc;

pub use config::{DatabaseConfig, SyncSpeedConfig};
pub use error::RunError;
pub use selection::OptedIn;

use access::Door;
use audit::Trail;
use checkpoints::Checkpoints;
use claims::Claims;
use downline::{Downline, Scope, Ways};
use holding::Holding;
use loops::Loops;
use notify::{GatewayClient, NotifyLoop};
use recovery::Recovery;
use registry_memory::RegistryMemory;
use reload::Reload;
use rolling::RollingLoop;
use store::Store;
use tally::Tally;

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
    let store = open_store(&config).await?;
    let client = EurekaClient::new(client_config(&config, address), clock.clone(), Vec::new())
        .map_err(|error| RunError::Config(error.to_string()))?;
    let gateways = GatewayClient::new(&config.notify)?;
    let tally = Arc::<Tally>::default();
    let (courier, notify_loop) = NotifyLoop::new(
        &config,
        Arc::clone(&client),
        gateways.clone(),
        store.clone(),
        clock.clone(),
        shutdown.clone(),
        Arc::clone(&tally),
    );
    let door = Arc::new(Door::new(config.access.clone()));
    let trail = Arc::new(trail(&config, &store, &clock)?);
    let scope = scope(&config, &door);
    let (leave, left) = mpsc::channel(recovery::LEFT_MAX);
    let (rollings, to_roll) = mpsc::channel(rolling::ROLLINGS_MAX);
    let ways = Ways { courier, gateways, leave: leave.clone(), rollings, trail: Arc::clone(&trail), tally };
    let memory = RegistryMemory::read(Arc::clone(&client), store.clone(), clock.clone()).await?;
    let downline = Arc::new(Downline::new(Arc::clone(&client), store.clone(), memory, ways, clock.clone(), scope));
    let rolling = RollingLoop { downline: Arc::clone(&downline), begun: to_roll };
    let recovery = Recovery {
        downline: Arc::clone(&downline),
        open: store.open_entries().await?,
        left,
        settle_for_ms: config.notify.retry_for_ms,
    };

    // The loops outlive the server: requests under way need them until they are answered.
    let stop_loops = Shutdown::new();
    let mut loops = Loops::default();
    loops.spawn("telling gateways", notify_loop.run(clock.timer("telling gateways"), stop_loops.clone()));
    loops.spawn("recovery", recovery.run(clock.timer("recovery"), stop_loops.clone()));
    let holding = Holding::new(Arc::clone(&downline));
    loops.spawn("offlines that hold", holding.run(clock.timer("offlines that hold"), stop_loops.clone()));
    loops.spawn("rolling offlines", rolling.run(clock.timer("rolling offlines"), stop_loops.clone()));
    if store.is_shared() {
        let claims = Claims { store: store.clone(), taken: leave, owed: Vec::new() };
        loops.spawn("claims on entries", claims.run(clock.timer("claims on entries"), stop_loops.clone()));
    } else {
        let checkpoints = Checkpoints { store: store.clone() };
        loops.spawn("the database's log", checkpoints.run(clock.timer("the database's log"), stop_loops.clone()));
    }
    loops.spawn("following the registry", Arc::clone(&client).run(shutdown.clone()));
    follow_the_configuration(&config, &door, &clock, &mut loops, &stop_loops);
    log::info!("sync-speed listens on {address}, {}", if config.tls.is_some() { "TLS" } else { "plain HTTP" });
    say(&config);
    #[cfg(feature = "kubernetes")]
    kubernetes::spawn(config.kubernetes.as_ref(), &downline, &clock, &shutdown, &mut loops).await?;
    let mut serving = pin!(http::serve(&config, downline, door, trail, clock.clone(), listener, shutdown.clone()));
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

async fn open_store(config: &SyncSpeedConfig) -> Result<Store, RunError> {
    let owner = match &config.database {
        // One process: everything is its own.
        DatabaseConfig::Embedded => String::new(),
        DatabaseConfig::Server(_) => node_id::of(&config.data_dir)?,
    };
    Ok(Store::configured(&config.database, &config.data_dir, &owner).await?)
}

fn trail(config: &SyncSpeedConfig, store: &Store, clock: &Clock) -> Result<Trail, RunError> {
    let secrets = config.notify.token.iter().cloned().collect();
    Trail::new(store.clone(), clock.clone(), secrets)
        .map_err(|error| RunError::Config(format!("the operating system gives no random bytes: {error}")))
}

/// What of the configuration a person should know.
fn say(config: &SyncSpeedConfig) {
    config.warnings().iter().for_each(|words| log::warn!("{words}"));
    config.notices().iter().for_each(|words| log::info!("{words}"));
}

fn follow_the_configuration(
    config: &SyncSpeedConfig,
    door: &Arc<Door>,
    clock: &Clock,
    loops: &mut Loops,
    stop: &Shutdown,
) {
    const NAME: &str = "following the configuration";
    if let Some(rereading) = config.rereading.clone() {
        let reload = Reload::new(rereading, Arc::clone(door));
        loops.spawn(NAME, reload.run(clock.timer(NAME), stop.clone()));
    }
}

fn scope(config: &SyncSpeedConfig, door: &Arc<Door>) -> Scope {
    Scope {
        door: Arc::clone(door),
        default_group: config.default_gateway_group.clone(),
        gateway_networks: config.notify.networks.clone(),
        fetch_interval_ms: config.eureka.fetch.interval_ms,
        registry_within: Duration::from_millis(config.registry_within_ms),
        answer_within_ms: config.notify.answer_within_ms,
        release_after_ms: config.release_after_ms,
        faults: config.faults.clone(),
    }
}

fn client_config(config: &SyncSpeedConfig, address: std::net::SocketAddr) -> ClientConfig {
    let eureka = &config.eureka;
    let mut client = ClientConfig::stock(eureka.service_urls.clone());
    client.fetch = Some(eureka.fetch);
    client.tls = eureka.tls.clone();
    client.timeouts = eureka.timeouts;
    client.faults = config.faults.clone();
    client.registration =
        eureka.registration.as_ref().map(|own| own_instance::build(own, address, config.tls.is_some()));
    client
}
