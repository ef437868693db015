//! Instances go offline and come back, in turn, without a load or under one.

use std::net::SocketAddr;
use std::sync::Arc;

use eurus_service::Clock;
use serde::Serialize;

use super::begun::Begun;
use super::producers::Producer;
use super::stack::Stack;
use super::sync_speed::{Answered, Order, SyncSpeed};
use crate::failure::Failure;
use crate::load::requests::{Repeat, Request, Requests, Stamps};
use crate::load::{Load, Pace, Running};

/// Connections of the load, at least two to each gateway.
const CONNECTIONS_MIN: usize = 32;
/// What follows an answer: requests that should not have begun would, and a load calls all instances again.
pub(crate) const PAUSE_MS: i64 = 20;
/// Pauses differ, so that nothing keeps step with anything.
const SPREAD_MS: i64 = 11;
/// Tries until all gateways are named: sync-speed's first copy may be older than the last of them.
const FIRST_TRIES: usize = 60;
const FIRST_PAUSE_MS: i64 = 1_000;

/// One instance that went offline and came back.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Round {
    /// From sending `POST /offline` to its answer.
    pub(crate) answered_us: i64,
    /// The longest call to a gateway, as sync-speed says it.
    pub(crate) slowest_call_us: Option<i64>,
    /// From sending it to the last request that began on the instance; negative: before it was sent. `None`: no load.
    pub(crate) last_begun_us: Option<i64>,
    /// Requests that reached the instance after the answer had reached whoever asked, and before `POST /online` was sent.
    pub(crate) begun_after: usize,
    /// Whether every gateway has acknowledged both.
    pub(crate) is_done: bool,
    /// The same of `POST /online`.
    pub(crate) online_us: i64,
}

/// Many of them, one after the other.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Phase {
    pub(crate) gateways: usize,
    pub(crate) instances: usize,
    pub(crate) rounds: Vec<Round>,
    pub(crate) load: Option<LoadFigures>,
}

/// What became of the requests meanwhile.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LoadFigures {
    pub(crate) per_second: f64,
    pub(crate) answered: u64,
    pub(crate) failed: u64,
    pub(crate) first_failure: Option<String>,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
}

impl Phase {
    /// Whether something happened that must not.
    pub(crate) fn failures(&self) -> u64 {
        let failed = self.load.as_ref().map_or(0, |load| load.failed);
        let begun_after: usize = self.rounds.iter().map(|round| round.begun_after).sum();
        let not_done = self.rounds.iter().filter(|round| !round.is_done).count();
        failed + begun_after as u64 + not_done as u64
    }
}

/// One instance's two orders.
struct Asked {
    offline: Answered,
    online: Answered,
}

/// Who takes part.
pub(crate) struct Rounds<'a> {
    pub(crate) stack: &'a mut Stack,
    pub(crate) producers: &'a [Producer],
    pub(crate) instances: usize,
    pub(crate) clock: &'a Clock,
}

