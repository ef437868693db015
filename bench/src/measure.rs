//! One slice: one operation against one server for a few seconds.

use std::sync::Arc;

use eurus_service::Clock;
use serde::Serialize;

use crate::cpu;
use crate::failure::Failure;
use crate::load::requests::Requests;
use crate::load::{Counts, Load, Pace, Running};
use crate::operation::Operation;
use crate::servers::{Kind, Target};

/// A load runs this long before it is measured: connections stand, caches are warm.
const RAMP_MS: i64 = 250;
/// A closed loop goes on, up to so many times a slice's length, until as many answers came as there are connections.
const TIMES_MAX: usize = 5;
/// Answers of this size are counted by their bytes.
const LARGE_BYTES: f64 = 100_000.0;

/// How the requests of a slice are sent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Loop {
    /// As fast as answers come.
    Closed,
    /// At a fixed rate.
    Open,
}

/// What a slice gave.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Sample {
    pub(crate) round: usize,
    pub(crate) operation: Operation,
    pub(crate) server: Kind,
    #[serde(rename = "loop")]
    pub(crate) how: Loop,
    /// The rate that was offered, open loop only.
    pub(crate) offered_per_second: Option<f64>,
    pub(crate) requests_per_second: f64,
    /// Of the server's processes.
    pub(crate) cpu_us_per_request: f64,
    /// Of the load generator.
    pub(crate) generator_cpu_us_per_request: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    /// Requests whose latency was recorded.
    pub(crate) latencies: u64,
    pub(crate) body_bytes_per_answer: f64,
    /// Connections made on the way, because the server closed the ones before.
    pub(crate) connections_made: u64,
    /// Answered, but not with 2xx.
    pub(crate) refused: u64,
    /// Not answered.
    pub(crate) broken: u64,
    pub(crate) first_failure: Option<String>,
}

impl Sample {
    /// Whether its figures are worth nothing.
    pub(crate) fn failed(&self) -> bool {
        self.refused + self.broken > 0 || self.latencies == 0
    }
}

/// What all slices of a run have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) seconds: f64,
    pub(crate) connections: usize,
    pub(crate) threads: usize,
}

/// Which slice.
#[derive(Clone)]
pub(crate) struct Slice {
    pub(crate) round: usize,
    pub(crate) operation: Operation,
    pub(crate) target: Target,
    /// `None`: as fast as answers come.
    pub(crate) per_second: Option<f64>,
    pub(crate) requests: Arc<Requests>,
}

impl Slice {
    /// Runs it.
    ///
    /// # Errors
    /// When the server is gone or the generator fails; answers that are not 2xx are counted instead.
    pub(crate) async fn run(&self, shape: Shape, clock: &Clock) -> Result<Sample, Failure> {
        let mut timer = clock.timer("slice");
        let load = Load {
            addresses: [self.target.address].into(),
            requests: Arc::clone(&self.requests),
            pace: self.per_second.map_or(Pace::Closed, |per_second| Pace::Open { per_second }),
            connections: shape.connections,
            threads: shape.threads,
        };
        let running = Running::start(&load, clock).await?;
        timer.sleep_ms(RAMP_MS).await;
        let before = Reading::take(self.target.group, &running, clock)?;
        running.record_from(before.at_us);
        let mut after;
        let mut times = 0;
        loop {
            timer.sleep_ms((shape.seconds * 1_000.0).round() as i64).await;
            after = Reading::take(self.target.group, &running, clock)?;
            times += 1;
            let enough = after.counts.answered - before.counts.answered >= shape.connections as u64;
            if enough || self.per_second.is_some() || times == TIMES_MAX || after.counts.failed() > 0 {
                break;
            }
        }
        let first_failure = running.first_failure();
        let latencies = running.stop().await?;
        let answered = answers(before.counts, after.counts);
        Ok(Sample {
            round: self.round,
            operation: self.operation,
            server: self.target.kind,
            how: if self.per_second.is_some() { Loop::Open } else { Loop::Closed },
            offered_per_second: self.per_second,
            requests_per_second: answered * 1_000_000.0 / (after.at_us - before.at_us) as f64,
            cpu_us_per_request: (after.cpu_us - before.cpu_us) / answered.max(f64::MIN_POSITIVE),
            generator_cpu_us_per_request: (after.generator_cpu_us - before.generator_cpu_us)
                / answered.max(f64::MIN_POSITIVE),
            p50_us: latencies.quantile_us(0.50),
            p99_us: latencies.quantile_us(0.99),
            latencies: latencies.count(),
            body_bytes_per_answer: bytes_per_answer(after.counts),
            connections_made: after.counts.connections_made - before.counts.connections_made,
            // From the slice's very start: a failure while it got going is one.
            refused: after.counts.refused,
            broken: after.counts.broken,
            first_failure,
        })
    }
}

/// Bytes of an answer's body, on average.
fn bytes_per_answer(counts: Counts) -> f64 {
    counts.body_bytes as f64 / counts.answered.max(1) as f64
}

/// How many answers an interval had. Large ones are counted by their bytes: of 64 answers of megabytes each, all may be
/// under way and none end in an interval.
fn answers(before: Counts, after: Counts) -> f64 {
    let bytes = bytes_per_answer(after);
    if bytes >= LARGE_BYTES {
        (after.received_bytes - before.received_bytes) as f64 / bytes
    } else {
        (after.answered - before.answered) as f64
    }
}

/// All meters at one moment.
struct Reading {
    at_us: i64,
    counts: Counts,
    cpu_us: f64,
    generator_cpu_us: f64,
}

impl Reading {
    fn take(group: u32, running: &Running, clock: &Clock) -> Result<Self, Failure> {
        Ok(Self {
            cpu_us: cpu::group_cpu_us(group)?,
            generator_cpu_us: cpu::own_cpu_us()?,
            counts: running.counts(),
            at_us: clock.now_us(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(answered: u64, body_bytes: u64, received_bytes: u64) -> Counts {
        Counts { received_bytes, answered, body_bytes, ..Counts::default() }
    }

    #[test]
    fn large_answers_are_counted_by_their_bytes() {
        let table = [
            // Small ones: whole answers.
            (counts(10, 1_000, 1_050), counts(30, 3_000, 3_050), 20.0),
            // Large ones: none ended in the interval, half of one came.
            (counts(2, 2_000_000, 2_100_000), counts(2, 2_000_000, 2_600_000), 0.5),
            (counts(0, 0, 0), counts(0, 0, 0), 0.0),
        ];
        for (before, after, expected) in table {
            assert!((answers(before, after) - expected).abs() < 1e-9, "{before:?} {after:?}");
        }
    }
}
