//! The load: each caller asks one request after the other, reads the answer and checks every byte of it.

mod asking;
mod grpc_call;
mod reading;
mod seen;
mod sending;
mod upload;
mod web_socket;
mod wire;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use eurus_service::Clock;
use tokio::task::JoinHandle;

use self::seen::Seen;
use self::wire::{SharedConnection, Wire};
use super::account::{Account, Outcome};
use super::kind::{Kind, Request};
use super::ledger::Ledger;
use super::settings::{APP, Settings};

/// A request that has not ended by then never will.
const ENDS_WITHIN: Duration = Duration::from_secs(30);
/// One of so many requests is the last of its connection of HTTP/1.1.
const CONNECTION_REQUESTS: u64 = 60;
/// Requests of one caller are numbered from here on, those of the next from twice as far.
const LANE: u64 = 1 << 32;
/// Callers that share a connection of HTTP/2.
const SHARED_BY: usize = 8;

/// See the module.
pub(super) struct Callers {
    stops: Arc<AtomicBool>,
    all: Vec<JoinHandle<()>>,
}

struct Caller {
    seed: u64,
    lane: u64,
    pause_ms: i64,
    wire: Wire,
    gateway: SocketAddr,
    ledger: Ledger,
    clock: Clock,
    stops: Arc<AtomicBool>,
}

impl Callers {
    pub(super) fn start(settings: &Settings, gateway: SocketAddr, ledger: &Ledger, clock: &Clock) -> Self {
        let stops = Arc::new(AtomicBool::new(false));
        let mut all = Vec::new();
        let mut shared = SharedConnection::default();
        for place in 0..settings.callers {
            let is_http2 = place % 2 == 1;
            if place % (2 * SHARED_BY) == 1 {
                shared = SharedConnection::default();
            }
            let wire = if is_http2 { Wire::Http2(shared.clone()) } else { Wire::Http1(None) };
            let (ledger, clock, stops) = (ledger.clone(), clock.clone(), Arc::clone(&stops));
            let (seed, lane, pause_ms) = (settings.seed, place as u64 + 1, settings.pause_ms);
            all.push(tokio::spawn(Caller { seed, lane, pause_ms, wire, gateway, ledger, clock, stops }.go_on()));
        }
        Self { stops, all }
    }

    /// Returns when every request that was begun has ended.
    pub(super) async fn stop(self) {
        self.stops.store(true, Ordering::SeqCst);
        for one in self.all {
            // One that panicked has said so.
            drop(one.await);
        }
    }
}

impl Caller {
    async fn go_on(mut self) {
        let mut timer = self.clock.timer("caller");
        let is_http2 = matches!(self.wire, Wire::Http2(_));
        let mut turn = 0;
        while !self.stops.load(Ordering::SeqCst) {
            turn += 1;
            let request = Request::of(self.seed, self.lane * LANE + turn, is_http2);
            let began_ms = self.clock.now_ms();
            let seen = tokio::time::timeout(ENDS_WITHIN, self.ask(request)).await;
            let Seen { instance, outcome, has_head, bytes } = seen.unwrap_or_else(|_| Seen::new(Outcome::Endless));
            let ended_ms = self.clock.now_ms();
            if outcome != Outcome::Whole || turn % CONNECTION_REQUESTS == 0 {
                self.wire.leave();
            }
            let account = Account { request, is_http2, began_ms, ended_ms, instance, outcome };
            self.ledger.note(&account, has_head, bytes);
            timer.sleep_ms(self.pause_ms).await;
        }
    }

    async fn ask(&mut self, request: Request) -> Seen {
        match request.kind {
            Kind::WebSocket => web_socket::ask(request, self.gateway).await,
            kind if kind.is_grpc() => grpc_call::ask(request, &mut self.wire, self.gateway).await,
            _ => asking::ask(request, &mut self.wire, self.gateway, &self.clock).await,
        }
    }
}

/// Where the gateway has it.
fn path(request: Request) -> String {
    format!("/{}{}", APP.to_lowercase(), request.path())
}
