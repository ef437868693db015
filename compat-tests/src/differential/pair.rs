//! A stock Java server and ours, set up alike.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use eurus_registry::{RegistryConfig, SelfPreservationMode};
use eurus_service::Clock;

use crate::Failure;
use crate::differential::request::Request;
use crate::differential::timeline::Timelines;
use crate::differential::wire::{Answer, Peer};
use crate::java::free_port;
use crate::java::server::JavaServer;
use crate::stack::Stack;

const JAVA_IP: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 7));
/// Long enough for a sequence, short enough that deltas stay small.
const DELTA_RETENTION_MS: i64 = 30_000;
const DELTA_TIMER_MS: i64 = 1_000;
/// With the read-only cache on: how often it is refreshed, and expired leases are evicted.
const QUICK_MS: i64 = 50;
const NEVER_MS: i64 = 3_600_000;

/// How both are set up. Self-preservation is off: how many heartbeats came in the last minute is a matter of chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    /// Lists show every change at once; expired leases are hidden, never evicted.
    Immediate,
    /// Lists come from the read-only cache; expired leases are evicted.
    Cached,
}

impl std::fmt::Display for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Immediate => "no read-only cache",
            Self::Cached => "read-only cache",
        })
    }
}

/// Both servers, running.
pub struct Pair {
    /// How they are set up.
    pub setup: Setup,
    /// The clock that ours runs on.
    pub clock: Clock,
    java: Peer,
    ours: Peer,
    stack: Stack,
    // It ends when dropped.
    _server: JavaServer,
}

impl Pair {
    /// Starts both.
    ///
    /// # Errors
    /// When one of them does not come up.
    pub async fn start(setup: Setup) -> Result<Self, Failure> {
        let (is_cached, eviction_ms) = match setup {
            Setup::Immediate => (false, NEVER_MS),
            Setup::Cached => (true, QUICK_MS),
        };
        let config = RegistryConfig {
            self_preservation: SelfPreservationMode::Off,
            use_read_only_response_cache: is_cached,
            response_cache_update_interval_ms: QUICK_MS,
            eviction_interval_ms: eviction_ms,
            delta_retention_ms: DELTA_RETENTION_MS,
            delta_retention_timer_interval_ms: DELTA_TIMER_MS,
            ..RegistryConfig::stock()
        };
        let arguments = [
            "--eureka.server.enable-self-preservation=false".to_owned(),
            format!("--eureka.server.use-read-only-response-cache={is_cached}"),
            format!("--eureka.server.eviction-interval-timer-in-ms={eviction_ms}"),
            format!("--eureka.server.retention-time-in-m-s-in-delta-queue={DELTA_RETENTION_MS}"),
            format!("--eureka.server.delta-retention-timer-interval-in-ms={DELTA_TIMER_MS}"),
        ];
        let clock = Clock::system();
        let mut stack = Stack::new(clock.clone())?;
        let ours = address(&stack.registry(config).await?)?;
        let java = SocketAddr::new(JAVA_IP, free_port(&[JAVA_IP])?);
        let server = JavaServer::start_with(java, QUICK_MS, &arguments, stack.http.clone(), &clock).await?;
        Ok(Self { setup, clock, java: Peer::new(java), ours: Peer::new(ours), stack, _server: server })
    }

    /// Ends both.
    ///
    /// # Errors
    /// When our registry ended with an error.
    pub async fn stop(self) -> Result<(), Failure> {
        self.stack.stop().await
    }

    /// Asks both the same at the same time, and notes when.
    ///
    /// # Errors
    /// When one does not answer.
    pub async fn ask(
        &mut self,
        request: &Request,
        java_clock: &Clock,
        timelines: &mut Timelines,
    ) -> Result<(Answer, Answer), Failure> {
        let (java, ours) =
            tokio::join!(timed(&mut self.java, request, java_clock), timed(&mut self.ours, request, &self.clock));
        let ((java, java_span), (ours, our_span)) = (java?, ours?);
        timelines.java.push(java_span.0, java_span.1);
        timelines.ours.push(our_span.0, our_span.1);
        Ok((java, ours))
    }

    /// Asks both, and leaves no trace in the timelines: for reads.
    ///
    /// # Errors
    /// When one does not answer.
    pub async fn look(&mut self, request: &Request) -> Result<(Answer, Answer), Failure> {
        let (java, ours) = tokio::join!(self.java.ask(request), self.ours.ask(request));
        Ok((java?, ours?))
    }
}

async fn timed(peer: &mut Peer, request: &Request, clock: &Clock) -> Result<(Answer, (i64, i64)), Failure> {
    let from_ms = clock.now_ms();
    let answer = peer.ask(request).await?;
    Ok((answer, (from_ms, clock.now_ms())))
}

fn address(service_url: &str) -> Result<SocketAddr, Failure> {
    let authority = service_url.trim_start_matches("http://").split('/').next().unwrap_or_default();
    authority.parse().map_err(|error| Failure::new(format!("{service_url}: {error}")))
}
