//! When the requests of an open loop are due.

use std::cell::RefCell;
use std::collections::VecDeque;

use eurus_service::Clock;
use tokio::sync::Notify;

use super::alarm::Alarm;
use crate::failure::Failure;

/// Requests that may wait for a connection, per thread; more are a server that is far from keeping up.
const WAITING_MAX: usize = 1_000_000;

/// Requests that are due and wait for a connection.
#[derive(Default)]
pub(crate) struct Due {
    since_us: RefCell<VecDeque<i64>>,
    more: Notify,
}

impl Due {
    fn push(&self, due_us: i64) -> bool {
        let mut since_us = self.since_us.borrow_mut();
        since_us.push_back(due_us);
        self.more.notify_one();
        since_us.len() <= WAITING_MAX
    }

    /// Waits for a request to be due: since when it is.
    pub(crate) async fn next(&self) -> i64 {
        loop {
            if let Some(due_us) = self.since_us.borrow_mut().pop_front() {
                return due_us;
            }
            self.more.notified().await;
        }
    }

    /// Takes all that wait.
    pub(crate) fn drain(&self) -> impl Iterator<Item = i64> {
        self.since_us.take().into_iter()
    }
}

/// A fixed rate.
pub(crate) struct Schedule {
    per_second: f64,
    clock: Clock,
    alarm: Alarm,
}

impl Schedule {
    /// To be made within a runtime.
    ///
    /// # Errors
    /// When the rate is none, or there is no timer.
    pub(crate) fn new(per_second: f64, clock: Clock) -> Result<Self, Failure> {
        if !per_second.is_finite() || per_second <= 0.0 {
            return Err(Failure::new(format!("{per_second} requests per second is no rate")));
        }
        Ok(Self { per_second, clock, alarm: Alarm::new()? })
    }

    /// Lets requests become due until dropped; returns only when that fails.
    pub(crate) async fn run(self, due: &Due) -> Failure {
        let started_us = self.clock.now_us();
        for number in 0.. {
            let due_us = started_us + offset_us(number, self.per_second);
            loop {
                let wait_us = due_us - self.clock.now_us();
                if wait_us <= 0 {
                    break;
                }
                if let Err(error) = self.alarm.wait_us(wait_us).await {
                    return Failure::from(error).during("the generator's timer");
                }
            }
            if !due.push(due_us) {
                break;
            }
        }
        Failure::new(format!("{WAITING_MAX} requests wait for a connection: the server is far from this rate"))
    }
}

/// When request `number` is due, from the start.
fn offset_us(number: u64, per_second: f64) -> i64 {
    (number as f64 * 1_000_000.0 / per_second).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_due_at_the_rate_without_drift() {
        let table = [(0, 3.0, 0), (1, 3.0, 333_333), (3, 3.0, 1_000_000), (3_000_000, 3.0, 1_000_000_000_000)];
        for (number, per_second, expected_us) in table {
            assert_eq!(offset_us(number, per_second), expected_us, "request {number} at {per_second}/s");
        }
    }

    #[test]
    fn no_rate_is_refused() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Schedule::new(rate, Clock::system()).is_err(), "{rate}");
        }
    }
}
