//! What is under way, on stderr: plain lines, no colours, so that a log keeps them.

use eurus_service::Clock;

use crate::measure::{Loop, Sample};

/// Counts slices.
pub(crate) struct Progress {
    clock: Clock,
    began_ms: i64,
    slices: usize,
    done: usize,
}

impl Progress {
    /// `slices`: how many there will be.
    pub(crate) fn new(clock: &Clock, slices: usize) -> Self {
        Self { clock: clock.clone(), began_ms: clock.now_ms(), slices, done: 0 }
    }

    /// Says what happens next.
    pub(crate) fn say(&self, what: &str) {
        let s = (self.clock.now_ms() - self.began_ms) / 1_000;
        eprintln!("{:>2}:{:02} {what}", s / 60, s % 60);
    }

    /// One more slice is done.
    pub(crate) fn done(&mut self, sample: &Sample) {
        self.done += 1;
        let how = match (sample.how, sample.offered_per_second) {
            (Loop::Open, Some(rate)) => format!("open {rate:.0}/s"),
            _ => "closed".to_owned(),
        };
        let failure = match &sample.first_failure {
            Some(failure) => format!(", FAILURES: {} ({failure})", sample.refused + sample.broken),
            None => String::new(),
        };
        self.say(&format!(
            "[{}/{}] round {} {}, {}, {how}: {:.0}/s, {:.1} µs, p99 {:.2} ms{failure}",
            self.done,
            self.slices,
            sample.round,
            sample.operation.name(),
            sample.server.name(),
            sample.requests_per_second,
            sample.cpu_us_per_request,
            sample.p99_us / 1_000.0,
        ));
    }
}
