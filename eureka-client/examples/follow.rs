//! Registers with a registry, prints each fetch as a line, and takes itself out on Ctrl-C.
//!
//! ```text
//! follow SERVICE-URL[,SERVICE-URL…] APP IP PORT INTERVAL-S
//! follow http://127.0.0.1:8761/eureka/ FOLLOWER 127.0.0.1 9200 5
//! ```
//! stdout: `fetch kind=delta version=7 hash=UP_2_ ours=UP_2_ match=true instances=2 took_ms=3`, then one line
//! `  APP/id STATUS ip:port` for each instance. stderr: the client's log.

use std::process::ExitCode;
use std::sync::Arc;

use eurus_client::{ClientConfig, EurekaClient, Fetch, FetchConfig, FetchListener};
use eurus_model::{InstanceInfo, Port};
use eurus_service::{Clock, Shutdown};

struct Printer;

impl FetchListener for Printer {
    #[allow(clippy::print_stdout)] // What this example is for.
    fn fetched(&self, fetch: &Fetch) {
        let ours = fetch.registry.reconcile_hash();
        println!(
            "fetch kind={} version={} hash={} ours={ours} match={} instances={} took_ms={}",
            fetch.kind,
            fetch.registry.version,
            fetch.registry.hashcode,
            ours == fetch.registry.hashcode,
            fetch.registry.instances().count(),
            fetch.received_ms - fetch.started_ms,
        );
        for held in fetch.registry.instances() {
            println!("  {}/{} {} {}:{}", held.app, held.instance_id, held.status, held.ip_addr, held.port.number);
        }
    }
}

struct Stderr;

impl log::Log for Stderr {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target().starts_with("eurus")
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            eprintln!("{} {}", record.level(), record.args());
        }
    }

    fn flush(&self) {}
}

fn config(mut arguments: impl Iterator<Item = String>) -> Result<ClientConfig, String> {
    let mut next = |name: &str| arguments.next().ok_or(format!("{name} is missing"));
    let mut config = ClientConfig::stock(next("SERVICE-URL")?.split(',').map(str::to_owned).collect());
    let (app, ip) = (next("APP")?, next("IP")?);
    let port: u16 = next("PORT")?.parse().map_err(|error| format!("PORT: {error}"))?;
    let interval_s: i32 = next("INTERVAL-S")?.parse().map_err(|error| format!("INTERVAL-S: {error}"))?;

    let mut instance = InstanceInfo::new(&app, &format!("{ip}:{}:{port}", app.to_lowercase()), &ip, &ip);
    instance.port = Port { number: i32::from(port), enabled: true };
    instance.vip_address = Some(app.to_lowercase());
    instance.lease.renewal_interval_s = interval_s;
    instance.lease.duration_s = interval_s.saturating_mul(3);
    config.registration = Some(instance);
    config.fetch = Some(FetchConfig { interval_ms: i64::from(interval_s) * 1_000, ..FetchConfig::default() });
    Ok(config)
}

#[tokio::main]
async fn main() -> ExitCode {
    log::set_max_level(log::LevelFilter::Debug);
    if let Err(error) = log::set_logger(&Stderr) {
        eprintln!("no log: {error}");
    }
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}\nusage: follow SERVICE-URL[,SERVICE-URL…] APP IP PORT INTERVAL-S");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), String> {
    let config = config(std::env::args().skip(1))?;
    let client = EurekaClient::new(config, Clock::system(), vec![Arc::new(Printer)]).map_err(|e| e.to_string())?;
    let shutdown = Shutdown::new();
    shutdown.on_signals().map_err(|error| format!("signal handlers: {error}"))?;
    client.run(shutdown).await;
    Ok(())
}
