//! A scenario's nodes under a manual clock, moved and disturbed over HTTP: for tests in any language.
//!
//! The engine lives in one task of its own and takes one command at a time; the HTTP side only translates.

mod commands;
mod http;
#[cfg(test)]
mod page;
mod standing;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use actix_web::http::KeepAlive;
use actix_web::{App, HttpServer, web};
use eurus_service::Shutdown;
use tokio::sync::mpsc;

use super::engine::Engine;
use super::scenario::{Scenario, Time};
use crate::Failure;

/// Commands that wait for their turn.
const COMMANDS_MAX: usize = 64;
/// Bytes of a command.
const BODY_BYTES_MAX: usize = 64 << 10;

/// Running nodes and the API that moves their time.
pub struct Served {
    /// `http://ip:port` of the control API.
    pub url: String,
    /// What runs and where, as `GET /harness` answers.
    pub nodes: serde_json::Value,
    engine: tokio::task::JoinHandle<Result<(), Failure>>,
    server: actix_web::dev::ServerHandle,
    stop: Shutdown,
}

/// Starts what a scenario describes (its steps and load are left out), at its first moment.
///
/// # Errors
/// When a node does not start, or the port is taken.
pub async fn start(mut scenario: Scenario, port: u16) -> Result<Served, Failure> {
    Failure::unless(scenario.time == Time::Virtual, || {
        format!("{}: nobody can move real time: leave 'time: real' out", scenario.file)
    })?;
    scenario.steps.clear();
    scenario.loads.clear();
    let mut engine = Engine::new(scenario)?;
    engine.run_until(0).await?;
    let nodes = engine.nodes();
    let (orders, inbox) = mpsc::channel(COMMANDS_MAX);
    let stop = Shutdown::new();
    let engine = tokio::spawn(commands::carry_out(engine, inbox, stop.clone()));
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    let url = format!("http://{}", listener.local_addr()?);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(orders.clone()))
            .app_data(web::PayloadConfig::new(BODY_BYTES_MAX))
            .configure(http::routes)
    })
    .workers(1)
    // A test may think for minutes between two calls: a connection that is kept may be closed just as it sends the next.
    .keep_alive(KeepAlive::Disabled)
    .disable_signals()
    .listen(listener)?
    .run();
    let handle = server.handle();
    tokio::spawn(server);
    Ok(Served { url, nodes, engine, server: handle, stop })
}

impl Served {
    /// Stops everything.
    ///
    /// # Errors
    /// What a node ended with.
    pub async fn stop(self) -> Result<(), Failure> {
        self.stop.trigger();
        self.server.stop(true).await;
        self.engine.await.map_err(|error| Failure::new(error.to_string()))?
    }
}
