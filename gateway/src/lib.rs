//! The gateway: a reverse proxy that finds instances in a Eureka registry, and takes one out of rotation the moment it
//! is told to.
//!
//! ```text
//!  callers ─► edge ─► pipeline: route ─► pick ─► connect ─► start ─► send ─► answer
//!                                         ▲ one immutable snapshot
//!                                     directory ◄─ eurus-client: fetched copies
//!                                         ▲
//!                         http: POST /downline, /upline ◄─ the downline service
//! ```
//!
//! | module | what |
//! |---|---|
//! | [`config`], `properties` | what the gateway is told, with every limit; under which names |
//! | `edge`, `edge/*` | one thread per core: accepting, TLS, limits, stopping |
//! | `caller` | a request's context, from the edge on |
//! | `pipeline` | THE request path, in order |
//! | `judgement` | whether a request can be read in one way only, and is within the limits |
//! | [`framing`] | a second reading of callers' bytes, strict where hyper is lenient |
//! | `limits` | how much callers may send, and how slowly |
//! | `routes`, `product` | which service a request is for: routes, and behind them the locator |
//! | `reload` | routes that change while the gateway runs |
//! | `terms` | what holds for a request: time-outs, tries, limits |
//! | `time_limits` | how long a route allows a request to take in all, and its answer to stand still |
//! | `tries` | how often one request is tried, and where not again |
//! | `headers` | which headers pass |
//! | `destination` | where an instance is called, and what is spoken there |
//! | `pick`, `rule` | which endpoint a try goes to; balancing rules, one per file |
//! | `upstream` | connections to instances, their pool, one request over one of them |
//! | `grpc` | calls of gRPC, as far as the gateway must know of them |
//! | `trailers` | headers behind a body, either way |
//! | `upgrade` | connections that leave HTTP, as a WebSocket's does: bytes both ways |
//! | `answer`, `error` | what the caller gets; whose fault it was and whether a retry is safe |
//! | `observed_stream`, `frame_heads` | a connection that tells what moves over it; the frames of HTTP/2 that do |
//! | `activity`, `failure_log` | an answer that stands still; failures that every request meets, said once |
//! | `account`, `request_id` | what is seen of one request; what it is called |
//! | `tally`, `metrics` | what is counted, by thread, service and instance; what of it is shown |
//! | `access_log` | one line for each request |
//! | `renewal` | certificates that change while the gateway runs, or will soon be over |
//! | `worker` | what the requests of one thread share |
//! | `directory` | THE one writer: joins the fetched copy with the marks and publishes snapshots |
//! | `down_service_cache` | the marks: orders that the registry's copies may not show yet |
//! | `directive`, `registration` | an order, and the life of an instance that it means |
//! | `snapshot`, `service`, `endpoint` | what requests see; an endpoint's door and the barrier of a downline |
//! | `traffic` | requests under way at an endpoint, counted without a lock |
//! | `http`, `listeners` | the admin API, on its own listener; binding both |
//! | `own_instance`, `own_addresses` | what the gateway registers itself as; where no request is sent |
//! | `sync_speed`, `sync_speed/*` | announcing itself to the downline service; the live marks before anything is served |
//! | `leaving` | from the wish to stop to the stop |
//! | `parts` | what runs, and which part of it ended first |
//! | [`points`], `fuzzing` | where a harness can interfere; what a fuzzer may call |
//! | `tcp_keep_alive` | finding machines that are gone without a word |
//! | `timestamp` | epoch milliseconds for people |

mod access_log;
mod account;
mod activity;
mod answer;
mod caller;
pub mod config;
mod destination;
mod directive;
mod directory;
mod down_service_cache;
mod edge;
mod endpoint;
mod error;
mod failure_log;
mod frame_heads;
pub mod framing;
#[doc(hidden)]
pub mod fuzzing;
mod grpc;
mod headers;
mod http;
mod judgement;
mod leaving;
mod limits;
mod listeners;
mod metrics;
mod observed_stream;
mod own_addresses;
mod own_instance;
mod parts;
mod pick;
mod pipeline;
pub mod points;
mod product;
mod properties;
mod registration;
mod reload;
mod renewal;
mod request_id;
mod routes;
mod rule;
mod service;
mod snapshot;
mod sync_speed;
mod tally;
mod tcp_keep_alive;
mod terms;
mod time_limits;
mod timestamp;
mod traffic;
mod trailers;
mod tries;
mod upgrade;
mod upstream;
mod worker;

