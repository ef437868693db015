//! Whether a request may go on. Decided on its head alone: a body is read only of those who may send one.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, HeaderValue};
use actix_web::{HttpRequest, web};
use tokio::sync::Semaphore;

use super::refusal::Refusal;
use super::route::Route;
use super::{Context, origin};
use crate::access::{AccessConfig, Decision, Denials, Gate, Guesses, Role};
use crate::instance_name::shortened;
use crate::limit_hits::LimitHits;
use crate::peer_pauses::peer_name;
use crate::store::Origin;

/// Hashed passwords that are compared at one time: each keeps a core busy for tenths of a second.
const COMPARISONS_MAX: usize = 1;
/// Requests with a new password that wait for that at most; more are answered 503. Whoever has got in before does not wait.
const WAITING_MAX: usize = 64;

/// The credentials that are known, and what became of requests without them.
pub(crate) struct Guard {
    gate: Arc<Gate>,
    denials: Denials,
    guesses: Guesses,
    comparisons: Semaphore,
    places: Semaphore,
    no_place: LimitHits,
}

impl Guard {
    /// # Errors
    /// The operating system gives no random bytes.
    pub(crate) fn new(access: &AccessConfig) -> Result<Self, getrandom::Error> {
        Ok(Self {
            gate: Arc::new(Gate::new(access)?),
            denials: Denials::default(),
            guesses: Guesses::default(),
            comparisons: Semaphore::new(COMPARISONS_MAX),
            places: Semaphore::new(WAITING_MAX),
            no_place: LimitHits::default(),
        })
    }

    /// New passwords for which there was no place to wait, for metrics.
    pub(crate) fn comparisons_refused(&self) -> u64 {
        self.no_place.count()
    }

    /// Requests that were refused, for metrics.
    pub(crate) fn denials(&self) -> &Denials {
        &self.denials
    }
}

/// Lets a request through, or says what it is answered.
pub(super) async fn admit(request: &HttpRequest, route: Option<&Route<'_>>, context: &Context) -> Result<(), Refusal> {
    let guard = &context.guard;
    if guard.gate.is_open() {
        return Ok(());
    }
    let Some(needed) = needed(request, route) else { return Ok(()) };
    let given = request.headers().get(AUTHORIZATION).map(HeaderValue::as_bytes);
    let decision = match guard.gate.decide(given, needed) {
        Decision::Unverified(_) => compared(request, context, given, needed).await,
        decision => Ok(decision),
    };
    let is_heartbeat = matches!(route, Some(Route::Instance(..))) && request.method() == Method::PUT;
    let peer = request.peer_addr().map(|address| address.ip());
    let described = || format!("{} {}", request.method(), shortened(request.uri().path()).escape_debug());
    let now_ms = context.clock.now_ms();
    let decision = decision.map_err(|why| match why {
        Uncompared::Busy => Refusal::Busy,
        Uncompared::TooManyWrong { wait_s } => {
            guard.denials.throttled(peer, &described(), wait_s, now_ms);
            Refusal::TooManyGuesses { wait_s, is_heartbeat }
        }
    })?;
    match decision {
        Decision::Allowed => Ok(()),
        Decision::Forbidden(role) => {
            let name = given.and_then(|given| guard.gate.name_of(given));
            guard.denials.forbidden(peer, &described(), name, role, now_ms);
            Err(Refusal::Forbidden { role, is_heartbeat })
        }
        Decision::Unauthenticated | Decision::Unverified(_) => {
            guard.denials.unauthenticated(peer, &described(), now_ms);
            Err(Refusal::Unauthenticated { is_heartbeat })
        }
    }
}

/// Whether a request that was let through may also do what needs this role.
pub(super) fn may(request: &HttpRequest, role: Role, context: &Context) -> bool {
    let given = request.headers().get(AUTHORIZATION).map(HeaderValue::as_bytes);
    matches!(context.guard.gate.decide(given, role), Decision::Allowed)
}

/// The role a request needs, whichever resource it names; `None`: anybody may. What names nothing is told so only to
/// those who may read.
fn needed(request: &HttpRequest, route: Option<&Route<'_>>) -> Option<Role> {
    let role = route.map_or(Some(Role::Read), |route| route.role(request.method()));
    // A replica is believed things that a client is not.
    if role.is_some() && origin(request) == Origin::Replica { Some(Role::Replicate) } else { role }
}

/// Why a password was not compared with its hash.
enum Uncompared {
    Busy,
    /// From this address; the next is looked at in so many seconds.
    TooManyWrong {
        wait_s: i64,
    },
}

/// Decides again after the password was compared with its hash, away from the threads that serve requests.
async fn compared(
    request: &HttpRequest,
    context: &Context,
    given: Option<&[u8]>,
    needed: Role,
) -> Result<Decision, Uncompared> {
    let guard = &context.guard;
    let peer = request.peer_addr().map(|address| address.ip());
    let check = || match guard.guesses.wait_s(peer, context.clock.now_ms()) {
        Some(wait_s) => Err(Uncompared::TooManyWrong { wait_s }),
        None => Ok(()),
    };
    // Who must wait anyhow takes no place from others.
    check()?;
    let _place = guard.places.try_acquire().map_err(|_| {
        if let Some(untold) = guard.no_place.hit(context.clock.now_ms()) {
            log::warn!(
                "{WAITING_MAX} requests with new passwords wait to be compared already: one from {} is answered \
                 503{untold}",
                peer_name(peer)
            );
        }
        Uncompared::Busy
    })?;
    let _turn = guard.comparisons.acquire().await.map_err(|_| Uncompared::Busy)?;
    // Somebody else with the same header, or from the same address, may have been first.
    let Decision::Unverified(unverified) = guard.gate.decide(given, needed) else {
        return Ok(guard.gate.decide(given, needed));
    };
    check()?;
    let gate = Arc::clone(&guard.gate);
    let fits = web::block(move || gate.verify(&unverified)).await.map_err(|_| Uncompared::Busy)?;
    if !fits {
        guard.guesses.wrong(peer, context.clock.now_ms());
    }
    Ok(guard.gate.decide(given, needed))
}
