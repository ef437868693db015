//! The admin API: THE route table. It listens on its own port; requests to services never pass here.

mod auth;
mod direct;
mod down_service_cache;
mod failure;
mod health;
mod in_time;
mod metrics;
mod routes;
mod services;
mod under_way;

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::{App, HttpServer, web};
use eurus_service::tls::EdgeTls;
use eurus_service::{Clock, Faults};

use crate::access_log::AccessLog;
use crate::config::AdminConfig;
use crate::directory::Directory;
use crate::leaving::Leaving;
use crate::routes::Routes;
use crate::sync_speed::Standing;
use crate::tally::Tally;
use crate::upstream::tls::InstanceTls;
use failure::Failure;

/// Connections of one admin worker at most: further callers wait. Each of them ends when it does not send in time.
const CONNECTIONS_MAX: usize = 256;

/// How long calls under way may take to finish on a stop, seconds.
const STOP_GRACE_S: u64 = 5;

/// What the resources work on.
pub(crate) struct Admin {
    pub(crate) directory: Arc<Directory>,
    pub(crate) routes: Arc<Routes>,
    pub(crate) tally: Arc<Tally>,
    pub(crate) access_log: Option<AccessLog>,
    /// `None`: it is not spoken.
    pub(crate) tls: Option<EdgeTls>,
    pub(crate) instance_tls: Arc<InstanceTls>,
    pub(crate) leaving: Leaving,
    pub(crate) clock: Clock,
    pub(crate) config: AdminConfig,
    /// The gateway's own instance id.
    pub(crate) node: String,
    /// Whether fetched copies are joined with the marks.
    pub(crate) joins: bool,
    /// How it stands with sync-speed.
    pub(crate) sync_speed: Arc<Standing>,
    /// A harness's plan.
    pub(crate) faults: Faults,
}

/// Builds the server; it runs when it is awaited.
pub(crate) fn server(admin: Admin, listener: TcpListener) -> io::Result<Server> {
    let (workers, tls) = (admin.config.workers, admin.config.tls.clone());
    let read_timeout = Duration::from_millis(admin.config.read_timeout_ms);
    let admin = web::Data::new(admin);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::clone(&admin))
            .app_data(failure::json_body(admin.config.body_max))
            .route("/downline", web::post().to(direct::downline))
            .route("/upline", web::post().to(direct::upline))
            .route("/services", web::get().to(services::services))
            .route("/routes", web::get().to(routes::routes))
            .route("/routes/match", web::get().to(routes::matching))
            .route("/under-way", web::get().to(under_way::under_way))
            .route("/down-service-cache", web::get().to(down_service_cache::down_service_cache))
            .route("/metrics", web::get().to(metrics::metrics))
            .route("/actuator/health", web::get().to(health::health))
            .default_service(web::to(|| async { Failure::not_found() }))
    });
    let server = server
        .workers(workers)
        .max_connections(CONNECTIONS_MAX)
        .client_request_timeout(read_timeout)
        .shutdown_timeout(STOP_GRACE_S)
        .tls_handshake_timeout(read_timeout)
        .disable_signals();
    let server = match tls {
        Some(tls) => server.listen_rustls_0_23(listener, tls.config())?,
        None => server.listen(listener)?,
    };
    Ok(server.run())
}
