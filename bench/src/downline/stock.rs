//! The stock chain: a Java Eureka server, a Spring Cloud Gateway on its intervals, and the same instances behind it.
//! What a status OUT_OF_SERVICE takes to reach the gateway's balancer, from outside: until requests stop.

use std::net::SocketAddr;

use eurus_service::Clock;
use serde::Serialize;
use tempfile::TempDir;

use super::arrivals;
use super::producers::{Producer, Producers};
use super::rounds::{LoadFigures, figures, load};
use super::stack::{instance_of, registrations};
use crate::failure::Failure;
use crate::http_once;
use crate::load::Running;
use crate::process::Process;
use crate::registering::register_all;
use crate::servers::{answering, free_address, java, spring_gateway};

/// Instances: one of each try, and one that stays.
const TRIES_AT_ONCE: usize = 7;
/// So many requests a second that each instance is called every 40 ms.
const PER_SECOND: f64 = 200.0;
const CONNECTIONS: usize = 16;
/// Tries begin within this time, which is longer than the longest interval: at all phases of the caches.
const SPREAD_MS: f64 = 60_000.0;
/// What the golden ratio leaves of one: multiples of it are spread evenly.
const GOLDEN: f64 = 0.618_034;
/// An instance that is called every 40 ms and then not for so long has been left out.
const SILENT_MS: i64 = 5_000;
/// All caches one after the other take 95 s.
const WITHIN_MS: i64 = 150_000;
const LOOK_MS: i64 = 250;

/// What the stock chain did.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Stock {
    /// From sending the status to the last request that began; one of each try.
    pub(crate) stopped_us: Vec<i64>,
    /// Tries in which requests never stopped.
    pub(crate) never: usize,
    pub(crate) load: LoadFigures,
}

/// All tries.
///
/// # Errors
/// When Java or Maven is missing, or a process ends.
pub(crate) async fn run(tries: usize, clock: &Clock) -> Result<Stock, Failure> {
    let chain = Chain::start(clock).await?;
    let running = Running::start(&load([chain.gateway_address].into(), PER_SECOND, CONNECTIONS, clock), clock).await?;
    running.record_from(clock.now_us());
    let (mut stopped_us, mut never) = (Vec::new(), 0);
    while stopped_us.len() + never < tries {
        let at_once = TRIES_AT_ONCE.min(tries - stopped_us.len() - never);
        chain.until_all_are_called(clock).await?;
        for outcome in chain.tries(at_once, stopped_us.len(), clock).await? {
            match outcome {
                Some(took_us) => stopped_us.push(took_us),
                None => never += 1,
            }
        }
        for producer in chain.producers.each.iter().take(at_once) {
            chain.put(producer, "DELETE", "UP").await?;
        }
    }
    Ok(Stock { stopped_us, never, load: figures(running, PER_SECOND).await? })
}

/// A try under way.
struct Try<'a> {
    producer: &'a Producer,
    begins_us: i64,
    sent_us: Option<i64>,
}

struct Chain {
    _server: Process,
    server_address: SocketAddr,
    _gateway: Process,
    gateway_address: SocketAddr,
    producers: Producers,
    _folder: TempDir,
}

impl Chain {
    async fn start(clock: &Clock) -> Result<Self, Failure> {
        spring_gateway::jar()?;
        let folder = tempfile::tempdir()?;
        let (server_address, gateway_address) = (free_address()?, free_address()?);
        let mut server = java::start_stock(&folder, server_address)?;
        answering(&mut server, server_address, "/actuator/health", clock).await?;
        let count = u8::try_from(TRIES_AT_ONCE + 1).unwrap_or(u8::MAX);
        let producers = Producers::start(count)?;
        register_all(server_address, registrations(&producers.each), clock).await?;
        let mut gateway = spring_gateway::start(&folder, gateway_address, "measured", server_address)?;
        answering(&mut gateway, gateway_address, "/measured/hello", clock).await?;
        Ok(Self { _server: server, server_address, _gateway: gateway, gateway_address, producers, _folder: folder })
    }

