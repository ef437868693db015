//! The Eureka server: registry, leases, response caches.
//!
//! A request enters by `http` (THE route table) and becomes one synchronous call of the `registry`, which changes
//! or reads the `store` and tells the `response_cache`. Nothing below `http` knows HTTP, reads the time or waits;
//! the four `loops` do what time demands.
//!
//! | module | what |
//! |---|---|
//! | `config`, `error` | settings under Spring's names, validated; why a registry does not run |
//! | `announcement` | what it says of itself when it starts |
//! | `http`, `http/*` | route table; one file per resource; `server`, `connection`, `outbox`, `idle`: the wire; `guard`: who may; `accept`, `refusal`: formats and errors |
//! | [`access`], `access/*` | who is known and may do what: the decision, pure |
//! | `limits`, `held_bytes` | how much may be registered; how much is |
//! | `limit_hits`, `no_room_hits` | how often a limit was hit; one line a pause about it |
//! | `registry` | the store and its caches: every change goes through here |
//! | `store`, `store/*` | the one truth behind one short lock; one file per operation |
//! | `lease`, `registered` | one lease; one state of one instance with its ready-made bytes |
//! | `asg` | auto-scaling groups that are out of traffic |
//! | `lease_history` | the last leases that began and ended, for `/lastn` |
//! | `overrides` | status overrides and the rules that decide between them and the instance's word |
//! | `paths`, `management` | context path, where pages and health are; whether health and metrics have a port of their own |
//! | `peers` | the other registries that a configuration names: shown and warned about, there is no replication yet |
//! | `peer_pauses` | how often the log names one peer whose requests are refused |
//! | `recently_changed` | the delta queue |
//! | `self_preservation`, `self_preservation/*` | whether leases that are over end: Netflix's rule, per app, the report |
//! | `renewal_rate`, `eviction` | the last minute's heartbeats; which leases a run ends |
//! | `rate_limiter`, `token_bucket` | how many fetches are answered |
//! | `response_cache`, `response_cache/*`, `payload` | read-write and read-only cache; lists assembled from ready bytes |
//! | [`CacheAccess`], `registry/by_hand`, `response_cache/by_hand` | the caches looked into and disturbed by a harness |
//! | `content`, `memory_file` | an answer's bytes; large ones as files in memory that the kernel sends |
//! | [`points`] | where a harness can interfere |
//! | `form`, `fragment` | JSON or XML, full or compact; one instance's bytes |
//! | `compressed_list`, `gzip` | one gzip member from blocks that are compressed again only where a list changed |
//! | `tally`, `traffic` | counted without locks: what happened to instances; what was asked |
//! | `metrics`, `metrics/*` | all of that, and what there is, as text for Prometheus |
//! | `instance_key` | by what an instance is known |
//! | `instance_name` | an instance in the log and on the pages |
//! | `deployment`, `process_memory` | what `status` and the pages say about the process |
//! | `loops` | read-only tick, delta retention, eviction, threshold |

pub mod access;
mod announcement;
mod asg;
mod cache_access;
mod compressed_list;
mod config;
mod content;
mod deployment;
mod error;
mod eviction;
mod form;
mod fragment;
mod gzip;
mod held_bytes;
mod http;
mod instance_key;
mod instance_name;
mod lease;
mod lease_history;
mod limit_hits;
mod limits;
mod loops;
mod management;
mod memory_file;
mod metrics;
mod no_room_hits;
mod overrides;
mod paths;
mod payload;
mod peer_pauses;
mod peers;
pub mod points;
mod process_memory;
mod rate_limiter;
mod recently_changed;
mod registered;
mod registry;
mod renewal_rate;
mod response_cache;
mod self_preservation;
mod store;
mod tally;
mod token_bucket;
mod traffic;

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::pin::pin;
use std::sync::Arc;

use actix_web::dev::{Server, ServerHandle};
use actix_web::web;
use eurus_service::listen::{self, BindError};
use eurus_service::{Clock, Shutdown};
use futures_util::future::join_all;

pub use cache_access::{CacheAccess, CacheLayer, CacheView};
pub use config::{InvalidSetting, RegistryConfig};
pub use deployment::Deployment;
pub use error::RunError;
pub use http::{CONNECTIONS_PER_WORKER_MAX, KEEP_ALIVE_S, TLS_HANDSHAKE_S_MAX};
pub use lease::LeaseDuration;
pub use limits::RegistryLimits;
pub use management::{Management, ManagementPort, ManagementUrls};
pub use paths::Paths;
pub use peers::PeerSettings;
pub use rate_limiter::RateLimits;
pub use self_preservation::SelfPreservationMode;