use std::sync::Arc;
use std::time::Duration;

pub use eurus_client::CopyAccess;
use eurus_client::{ClientConfig, EurekaClient, FetchListener};
use eurus_model::InstanceInfo;
use eurus_service::{Clock, Shutdown};

pub use access_log::AccessLogConfig;
pub use config::{
    AdminConfig, BalancingConfig, EdgeConfig, GatewayConfig, Http2Config, InstancesConfig, InstancesHttp2, Protocol,
    Secure, TlsConfig,
};
pub use down_service_cache::{DownServiceCacheConfig, MarkLife};
pub use error::RunError;
pub use limits::Limits;
pub use listeners::{ADMIN_PORT, DataListeners, GatewayListeners, PORT};
pub use routes::RoutesConfig;
pub use rule::RuleName;
pub use sync_speed::SyncSpeedConfig;
pub use tally::BookLimits;

use access_log::AccessLog;
use directory::{Calling, Directory};
use http::Admin;
use leaving::Leaving;
use own_addresses::OwnAddresses;
use parts::{Parts, WorkerEnd};
use routes::Routes;
use sync_speed::{Announcer, Standing, State, then_follow};
use upstream::tls::InstanceTls;
use worker::Shared;

/// Runs a gateway until `shutdown`: requests under way are finished first, then the admin API stops.
///
/// # Errors
/// [`RunError`] when a part cannot be started, or ends on its own; the other parts are stopped then.
pub async fn run(
    config: GatewayConfig,
    listeners: GatewayListeners,
    clock: Clock,
    shutdown: Shutdown,
) -> Result<(), RunError> {
    let data = listeners.data.addresses()?;
    let (main, admin_address) = (data.main()?, listeners.admin.local_addr().map_err(RunError::Listener)?);
    config.check_tls(data.tls)?;
    config.check_registrable(main)?;
    config.check_report_refused()?;
    let all_addresses = data.all().chain([admin_address]).collect();
    let access_log = config.access_log.as_ref().map(AccessLog::open).transpose().map_err(RunError::AccessLog)?;
    let (marks, joins) = (config.down_service_cache.clone(), config.fetch_listener_enabled);
    warn_of_lost_orders(joins);
    let calling = Calling::of(&config, OwnAddresses::new(all_addresses, config.advertised_ip));
    let directory = Arc::new(Directory::new(marks, joins, calling, config.counted));
    let own = own_instance::own_instance(&config, (data, main), admin_address, clock.now_ms());
    let node = own.instance_id.clone();
    let standing = Arc::new(Standing::new(State::NotAsked));
    let announcing = sync_speed::Parts {
        directory: Arc::clone(&directory),
        standing: Arc::clone(&standing),
        clock: clock.clone(),
        faults: config.faults.clone(),
    };
    let announced = (node.as_str(), config.group.as_str(), own.metadata(own_instance::ADMIN));
    let (announcer, refusals) =
        Announcer::new(&config.sync_speed, announced, announcing).map_err(RunError::SyncSpeed)?;

    let listener: Arc<dyn FetchListener> = Arc::clone(&directory) as _;
    let client =
        EurekaClient::new(client_config(&config, own), clock.clone(), vec![listener]).map_err(RunError::Client)?;

    // Our own signal: a part that fails stops the others, but not the rest of the process.
    let stop = Shutdown::new();
    let instance_tls = InstanceTls::new(config.edge.instances.tls.as_ref()).map_err(RunError::InstanceTls)?;
    let shared = Shared {
        directory: Arc::clone(&directory),
        routes: Arc::new(Routes::new(&config.routes, &config.edge)),
        refusals,
        tally: Arc::default(),
        access_log,
        instance_tls: Arc::new(instance_tls),
        leaving: Leaving::default(),
    };
    let admin_server =
        http::server(admin(&config, &shared, node, standing, &clock), listeners.admin).map_err(RunError::Admin)?;
    let admin_handle = admin_server.handle();
    let admin_task = tokio::spawn(admin_server);
    let workers = start_workers(&config, listeners.data, &shared, &clock, &stop).inspect_err(|_| stop.trigger());
    // The admin API takes orders by now: a node that is announced is told of them.
    let client_task = tokio::spawn(then_follow(announcer, client, stop.clone()));
    renewal::start(&config, &shared, &clock, &stop);
    reload::start(&config, &shared, &clock, &stop);
    log::info!("gateway: requests on {data}, admin API on {admin_address}{}", under_tls(&config.admin));

    let mut parts = Parts { workers: Vec::new(), admin: admin_task, client: Some(client_task) };
    let outcome = match workers {
        Err(error) => Err(error),
        Ok(workers) => {
            parts.workers = workers;
            tokio::select! {
                () = shared.leaving.over(&config, &clock, &shutdown) => Ok(()),
                ended = parts.first_end() => Err(ended),
            }
        }
    };
    if shutdown.is_aborted() {
        stop.abort();
    }
    stop.trigger();
    parts.workers_end().await;
    admin_handle.stop(!stop.is_aborted()).await;
    parts.client_end().await;
    shared.access_log.iter().for_each(AccessLog::flush);
    log::info!("gateway: stopped");
    outcome
}

