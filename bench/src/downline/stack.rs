//! Our services as processes, each on its defaults but for what is said in the method: a registry with instances, so
//! many gateways, and then sync-speed, so that its first copy of the registry shows all gateways.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use eurus_service::Clock;
use tempfile::TempDir;

use super::producers::{APP, Producer};
use crate::binaries::Ours;
use crate::failure::Failure;
use crate::http_once;
use crate::population::{Encoding, Instance, Population, get, registration};
use crate::process::Process;
use crate::registering::register_all;
use crate::servers::{answering, free_address, free_addresses};

/// What the registry's response cache takes to follow; stock is 30 s. Only so that all gateways are known sooner.
const CACHE_MS: u32 = 1_000;
const STARTED_WITHIN_MS: i64 = 120_000;
const PAUSE_MS: i64 = 20;
/// The gateways' group.
const GROUP: &str = "EURUS-GATEWAY";

/// A gateway's process and its two addresses.
pub(crate) struct Gateway {
    process: Process,
    pub(crate) address: SocketAddr,
    admin: SocketAddr,
}

/// All that runs. It ends when dropped.
pub(crate) struct Stack {
    registry: Process,
    pub(crate) gateways: Vec<Gateway>,
    sync_speed: Process,
    pub(crate) sync_speed_address: SocketAddr,
    _folder: TempDir,
}

/// How large it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) gateways: usize,
    /// The producers included; gateways and sync-speed register besides.
    pub(crate) instances: usize,
}

impl Stack {
    /// Starts all, and returns when sync-speed answers.
    ///
    /// # Errors
    /// When one does not start.
    pub(crate) async fn start(
        ours: &Ours,
        data: &Path,
        shape: Shape,
        producers: &[Producer],
        clock: &Clock,
    ) -> Result<Self, Failure> {
        let folder = TempDir::with_prefix_in("bench-downline-", data)?;
        let registry_address = free_address()?;
        let start = |name: &str, binary: &Path, place: &str, flags: Vec<String>| {
            let data = folder.path().join(place);
            Process::start(name, Command::new(binary).arg("--data-dir").arg(data).args(flags).current_dir(&folder))
        };
        let flags = vec![
            flag("server.address", registry_address.ip()),
            flag("server.port", registry_address.port()),
            flag("eureka.server.response-cache-update-interval-ms", CACHE_MS),
        ];
        let mut registry = start("the registry", &ours.registry, "registry", flags)?;
        answering(&mut registry, registry_address, "/actuator/health", clock).await?;
        register(registry_address, shape, producers, clock).await?;
        let url = format!("http://{registry_address}/eureka/");
        let mut gateways = Vec::new();
        let addresses = free_addresses(2 * shape.gateways)?;
        for (number, pair) in addresses.chunks_exact(2).enumerate() {
            let [address, admin] = *pair else { continue };
            let flags = vec![
                flag("eurus.gateway.port", address.port()),
                flag("eurus.gateway.admin.port", admin.port()),
                flag("eureka.client.service-url.defaultZone", &url),
            ];
            let process = start("a gateway", &ours.gateway, &format!("gateway-{number}"), flags)?;
            gateways.push(Gateway { process, address, admin });
        }
        for gateway in &mut gateways {
            answering(&mut gateway.process, gateway.admin, "/actuator/health", clock).await?;
        }
        until_registered(registry_address, shape.gateways, clock).await?;
        let sync_speed_address = free_address()?;
        let flags = vec![
            flag("eurus.sync-speed.port", sync_speed_address.port()),
            flag("eurus.sync-speed.apps", "*"),
            flag("eurus.sync-speed.default-gateway-group", GROUP),
            // As fast as they are answered: that is what is measured.
            flag("eurus.sync-speed.rate-per-minute", 60_000),
            flag("eureka.client.service-url.defaultZone", &url),
        ];
        let mut sync_speed = start("sync-speed", &ours.sync_speed, "sync-speed", flags)?;
        answering(&mut sync_speed, sync_speed_address, "/actuator/health", clock).await?;
        Ok(Self { registry, gateways, sync_speed, sync_speed_address, _folder: folder })
    }

    /// Where requests go.
    pub(crate) fn gateway_addresses(&self) -> Arc<[SocketAddr]> {
        self.gateways.iter().map(|gateway| gateway.address).collect()
    }

    /// # Errors
    /// When one has ended.
    pub(crate) fn still_runs(&mut self) -> Result<(), Failure> {
        let gateways = self.gateways.iter_mut().map(|gateway| &mut gateway.process);
        [&mut self.registry, &mut self.sync_speed].into_iter().chain(gateways).try_for_each(Process::still_runs)
    }
}

fn flag(key: &str, value: impl std::fmt::Display) -> String {
    format!("--{key}={value}")
}

/// The producers first, then so many others that nobody calls.
///
/// # Errors
/// When the registry does not take one.
async fn register(address: SocketAddr, shape: Shape, producers: &[Producer], clock: &Clock) -> Result<(), Failure> {
    let others = Population { instances: shape.instances.saturating_sub(producers.len()) };
    let each = registrations(producers).into_iter().chain(others.registrations());
    register_all(address, each.collect(), clock).await
}

/// What producers register with.
pub(crate) fn registrations(producers: &[Producer]) -> Vec<crate::load::requests::Request> {
    producers.iter().map(|producer| registration(&instance_of(producer))).collect()
}

/// The producer as the registry knows it.
pub(crate) fn instance_of(producer: &Producer) -> Instance {
    let (ip, port) = (producer.address.ip().to_string(), producer.address.port());
    let app = APP.to_lowercase();
    Instance { id: format!("{ip}:{app}:{port}"), app, ip, port }
}

/// Waits until whoever fetches now is shown all gateways.
async fn until_registered(registry: SocketAddr, gateways: usize, clock: &Clock) -> Result<(), Failure> {
    let mut timer = clock.timer("gateways");
    let until_ms = clock.now_ms() + STARTED_WITHIN_MS;
    let request = get(&format!("/eureka/apps/{GROUP}"), Encoding::Plain);
    loop {
        let (answer, body) = http_once::exchange(registry, &request.bytes).await?;
        let found = http_once::instances_in(&body)?;
        if answer.status == 200 && found == gateways {
            // The list of everything follows its own beat.
            timer.sleep_ms(2 * i64::from(CACHE_MS)).await;
            return Ok(());
        }
        if clock.now_ms() > until_ms {
            return Err(Failure::new(format!("{found} of {gateways} gateways have registered")));
        }
        timer.sleep_ms(PAUSE_MS).await;
    }
}
