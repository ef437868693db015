//! THE route table, and the server around it. Only `http` and its modules see the server framework.

mod answer;
mod audit;
mod body;
mod caller;
mod encrypted;
mod events;
mod gateway_caller;
mod gateway_groups;
mod gateways;
mod health;
mod metrics;
mod offline;
mod problem;
mod query;
mod refused;

use std::future::ready;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::{Server, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::{App, HttpRequest, HttpServer, web};
use eurus_service::{Clock, Shutdown};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::access::Door;
use crate::audit::Trail;
use crate::config::SyncSpeedConfig;
use crate::downline::Downline;
use crate::error::RunError;
use crate::refused::Looks;
use gateway_caller::GatewayCallers;
use problem::Problem;

/// What of a body is read; larger ones are answered 413.
const BODY_BYTES_MAX: usize = 16 * 1_024;
/// How long a stop waits for requests under way, real time.
const STOP_WITHIN_S: u64 = 30;
/// Connections per worker thread.
const CONNECTIONS_PER_WORKER_MAX: usize = 1_024;

/// Looks under way, and what comes of them.
struct Refused {
    looks: Looks,
    takes_offline: bool,
}

/// What the handlers share.
struct Api {
    downline: Arc<Downline>,
    door: Arc<Door>,
    trail: Arc<Trail>,
    clock: Clock,
    /// Who may call as a gateway.
    gateways: GatewayCallers,
    /// Looks at instances that refuse gateways' connections.
    refused: Arc<Refused>,
    default_group: Option<String>,
    /// Where requests are carried out: not on the worker's thread, so that a caller who hangs up does not cut the
    /// way in two.
    runtime: Handle,
    /// Places for streams of events.
    streams: Arc<Semaphore>,
    shutdown: Shutdown,
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .service(at(health::PATH, "GET").route(web::get().to(health::get)))
        .service(
            at("/offline", "GET, POST")
                .route(web::post().to(offline::post_offline))
                .route(web::get().to(offline::list)),
        )
        .service(at("/online", "POST").route(web::post().to(offline::post_online)))
        .service(at("/offline/{id}", "GET").route(web::get().to(offline::get)))
        .service(at("/offline/{id}/events", "GET").route(web::get().to(events::get)))
        .service(at(metrics::PATH, "GET").route(web::get().to(metrics::get)))
        .service(at("/audit", "GET").route(web::get().to(audit::list)))
        .service(at(gateways::PATH, "POST").route(web::post().to(gateways::post)))
        .service(at(refused::PATH, "POST").route(web::post().to(refused::post)))
        .service(at("/gateway-groups", "GET").route(web::get().to(gateway_groups::list)))
        .service(
            at("/gateway-groups/{app}", "GET, PUT, DELETE")
                .route(web::get().to(gateway_groups::get))
                .route(web::put().to(gateway_groups::put))
                .route(web::delete().to(gateway_groups::delete)),
        );
}

/// A path that is known is said to be, whatever the method.
fn at(path: &str, allowed: &'static str) -> actix_web::Resource {
    let other = move |request: HttpRequest| ready(problem::no_such_method(&request, allowed));
    web::resource(path).default_service(web::to(other))
}

fn app(
    api: web::Data<Api>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(api)
        .app_data(web::PayloadConfig::new(BODY_BYTES_MAX))
        .wrap(from_fn(caller::check))
        .configure(routes)
        .default_service(web::to(problem::no_such_path))
}

fn plain(listener: TcpListener, workers: usize, api: web::Data<Api>) -> io::Result<Server> {
    let server = HttpServer::new(move || app(api.clone()))
        .workers(workers)
        .max_connections(CONNECTIONS_PER_WORKER_MAX)
        .shutdown_timeout(STOP_WITHIN_S)
        .disable_signals()
        .listen(listener)?;
    Ok(server.run())
}

/// Serves until the signal; requests under way are finished.
///
/// # Errors
/// When the server cannot be started or fails.
pub(crate) async fn serve(
    config: &SyncSpeedConfig,
    downline: Arc<Downline>,
    door: Arc<Door>,
    trail: Arc<Trail>,
    clock: Clock,
    listener: TcpListener,
    shutdown: Shutdown,
) -> Result<(), RunError> {
    let api = web::Data::new(Api {
        downline,
        door,
        trail,
        clock,
        gateways: GatewayCallers::new(config.notify.networks.clone(), config.notify.token.clone()),
        refused: Arc::new(Refused { looks: Looks::default(), takes_offline: config.offline_refused }),
        default_group: config.default_gateway_group.clone(),
        runtime: Handle::current(),
        streams: Arc::new(Semaphore::new(events::STREAMS_MAX)),
        shutdown: shutdown.clone(),
    });
    let server = match &config.tls {
        Some(tls) => encrypted::server(listener, tls, config.workers, api),
        None => plain(listener, config.workers, api),
    };
    let server = server.map_err(RunError::Server)?;
    let handle = server.handle();
    let stop = tokio::spawn(async move {
        shutdown.wait().await;
        handle.stop(!shutdown.is_aborted()).await;
    });
    let served = server.await.map_err(RunError::Server);
    stop.abort();
    served
}