use announcement::Addresses;
use http::{Port, Serving};
use registry::Registry;

/// Where the registry listens.
pub const PORT: listen::Purpose = listen::Purpose {
    what: "the registry",
    address_key: "server.address",
    port_key: "server.port",
    default_port: 8761,
};

/// The sockets of a registry.
#[derive(Debug)]
pub struct Listeners {
    /// For all but what has a port of its own.
    pub main: TcpListener,
    /// For health and metrics, where they have one.
    pub management: Option<TcpListener>,
}

impl Listeners {
    /// Binds all ports that a configuration asks for, so that nothing starts when one of them is taken.
    ///
    /// # Errors
    /// [`BindError`] names the port and the property to change.
    pub fn bind(config: &RegistryConfig, main: (IpAddr, u16)) -> Result<Self, BindError> {
        Ok(Self { main: listen::bind(PORT, main)?, management: config.management.bind()? })
    }

    /// Where health and metrics are, if they have a port of their own.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn management_address(&self) -> std::io::Result<Option<SocketAddr>> {
        self.management.as_ref().map(TcpListener::local_addr).transpose()
    }
}

impl From<TcpListener> for Listeners {
    fn from(main: TcpListener) -> Self {
        Self { main, management: None }
    }
}

/// Serves a registry on bound listeners until `shutdown` is triggered; then requests under way are finished.
///
/// # Errors
/// [`RunError`]: an invalid setting, a listener that cannot be served, a control loop that ended.
pub async fn run(
    config: RegistryConfig,
    listeners: impl Into<Listeners>,
    clock: Clock,
    shutdown: Shutdown,
) -> Result<(), RunError> {
    config.validate()?;
    let Listeners { main, management } = listeners.into();
    let has_own_port = matches!(config.management, Management::OnOwnPort(_));
    // Closed where nothing is served on it.
    let management = management.filter(|_| has_own_port);
    if has_own_port && management.is_none() {
        return Err(RunError::NoManagementListener);
    }
    let addresses = Addresses::of(&main, management.as_ref()).map_err(RunError::Listener)?;
    let cache_access = config.cache_access.clone();
    let (workers, shutdown_s, tls) = (config.workers, config.shutdown_s, config.tls.clone());
    announcement::announce(&config, addresses);
    let peers = config.peers.others(addresses.main.port());
    peers.announce();
    let own_tls = tls.clone().filter(|_| config.management.is_with_tls());
    let context = http::Context {
        address: addresses.main,
        is_encrypted: tls.is_some(),
        clock: clock.clone(),
        traffic: Arc::default(),
        guard: http::Guard::new(&config.access).map_err(RunError::Random)?,
        bodies: http::Bodies::default(),
        complaints: http::Complaints::default(),
        watch: Arc::new(http::Watch::new(clock.clone())),
        management_paths: config.management.paths(&config.paths),
        paths: config.paths.clone(),
        management_port: addresses.management.map(|address| address.port()),
        peers: peers.urls,
        registry: Arc::new(Registry::new(config, clock.clone())),
    };
    let registry = Arc::clone(&context.registry);
    if let Some(access) = cache_access {
        access.attach(&registry);
    }
    let context = web::Data::new(context);
    let serving = Serving { port: Port::Main, workers, shutdown_s };
    let main = http::start(main, tls.as_ref(), context.clone(), serving).map_err(RunError::Listener)?;
    let serving = Serving { port: Port::Management, workers: 1, shutdown_s };
    let management = management.map(|listener| http::start(listener, own_tls.as_ref(), context, serving));
    let management = management.transpose().map_err(RunError::Listener)?;
    // Stops the loops when this function ends, for whatever reason.
    let mut loops = loops::spawn(&registry, &clock, &shutdown);
    let handles: Vec<ServerHandle> =
        [Some(&main), management.as_ref()].into_iter().flatten().map(Server::handle).collect();
    let management = async { if let Some(server) = management { server.await } else { Ok(()) } };
    let mut serving = pin!(async { tokio::try_join!(main, management) });
    let ended = tokio::select! {
        () = shutdown.wait() => Ok(()),
        Some(ended) = loops.join_next() => {
            ended.unwrap_or_else(|error| Err(RunError::Loop("control", error.to_string())))
        }
        served = &mut serving => return served.map(drop).map_err(RunError::Listener),
    };
    let stop = join_all(handles.iter().map(|handle| handle.stop(shutdown_s > 0 && !shutdown.is_aborted())));
    let (_, served) = tokio::join!(stop, serving);
    loops.shutdown().await;
    ended.and(served.map(drop).map_err(RunError::Listener))
}