fn warn_of_lost_orders(joins: bool) {
    if !joins {
        log::warn!(
            "eurus.gateway.fetch-listener.enabled=false: the next fetched copy brings back what was taken down. For \
             demonstrations only"
        );
    }
}

fn under_tls(admin: &AdminConfig) -> &'static str {
    if admin.tls.is_some() { " (TLS)" } else { "" }
}

fn admin(config: &GatewayConfig, shared: &Shared, node: String, standing: Arc<Standing>, clock: &Clock) -> Admin {
    Admin {
        directory: Arc::clone(&shared.directory),
        routes: Arc::clone(&shared.routes),
        tally: Arc::clone(&shared.tally),
        access_log: shared.access_log.clone(),
        tls: config.tls.as_ref().map(|config| config.tls.clone()),
        instance_tls: Arc::clone(&shared.instance_tls),
        leaving: shared.leaving.clone(),
        clock: clock.clone(),
        config: config.admin.clone(),
        node,
        joins: config.fetch_listener_enabled,
        sync_speed: standing,
        faults: config.faults.clone(),
    }
}

fn client_config(config: &GatewayConfig, own: InstanceInfo) -> ClientConfig {
    let mut client = ClientConfig::stock(config.service_urls.clone());
    client.fetch = Some(config.fetch);
    client.tls = config.registry_tls.clone();
    client.timeouts = config.registry_timeouts;
    client.faults = config.faults.clone();
    client.copy_access = config.copy_access.clone();
    client.registration = config.register.then_some(own);
    client
}

fn start_workers(
    config: &GatewayConfig,
    listeners: DataListeners,
    shared: &Shared,
    clock: &Clock,
    stop: &Shutdown,
) -> Result<Vec<WorkerEnd>, RunError> {
    let per_ip = Arc::new(edge::PerIp::new(config.edge.limits.connections_per_ip_max));
    let count = listeners.count();
    config.edge.warn_of_few_files(count);
    let (mut plain, mut tls) = (listeners.plain.into_iter(), listeners.tls.into_iter());
    let start = |place| {
        let name = format!("gateway-data-{place}");
        let seat = edge::Seat {
            name: name.clone(),
            plain: plain.next(),
            tls: tls.next().zip(config.tls.clone()),
            shared: shared.clone(),
            config: config.edge.clone(),
            per_ip: Arc::clone(&per_ip),
            faults: config.faults.clone(),
            clock: clock.clone(),
            stop: stop.clone(),
            grace: Duration::from_millis(config.shutdown_grace_ms),
        };
        let ended =
            edge::start(seat).map_err(|error| RunError::Worker { name: name.clone(), why: error.to_string() })?;
        Ok((name, ended))
    };
    (0..count).map(start).collect()
}