impl Rounds<'_> {
    /// Until sync-speed names all gateways.
    ///
    /// # Errors
    /// When it does not.
    pub(crate) async fn warm_up(&mut self) -> Result<(), Failure> {
        let mut timer = self.clock.timer("warm-up");
        let mut sync_speed = SyncSpeed::at(self.stack.sync_speed_address).await?;
        let mut said = String::new();
        for _ in 0..FIRST_TRIES {
            let ip = self.producer(0)?.address.ip();
            let offline = sync_speed.ask(Order::Offline, ip).await?;
            let online = sync_speed.ask(Order::Online, ip).await?;
            if self.is_done(&offline) && self.is_done(&online) {
                return Ok(());
            }
            said = format!("{:?}", offline.entry);
            timer.sleep_ms(FIRST_PAUSE_MS).await;
        }
        Err(Failure::new(format!("not all {} gateways acknowledge: {said}", self.stack.gateways.len())))
    }

    /// So many rounds, under a load where a rate is given.
    ///
    /// # Errors
    /// When a process ends or an order is refused; failed requests are in the figures instead.
    pub(crate) async fn run(&mut self, count: usize, per_second: Option<f64>) -> Result<Phase, Failure> {
        let running = match per_second {
            Some(per_second) => Some(self.start_load(per_second).await?),
            None => None,
        };
        let mut sync_speed = SyncSpeed::at(self.stack.sync_speed_address).await?;
        let mut asked = Vec::with_capacity(count);
        for number in 0..count {
            asked.push(self.ask(&mut sync_speed, number).await?);
        }
        self.stack.still_runs()?;
        let load = match (running, per_second) {
            (Some(running), Some(per_second)) => Some(figures(running, per_second).await?),
            _ => None,
        };
        // Only now, so that nothing that was sent is left unread.
        let begun: Vec<Begun> = self.producers.iter().map(Producer::take_begun).collect();
        let rounds = asked.iter().enumerate().map(|(number, asked)| {
            let begun = &begun[number % begun.len().max(1)];
            self.round(asked, begun, load.is_some())
        });
        let rounds = rounds.collect();
        Ok(Phase { gateways: self.stack.gateways.len(), instances: self.instances, rounds, load })
    }

    async fn ask(&self, sync_speed: &mut SyncSpeed, number: usize) -> Result<Asked, Failure> {
        let mut timer = self.clock.timer("round");
        let ip = self.producer(number)?.address.ip();
        timer.sleep_ms(pause_ms(number)).await;
        let offline = sync_speed.ask(Order::Offline, ip).await?;
        timer.sleep_ms(PAUSE_MS).await;
        let online = sync_speed.ask(Order::Online, ip).await?;
        Ok(Asked { offline, online })
    }

    fn round(&self, asked: &Asked, begun: &Begun, is_loaded: bool) -> Round {
        let Asked { offline, online } = asked;
        let last_us = begun.last_before(online.sent_us).map(|begun_us| begun_us - offline.sent_us);
        Round {
            answered_us: offline.answered_us - offline.sent_us,
            slowest_call_us: offline.entry.slowest_call_us(),
            last_begun_us: last_us.filter(|_| is_loaded),
            begun_after: begun.between(offline.arrived_us, online.sent_us),
            is_done: self.is_done(offline) && self.is_done(online),
            online_us: online.answered_us - online.sent_us,
        }
    }

    fn is_done(&self, answered: &Answered) -> bool {
        answered.entry.is_done_by(self.stack.gateways.len())
    }

    fn producer(&self, number: usize) -> Result<&Producer, Failure> {
        let producers = self.producers;
        producers.get(number % producers.len().max(1)).ok_or_else(|| Failure::new("there are no producers"))
    }

    async fn start_load(&self, per_second: f64) -> Result<Running, Failure> {
        let addresses = self.stack.gateway_addresses();
        let connections = CONNECTIONS_MIN.max(2 * addresses.len());
        let running = Running::start(&load(addresses, per_second, connections, self.clock), self.clock).await?;
        // Connections to the instances stand, and none was used before.
        self.clock.timer("ramp").sleep_ms(1_000).await;
        for producer in self.producers {
            drop(producer.take_begun());
        }
        running.record_from(self.clock.now_us());
        Ok(running)
    }
}

/// Requests for the producers' application at a constant rate.
pub(crate) fn load(addresses: Arc<[SocketAddr]>, per_second: f64, connections: usize, clock: &Clock) -> Load {
    let bytes = b"GET /measured/hello HTTP/1.1\r\nHost: bench\r\nAccept: */*\r\n\r\n".to_vec();
    let stamps = Arc::new(Stamps::from_ms(clock.now_ms()));
    let requests = Requests::new(vec![Request { bytes, stamps: Vec::new() }], Repeat::Forever, &stamps);
    Load { addresses, requests: Arc::new(requests), pace: Pace::Open { per_second }, connections, threads: 1 }
}

/// Ends a load.
pub(crate) async fn figures(running: Running, per_second: f64) -> Result<LoadFigures, Failure> {
    let (counts, first_failure) = (running.counts(), running.first_failure());
    let latencies = running.stop().await?;
    Ok(LoadFigures {
        per_second,
        answered: counts.answered,
        failed: counts.failed(),
        first_failure,
        p50_us: latencies.quantile_us(0.5),
        p99_us: latencies.quantile_us(0.99),
    })
}

fn pause_ms(number: usize) -> i64 {
    let spread = i64::try_from(number).unwrap_or(0) * 7 % SPREAD_MS;
    PAUSE_MS + spread
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_differ() {
        let pauses: std::collections::BTreeSet<i64> = (0..11).map(pause_ms).collect();
        assert_eq!(pauses.len(), 11);
        assert!(pauses.iter().all(|pause_ms| (PAUSE_MS..PAUSE_MS + SPREAD_MS).contains(pause_ms)));
    }

    #[test]
    fn what_must_not_happen_is_counted() {
        let round = Round {
            answered_us: 1,
            slowest_call_us: None,
            last_begun_us: None,
            begun_after: 0,
            is_done: true,
            online_us: 1,
        };
        let late = Round { begun_after: 2, ..round.clone() };
        let partial = Round { is_done: false, ..round.clone() };
        let load =
            LoadFigures { per_second: 1.0, answered: 9, failed: 4, first_failure: None, p50_us: 1.0, p99_us: 1.0 };
        let phase = |rounds: &[&Round], load| {
            let rounds = rounds.iter().map(|round| (*round).clone()).collect();
            Phase { gateways: 1, instances: 4, rounds, load }
        };
        assert_eq!(phase(&[&round], None).failures(), 0);
        assert_eq!(phase(&[&round, &late], None).failures(), 2);
        assert_eq!(phase(&[&partial, &late], Some(load)).failures(), 7);
    }
}
