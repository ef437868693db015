//! The servers that are compared. Each runs as a user would run it, in a process group of its own.

pub(crate) mod java;
pub(crate) mod nginx;
pub(crate) mod ours;
pub(crate) mod spring_gateway;

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use eurus_service::Clock;
use serde::Serialize;

use crate::cpu;
use crate::failure::Failure;
use crate::http_once;
use crate::population::{Encoding, get};
use crate::process::Process;

/// How long a change stays in the delta, on both registries; stock is 180 s. The first registrations must have left it
/// before a delta of few changes can be measured.
pub(crate) const DELTA_RETENTION_MS: i64 = 45_000;
/// How often both look for changes that have stayed that long; stock is 30 s.
pub(crate) const DELTA_TIMER_MS: i64 = 2_000;
/// How long both keep a list that nothing has changed; stock is 180 s. Longer than a run, so that the delta that is
/// measured keeps its few changes, and no list is built again within a slice without a cause.
pub(crate) const CACHED_S: i64 = 3_600;
/// Between two looks whether it answers.
const ANSWERING_PAUSE_MS: i64 = 20;
/// A server answers within this time.
const STARTED_WITHIN_MS: i64 = 120_000;

/// Whose figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    Java,
    /// With `sendfile on`.
    Nginx,
    /// With `sendfile off`.
    NginxCopying,
    Ours,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Java => "Java",
            Self::Nginx => "nginx",
            Self::NginxCopying => "nginx, sendfile off",
            Self::Ours => "ours",
        }
    }
}

/// Where to send requests, and whose processor time to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pub(crate) kind: Kind,
    pub(crate) address: SocketAddr,
    pub(crate) group: u32,
}

/// A running registry.
pub(crate) struct Registry {
    pub(crate) target: Target,
    process: Process,
    /// From its start to the first 200 of `GET /eureka/apps`.
    pub(crate) started_us: i64,
}

impl Registry {
    /// Waits for the first 200. The list is asked for as XML: the JSON lists, which are measured, are cached from their
    /// first request on, and shall not be cached empty.
    async fn answering(mut process: Process, plan: Start<'_>) -> Result<Self, Failure> {
        let mut timer = plan.clock.timer("start");
        let request =
            b"GET /eureka/apps HTTP/1.1\r\nHost: bench\r\nAccept: application/xml\r\nConnection: close\r\n\r\n";
        loop {
            let answer = http_once::exchange(plan.address, request).await;
            let started_us = plan.clock.now_us() - plan.begun_us;
            if answer.is_ok_and(|(answer, _)| answer.status == 200) {
                let target = Target { kind: plan.kind, address: plan.address, group: process.group() };
                return Ok(Self { target, process, started_us });
            }
            process.still_runs()?;
            if started_us > STARTED_WITHIN_MS * 1_000 {
                let output = process.end_of_output()?;
                return Err(Failure::new(format!("{} does not answer in time:\n{output}", plan.kind.name())));
            }
            timer.sleep_ms(plan.pause_ms).await;
        }
    }

    /// # Errors
    /// When it has ended.
    pub(crate) fn still_runs(&mut self) -> Result<(), Failure> {
        self.process.still_runs()
    }

    /// Resident memory, in KiB.
    ///
    /// # Errors
    /// When it has ended.
    pub(crate) fn resident_kib(&self) -> Result<u64, Failure> {
        cpu::group_resident_kib(self.target.group)
    }

    /// How many instances its delta names now.
    ///
    /// # Errors
    /// When it does not answer.
    pub(crate) async fn changes_in_delta(&self) -> Result<usize, Failure> {
        let request = get("/eureka/apps/delta", Encoding::Gzip);
        http_once::instances_in(&http_once::exchange(self.target.address, &request.bytes).await?.1)
    }
}

/// A start under way.
struct Start<'a> {
    kind: Kind,
    address: SocketAddr,
    begun_us: i64,
    /// Between two looks.
    pause_ms: i64,
    clock: &'a Clock,
}

/// Waits for the first 200 of a path.
///
/// # Errors
/// When the process ends, or does not answer in time.
pub(crate) async fn answering(
    process: &mut Process,
    address: SocketAddr,
    path: &str,
    clock: &Clock,
) -> Result<(), Failure> {
    let mut timer = clock.timer("start");
    let until_ms = clock.now_ms() + STARTED_WITHIN_MS;
    let request = format!("GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n");
    while !http_once::exchange(address, request.as_bytes()).await.is_ok_and(|(answer, _)| answer.status == 200) {
        process.still_runs()?;
        if clock.now_ms() > until_ms {
            return Err(Failure::new(format!("{address}{path} is not answered:\n{}", process.end_of_output()?)));
        }
        timer.sleep_ms(ANSWERING_PAUSE_MS).await;
    }
    Ok(())
}

/// An address that nobody listens on.
pub(crate) fn free_address() -> Result<SocketAddr, Failure> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// So many of them, none twice.
pub(crate) fn free_addresses(count: usize) -> Result<Vec<SocketAddr>, Failure> {
    // All at one time: an address is free again as soon as nobody listens there.
    let listeners = (0..count).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<Result<Vec<_>, _>>()?;
    listeners.iter().map(|listener| Ok(listener.local_addr()?)).collect()
}

/// The workspace's folder.
pub(crate) fn workspace() -> PathBuf {
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    own.parent().map_or(own.clone(), ToOwned::to_owned)
}
