//! A steady load over a fixed number of connections, and what came of each request.

use std::sync::Arc;

use eurus_service::{Clock, Shutdown};
use parking_lot::Mutex;
use tokio::task::JoinSet;

use crate::Failure;

/// What the load is.
#[derive(Clone, Debug)]
pub struct LoadSettings {
    /// Where to.
    pub url: String,
    /// How many connections, each with one request at a time.
    pub connections: usize,
    /// Milliseconds between the starts of two requests on one connection; 0: as fast as answers come.
    pub pause_ms: i64,
}

/// One request as its caller saw it.
#[derive(Clone, Debug)]
pub struct Sample {
    /// When it was sent, microseconds since 1970.
    pub started_us: i64,
    /// When the answer was there.
    pub ended_us: i64,
    /// The instance that answered, or what went wrong.
    pub outcome: Result<String, String>,
}

/// A running load.
pub struct Load {
    samples: Arc<Mutex<Vec<Sample>>>,
    connections: JoinSet<()>,
    stop: Shutdown,
}

impl Load {
    /// Begins. The clock must be a real one: sockets are.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn start(settings: &LoadSettings, clock: &Clock) -> Result<Self, Failure> {
        let samples = Arc::new(Mutex::new(Vec::new()));
        let stop = Shutdown::new();
        let mut connections = JoinSet::new();
        for _ in 0..settings.connections {
            // A client each, so that each has exactly one connection.
            let http = reqwest::Client::builder().pool_max_idle_per_host(1).no_proxy().build()?;
            connections.spawn(connection(http, settings.clone(), clock.clone(), Arc::clone(&samples), stop.clone()));
        }
        Ok(Self { samples, connections, stop })
    }

    /// How many requests have ended so far.
    pub fn ended(&self) -> usize {
        self.samples.lock().len()
    }

    /// How many requests failed so far.
    pub fn failed(&self) -> usize {
        self.samples.lock().iter().filter(|sample| sample.outcome.is_err()).count()
    }

    /// Ends after the requests under way, and gives all samples in the order of their ends.
    pub async fn stop(mut self) -> Vec<Sample> {
        self.stop.trigger();
        while self.connections.join_next().await.is_some() {}
        std::mem::take(&mut *self.samples.lock())
    }
}

async fn connection(
    http: reqwest::Client,
    settings: LoadSettings,
    clock: Clock,
    samples: Arc<Mutex<Vec<Sample>>>,
    stop: Shutdown,
) {
    let mut timer = clock.timer("load");
    let mut next_ms = clock.now_ms();
    while !stop.is_triggered() {
        let started_us = clock.now_us();
        let outcome = request(&http, &settings.url).await;
        samples.lock().push(Sample { started_us, ended_us: clock.now_us(), outcome });
        if settings.pause_ms > 0 {
            next_ms += settings.pause_ms;
            timer.sleep_until_ms(next_ms).await;
        }
    }
}

async fn request(http: &reqwest::Client, url: &str) -> Result<String, String> {
    let answer = http.get(url).send().await.map_err(|error| error.to_string())?;
    let status = answer.status();
    let body = answer.bytes().await.map_err(|error| error.to_string())?;
    if status != 200 {
        return Err(format!("{status}: {}", String::from_utf8_lossy(&body)));
    }
    let value: serde_json::Value = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
    Ok(value["instanceId"].as_str().unwrap_or_default().to_owned())
}
