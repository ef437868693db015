//! Registering instances at a registry, each once.

use std::net::SocketAddr;
use std::sync::Arc;

use eurus_service::Clock;

use crate::failure::Failure;
use crate::load::requests::{Repeat, Request, Requests, Stamps};
use crate::load::{Load, Pace, Running};

/// Connections that register.
const CONNECTIONS: usize = 32;

/// Registers each once.
///
/// # Errors
/// When one is not answered with 2xx.
pub(crate) async fn register_all(address: SocketAddr, each: Vec<Request>, clock: &Clock) -> Result<(), Failure> {
    let stamps = Arc::new(Stamps::from_ms(clock.now_ms()));
    let load = Load {
        addresses: [address].into(),
        requests: Arc::new(Requests::new(each, Repeat::Once, &stamps)),
        pace: Pace::Closed,
        connections: CONNECTIONS,
        threads: 1,
    };
    Running::start(&load, clock).await?.finish().await.map_err(|failure| failure.during("registering"))?;
    Ok(())
}
