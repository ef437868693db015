//! All that runs for one number of instances: the instances, a registry that knows them, and the programs in front.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use eurus_service::Clock;
use serde::Serialize;
use tempfile::TempDir;

use super::certificate::Certificate;
use super::program::Program;
use super::proxies::{self, Listening};
use super::routes;
use super::upstream::Upstream;
use super::workload::{SERVICE, Workload};
use super::wrk::{Said, Wrk};
use crate::binaries::Ours;
use crate::cpu;
use crate::failure::Failure;
use crate::http_once;
use crate::population::registration;
use crate::process::Process;
use crate::registering::register_all;
use crate::servers::{answering, free_address, free_addresses, spring_gateway};

/// One program.
struct Contender {
    program: Program,
    process: Process,
    address: SocketAddr,
    tls: SocketAddr,
}

/// What a program did in one slice.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) requests: u64,
    pub(crate) requests_per_second: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    pub(crate) p999_us: f64,
    /// utime + stime of all its processes.
    pub(crate) cpu_us_per_request: f64,
    /// Of all its processes, at the end of the slice.
    pub(crate) resident_kib: u64,
    pub(crate) failures: u64,
}

impl Figures {
    fn of(said: &Said, cpu_us: f64, resident_kib: u64) -> Self {
        Self {
            requests: said.requests,
            requests_per_second: said.requests as f64 * 1_000_000.0 / said.duration_us.max(1.0),
            p50_us: said.p50_us,
            p99_us: said.p99_us,
            p999_us: said.p999_us,
            cpu_us_per_request: cpu_us / said.requests.max(1) as f64,
            resident_kib,
            failures: said.failures(),
        }
    }
}

/// See the module. All ends when dropped.
pub(crate) struct Contenders {
    upstream: Upstream,
    registry: Process,
    each: Vec<Contender>,
    certificate: Certificate,
    folder: TempDir,
}

impl Contenders {
    /// Starts all; each answers, and ours knows every instance, when this returns.
    ///
    /// # Errors
    /// When one cannot be started, with what to install.
    pub(crate) async fn start(
        ours: &Ours,
        programs: &[Program],
        instances: usize,
        clock: &Clock,
    ) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let upstream = Upstream::start(instances, clock).await?;
        let registry_address = free_address()?;
        let mut registry = service(
            folder.path(),
            "the registry",
            &ours.registry,
            &[flag("server.address", registry_address.ip()), flag("server.port", registry_address.port())],
        )?;
        answering(&mut registry, registry_address, "/actuator/health", clock).await?;
        let registrations = upstream.instances().iter().map(registration).collect();
        register_all(registry_address, registrations, clock).await?;
        let certificate = Certificate::create(folder.path())?;
        let mut contenders = Self { upstream, registry, each: Vec::new(), certificate, folder };
        for program in programs {
            let contender = contenders.contender(ours, *program, registry_address, clock).await?;
            contenders.each.push(contender);
        }
        Ok(contenders)
    }

    async fn contender(
        &self,
        ours: &Ours,
        program: Program,
        registry: SocketAddr,
        clock: &Clock,
    ) -> Result<Contender, Failure> {
        let (folder, instances) = (self.folder.path(), &self.upstream.addresses);
        let addresses = free_addresses(3)?;
        let [address, tls, admin] = addresses[..] else { return Err(Failure::new("no three free addresses")) };
        let at = Listening { plain: address, tls, certificate: &self.certificate };
        let mut process = match program {
            Program::Nginx => proxies::nginx(folder, &at, instances)?,
            Program::Haproxy => proxies::haproxy(folder, &at, instances)?,
            Program::SpringCloudGateway => spring_gateway::start(&self.folder, address, SERVICE, registry)?,
            Program::Ours | Program::OursLogging | Program::OursTenRoutes | Program::OursTenThousandRoutes => service(
                folder,
                program.name(),
                &ours.gateway,
                &[
                    format!("--config={}", routes::file(folder, program.routes().unwrap_or(0))?.display()),
                    flag("eurus.gateway.port", address.port()),
                    flag("eurus.gateway.ssl.port", tls.port()),
                    flag("eurus.gateway.ssl.certificate", self.certificate.certificate.display()),
                    flag("eurus.gateway.ssl.certificate-private-key", self.certificate.key.display()),
                    flag("eurus.gateway.admin.port", admin.port()),
                    flag("eureka.client.service-url.defaultZone", format!("http://{registry}/eureka/")),
                    flag("eurus.gateway.access-log", if program == Program::OursLogging { "full" } else { "off" }),
                ],
            )?,
        };
        answering(&mut process, address, &Workload::Small.path(), clock).await?;
        if program.is_ours() {
            knows_all(admin, instances.len()).await?;
        }
        Ok(Contender { program, process, address, tls })
    }

    /// One slice.
    ///
    /// # Errors
    /// When a process ended, or the load cannot be made.
    pub(crate) async fn slice(
        &mut self,
        program: Program,
        workload: Workload,
        wrk: &Wrk,
        clock: &Clock,
    ) -> Result<Figures, Failure> {
        self.upstream.process.still_runs()?;
        self.registry.still_runs()?;
        let contender = self.each.iter_mut().find(|one| one.program == program);
        let contender = contender.ok_or_else(|| Failure::new(format!("{} does not run", program.name())))?;
        let address = if workload.is_encrypted() { contender.tls } else { contender.address };
        let group = contender.process.group();
        let flood = workload.flood().map(|flood| flood.start(address, clock));
        let before_us = cpu::group_cpu_us(group)?;
        let said = wrk.run(workload, address, clock).await?;
        drop(flood);
        contender.process.still_runs()?;
        Ok(Figures::of(&said, cpu::group_cpu_us(group)? - before_us, cpu::group_resident_kib(group)?))
    }
}

fn service(folder: &Path, name: &str, binary: &Path, flags: &[String]) -> Result<Process, Failure> {
    let data = folder.join(name.replace([' ', ','], "-"));
    Process::start(name, Command::new(binary).arg("--data-dir").arg(data).args(flags).current_dir(folder))
}

fn flag(key: &str, value: impl std::fmt::Display) -> String {
    format!("--{key}={value}")
}

/// Our gateway balances over all of them.
async fn knows_all(admin: SocketAddr, instances: usize) -> Result<(), Failure> {
    let request = b"GET /services HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n";
    let (_, body) = http_once::exchange(admin, request).await?;
    let found = String::from_utf8_lossy(&body).matches(&format!(":{SERVICE}:")).count();
    if found == instances {
        Ok(())
    } else {
        Err(Failure::new(format!("our gateway knows {found} of {instances} instances")))
    }
}