    async fn until_all_are_called(&self, clock: &Clock) -> Result<(), Failure> {
        let mut timer = clock.timer("all are called");
        let since_us = arrivals::now_us();
        let is_called = |producer: &Producer| producer.last_begun_us().is_some_and(|begun_us| begun_us > since_us);
        while !self.producers.each.iter().all(is_called) {
            if arrivals::now_us() > since_us + WITHIN_MS * 1_000 {
                return Err(Failure::new("Spring Cloud Gateway does not call all instances"));
            }
            timer.sleep_ms(LOOK_MS).await;
        }
        Ok(())
    }

    /// The first so many instances go out, each at a moment of its own; how long each was still called. `before`: tries
    /// that were made, so that the moments go on being others.
    async fn tries(&self, at_once: usize, before: usize, clock: &Clock) -> Result<Vec<Option<i64>>, Failure> {
        let mut timer = clock.timer("tries");
        let start_us = arrivals::now_us();
        let mut tries: Vec<Try<'_>> = self.producers.each[..at_once]
            .iter()
            .enumerate()
            .map(|(number, producer)| Try { producer, begins_us: start_us + offset_us(before + number), sent_us: None })
            .collect();
        loop {
            let now_us = arrivals::now_us();
            for one in tries.iter_mut().filter(|one| one.sent_us.is_none() && one.begins_us <= now_us) {
                one.sent_us = Some(arrivals::now_us());
                self.put(one.producer, "PUT", "OUT_OF_SERVICE").await?;
            }
            if tries.iter().all(|one| one.is_over(now_us)) {
                return Ok(tries.iter().map(|one| one.outcome(now_us)).collect());
            }
            timer.sleep_ms(LOOK_MS).await;
        }
    }

    /// Sets or removes the override.
    async fn put(&self, producer: &Producer, method: &str, status: &str) -> Result<(), Failure> {
        let instance = instance_of(producer);
        let request = format!(
            "{method} /eureka/apps/{}/{}/status?value={status} HTTP/1.1\r\nHost: bench\r\nContent-Length: 0\r\n\
             Connection: close\r\n\r\n",
            instance.app.to_uppercase(),
            instance.id
        );
        let (answer, _) = http_once::exchange(self.server_address, request.as_bytes()).await?;
        match answer.status {
            200 => Ok(()),
            other => Err(Failure::new(format!("the Java server answered {other} to {method} {status}"))),
        }
    }
}

impl Try<'_> {
    fn last_begun_us(&self) -> i64 {
        self.producer.last_begun_us().unwrap_or_default()
    }

    fn is_over(&self, now_us: i64) -> bool {
        let is_silent = now_us - self.last_begun_us() > SILENT_MS * 1_000;
        self.sent_us.is_some_and(|sent_us| is_silent || now_us - sent_us > WITHIN_MS * 1_000)
    }

    /// `None`: it is still being called.
    fn outcome(&self, now_us: i64) -> Option<i64> {
        let last_us = self.last_begun_us();
        self.sent_us.filter(|_| now_us - last_us > SILENT_MS * 1_000).map(|sent_us| last_us - sent_us)
    }
}

/// When a try begins, from the start of its kind.
fn offset_us(number: usize) -> i64 {
    let share = (number as f64 * GOLDEN).fract();
    (share * SPREAD_MS * 1_000.0).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_begin_at_moments_of_their_own() {
        let mut offsets: Vec<i64> = (0..14).map(offset_us).collect();
        assert!(offsets.iter().all(|offset_us| (0..60_000_000).contains(offset_us)));
        offsets.sort_unstable();
        assert!(offsets.windows(2).all(|pair| pair[1] - pair[0] > 2_000_000), "{offsets:?}");
    }
}
