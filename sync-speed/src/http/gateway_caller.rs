//! Gateways as callers: from their networks, with their token. Platforms' rights do not hold here, nor theirs there.

use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, Ordering};

use actix_web::dev::ServiceRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderName, ORIGIN};
use actix_web::web;
use ipnetwork::IpNetwork;

use super::caller::{denied, unsaid};
use super::{Api, Problem};
use crate::access::buckets::{Buckets, Rate};
use crate::access::forwarding::is_sign_of_a_proxy;
use crate::access::{Guesses, Token, Why, is_inside};

/// Refused gateways that are said: one of an address in a minute. A gateway with a wrong token asks again all the time.
const SAID: Rate = Rate::per_minute(1);
/// Addresses that are told apart there; those beyond share one rate.
const ADDRESSES_MAX: usize = 1_024;
/// All gateways have one token: whose it is when it is right.
const OWNER: &str = "gateways";

/// Who may call as a gateway.
pub(super) struct GatewayCallers {
    networks: Vec<IpNetwork>,
    token: Option<Token>,
    /// Apart from those of platforms: neither holds up the other.
    guesses: Guesses,
    said: Buckets<IpAddr>,
    unsaid: AtomicI64,
}

impl GatewayCallers {
    pub(super) fn new(networks: Vec<IpNetwork>, token: Option<Token>) -> Self {
        let (guesses, said, unsaid) = (Guesses::default(), Buckets::new(ADDRESSES_MAX), AtomicI64::new(0));
        Self { networks, token, guesses, said, unsaid }
    }

    /// Whether these are a gateway's credentials.
    fn check(&self, authorization: Option<&str>, address: IpAddr, now_us: i64) -> Result<(), Why> {
        let Some(token) = &self.token else { return Ok(()) };
        let is_right = token.is_in(authorization);
        self.guesses.look(is_right.then_some(OWNER), address, now_us).map_err(Why::TooManyWrong)?;
        if is_right {
            self.guesses.right(OWNER, address);
            return Ok(());
        }
        self.guesses.wrong(address, now_us);
        let what = if authorization.is_some() { "the token is not the right one" } else { "no token" };
        Err(Why::Credentials(what.to_owned()))
    }

    /// Says why somebody was refused; the audit trail says that.
    fn say(&self, request: &ServiceRequest, address: IpAddr, why: &str, now_us: i64) {
        if self.said.take(address, SAID, now_us).is_err() {
            self.unsaid.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let (method, path) = (request.method(), request.path());
        let more = unsaid(self.unsaid.swap(0, Ordering::Relaxed));
        log::warn!("refused {method} {path} from {address}: {why}; nothing was done{more}");
    }

    pub(super) fn is_inside(&self, address: IpAddr) -> bool {
        is_inside(&self.networks, address)
    }
}

/// Whether a request comes from a gateway itself.
pub(super) fn admit(request: &ServiceRequest) -> Result<(), Problem> {
    let outside =
        |why: &str| Problem::new(StatusCode::FORBIDDEN, "caller-not-allowed", format!("{why}; nothing was done"));
    let api = request.app_data::<web::Data<Api>>().ok_or_else(|| outside("the service is not set up"))?;
    let address = request.peer_addr().ok_or_else(|| outside("the caller's address is not known"))?.ip().to_canonical();
    let now_us = api.clock.now_us();
    let refused = |why: &str| {
        api.gateways.say(request, address, why, now_us);
        outside(why)
    };
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
    api.gateways.check(header, address, now_us).map_err(|why| {
        let problem = match &why {
            Why::Credentials(what) => {
                let message = format!("{what}: gateways send 'Authorization: Bearer <eurus.sync-speed.gateway-token>'");
                Problem::new(StatusCode::UNAUTHORIZED, "token", message)
            }
            why => denied(why),
        };
        api.gateways.say(request, address, &problem.to_string(), now_us);
        problem
    })
}
