//! The benchmark of the downline: from `POST /offline` to the last gateway's acknowledgement and to the last request
//! begun, for several numbers of gateways and instances; and what the stock chain takes for the same.
//!
//! | module | what |
//! |---|---|
//! | `stack` | our services as processes |
//! | `producers`, `begun` | the instances, and when requests began on them |
//! | `arrivals` | when bytes came, by the kernel's word |
//! | `sync_speed` | asking sync-speed |
//! | `rounds` | offline and back, many times, with and without a load |
//! | `stock` | the Java server and Spring Cloud Gateway |
//! | `disk` | what the disk takes to keep something |
//! | `distribution`, `report`, `table` | the outcome |

mod arrivals;
mod begun;
mod disk;
mod distribution;
mod producers;
mod report;
mod rounds;
mod stack;
mod stock;
mod sync_speed;
mod table;

use eurus_service::Clock;

use crate::arguments::DownlineSettings;
use crate::binaries::Ours;
use crate::failure::Failure;
use crate::machine;
use producers::Producers;
pub(crate) use report::Report;
use rounds::{Phase, Rounds};
use stack::{Shape, Stack};
pub(crate) use table::markdown;

/// Instances of the application that is called, one of them out at a time.
const PRODUCERS: u8 = 4;
/// Writes to the disk that are measured before each number of gateways and instances.
const SYNCS: usize = 200;

/// The whole benchmark.
///
/// # Errors
/// When a server cannot be had, or ends; what must not happen to requests and entries is in the report instead.
pub(crate) async fn run(settings: &DownlineSettings, clock: &Clock) -> Result<Report, Failure> {
    let ours = Ours::at(settings.binaries.as_deref())?;
    let mut report = Report {
        machine: machine::description(),
        method: method(settings),
        sync_us: Vec::new(),
        phases: Vec::new(),
        stock: None,
    };
    for instances in &settings.instances {
        for gateways in &settings.gateways {
            let shape = Shape { gateways: *gateways, instances: *instances };
            report.sync_us.extend(disk::syncs_us(&settings.data, SYNCS, clock)?);
            report.phases.extend(phases(&ours, settings, shape, clock).await?);
        }
    }
    if let Some(tries) = settings.java_tries {
        eprintln!("bench: the stock chain: {tries} tries, some minutes");
        report.stock = Some(stock::run(tries, clock).await.map_err(|failure| failure.during("the stock chain"))?);
    }
    Ok(report)
}

/// Without a load, then under one.
async fn phases(ours: &Ours, settings: &DownlineSettings, shape: Shape, clock: &Clock) -> Result<Vec<Phase>, Failure> {
    let what = format!("{} gateways, {} instances", shape.gateways, shape.instances);
    eprintln!("bench: {what}: starting");
    let producers = Producers::start(PRODUCERS)?;
    let mut stack = Stack::start(ours, &settings.data, shape, &producers.each, clock).await?;
    let mut rounds = Rounds { stack: &mut stack, producers: &producers.each, instances: shape.instances, clock };
    rounds.warm_up().await.map_err(|failure| failure.during(&what))?;
    let mut phases = Vec::new();
    for per_second in [None, Some(settings.per_second)] {
        let phase = rounds.run(settings.offlines, per_second).await.map_err(|failure| failure.during(&what))?;
        eprintln!("bench: {what}: {}", table::line(&phase));
        phases.push(phase);
    }
    Ok(phases)
}

fn method(settings: &DownlineSettings) -> String {
    format!(
        "Processes of this machine over loopback: eurus-registry, eurus-gateway ({} threads for requests and one for its \
         admin API each), eurus-sync-speed, profile dist, on their defaults; the registry's response cache follows every \
         second, so that sync-speed knows all gateways. {PRODUCERS} instances are called, and taken out in turn: offline, \
         {} ms or more, online, and again. SQLite in WAL mode, two commits of an order with synchronous=FULL, each synced. Load: \
         {} requests/s at fixed times through all gateways.",
        machine::cores(),
        rounds::PAUSE_MS,
        settings.per_second,
    )
}
