//! `eurus demo`: three small producers, a steady load, and one instance leaving the rotation twice: once with its
//! status set at the registry alone, once through sync-speed. Everything is asked of public APIs.

mod chart;
mod story;
mod watch;

use std::net::{IpAddr, Ipv4Addr};

use compat_tests::load::{Load, LoadSettings};
use compat_tests::producer::Producer;
use eurus_service::process::{BoxError, Started};
use serde_json::Value;

use crate::embedded::{Addresses, Embedded};

const APP: &str = "DEMO-SERVICE";
const CONNECTIONS: usize = 8;
/// Between two requests of one connection: 8 connections make 400 requests a second.
const PAUSE_MS: i64 = 20;
/// How long the demo waits for the producers to become routable.
const ROUTABLE_WITHIN_MS: i64 = 5_000;

/// Starts the three services, tells the story, stops them.
///
/// # Errors
/// When anything does not go as it must; the words say which step.
pub async fn run(started: Started) -> Result<(), BoxError> {
    let embedded = Embedded::prepare_unprotected(&started.properties, &started.data_dir)?;
    let addresses = embedded.addresses.clone();
    let (clock, shutdown) = (started.clock.clone(), started.shutdown.clone());
    let services = tokio::spawn(async move { embedded.run(&clock, &shutdown).await });
    let told = tokio::select! {
        told = tell(&started, &addresses) => told,
        () = started.shutdown.wait() => Err("stopped before the story was over".into()),
    };
    started.shutdown.trigger();
    services.await??;
    told
}

/// What the story is told about.
struct Scene {
    started_us: i64,
    addresses: Addresses,
    http: reqwest::Client,
    producers: Vec<Producer>,
    load: Load,
}

async fn tell(started: &Started, addresses: &Addresses) -> Result<(), BoxError> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    let mut producers = Vec::new();
    for last in 2..=4 {
        let ip = IpAddr::V4(Ipv4Addr::new(127, 0, 0, last));
        let producer = Producer::start(APP, ip, started.clock.clone())
            .map_err(|error| format!("a producer on {ip}: {error} (this demo needs 127.0.0.2 to 127.0.0.4)"))?;
        producer.register(&http, &addresses.service_url()).await?;
        producers.push(producer);
    }
    until_routable(started, addresses, &http).await?;
    let url = format!("http://{}/demo-service/hello", addresses.gateway);
    let load = Load::start(&LoadSettings { url, connections: CONNECTIONS, pause_ms: PAUSE_MS }, &started.clock)?;
    let scene = Scene { started_us: started.clock.now_us(), addresses: addresses.clone(), http, producers, load };
    story::tell(scene, &started.clock).await
}

async fn until_routable(started: &Started, addresses: &Addresses, http: &reqwest::Client) -> Result<(), BoxError> {
    let mut timer = started.clock.timer("demo: until routable");
    let until_ms = started.clock.now_ms() + ROUTABLE_WITHIN_MS;
    loop {
        if in_rotation(addresses, http).await == 3 {
            return Ok(());
        }
        if started.clock.now_ms() > until_ms {
            return Err(format!("the producers were not routable within {ROUTABLE_WITHIN_MS} ms").into());
        }
        timer.sleep_ms(watch::EVERY_MS).await;
    }
}

async fn in_rotation(addresses: &Addresses, http: &reqwest::Client) -> usize {
    let Ok(answer) = http.get(format!("http://{}/services", addresses.gateway_admin)).send().await else { return 0 };
    let Ok(answer) = answer.json::<Value>().await else { return 0 };
    let services = answer["services"].as_array().cloned().unwrap_or_default();
    let ours = services.into_iter().find(|service| service["name"] == APP);
    let instances = ours.and_then(|service| service["instances"].as_array().cloned()).unwrap_or_default();
    instances.iter().filter(|instance| instance["status"] == "UP").count()
}
