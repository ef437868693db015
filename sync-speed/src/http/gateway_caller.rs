//! Gateways as callers: from their networks, with their token. Platforms' rights do not hold here, nor theirs there.

use std::net::IpAddr;

use actix_web::dev::ServiceRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderName, ORIGIN};
use actix_web::web;
use ipnetwork::IpNetwork;

use super::{Api, Problem};
use crate::access::forwarding::is_sign_of_a_proxy;
use crate::access::{Token, is_inside};

/// Who may call as a gateway.
pub(super) struct GatewayCallers {
    pub(super) networks: Vec<IpNetwork>,
    pub(super) token: Option<Token>,
}

impl GatewayCallers {
    pub(super) fn is_inside(&self, address: IpAddr) -> bool {
        is_inside(&self.networks, address)
    }
}

/// Whether a request comes from a gateway itself.
pub(super) fn admit(request: &ServiceRequest) -> Result<(), Problem> {
    let refused = |why: &str| {
        log::warn!("refused {} {}: {why}; nothing was done", request.method(), request.path());
        Problem::new(StatusCode::FORBIDDEN, "caller-not-allowed", format!("{why}; nothing was done"))
    };
    let api = request.app_data::<web::Data<Api>>().ok_or_else(|| refused("the service is not set up"))?;
    let address = request.peer_addr().ok_or_else(|| refused("the caller's address is not known"))?.ip();
    if !api.gateways.is_inside(address) {
        return Err(refused(&format!("{address} is not in eurus.sync-speed.gateway-networks")));
    }
    // A gateway's data plane always adds one: nobody gets here through a gateway.
    let names = request.headers().keys().map(HeaderName::as_str);
    if let Some(header) = names.into_iter().find(|name| is_sign_of_a_proxy(name)) {
        return Err(refused(&format!("gateways call sync-speed directly, not through a proxy (header {header})")));
    }
    if request.headers().contains_key(ORIGIN) {
        return Err(refused("sync-speed is not called from pages in a browser (header origin)"));
    }
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    match &api.gateways.token {
        Some(token) if !token.is_in(header) => {
            let what = if header.is_some() { "the token is not the right one" } else { "no token" };
            log::warn!("refused {} {} from {address}: {what}; nothing was done", request.method(), request.path());
            let message = format!("{what}: gateways send 'Authorization: Bearer <eurus.sync-speed.gateway-token>'");
            Err(Problem::new(StatusCode::UNAUTHORIZED, "token", message))
        }
        _ => Ok(()),
    }
}
