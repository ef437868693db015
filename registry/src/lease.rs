//! A lease: how long an instance may stay without renewing.

use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};

/// What a client gets that asks for no duration, or for one that is not positive.
const DEFAULT_DURATION_S: i32 = 90;

/// `eurus.registry.lease-duration`: how long a renewed lease lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseDuration {
    /// Twice its duration from the last heartbeat, as Netflix's; `lastRenewalTimestamp` shows the heartbeat plus once
    /// the duration.
    Netflix,
    /// Its duration; `lastRenewalTimestamp` shows the heartbeat.
    Exact,
}

impl LeaseDuration {
    /// What can be written, for messages.
    pub const ALLOWED: &str = "netflix or exact";
}

impl FromStr for LeaseDuration {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.to_ascii_lowercase().as_str() {
            "netflix" => Ok(Self::Netflix),
            "exact" => Ok(Self::Exact),
            _ => Err(()),
        }
    }
}

/// One registration's lease. Heartbeats write it through a shared reference: they take no exclusive lock.
#[derive(Debug)]
pub(crate) struct Lease {
    registered_ms: i64,
    duration_ms: i64,
    /// What a renewal adds to its moment. Eureka's quirk: it adds the duration, so that a renewed lease lives twice its
    /// duration from the last heartbeat and a never renewed one once. Clients have come to rely on it.
    renewal_adds_ms: i64,
    last_update_ms: AtomicI64,
    service_up_ms: AtomicI64,
    cancelled_ms: AtomicI64,
}

/// The duration that a client asked for, in milliseconds.
pub(crate) fn duration_ms(asked_for_s: i32) -> i64 {
    i64::from(if asked_for_s > 0 { asked_for_s } else { DEFAULT_DURATION_S }) * 1_000
}

impl Lease {
    /// A fresh lease. `service_up_ms` is carried over when a live lease is registered again, else 0.
    pub(crate) fn new(now_ms: i64, duration_ms: i64, service_up_ms: i64, rule: LeaseDuration) -> Self {
        Self {
            registered_ms: now_ms,
            duration_ms,
            renewal_adds_ms: if rule == LeaseDuration::Netflix { duration_ms } else { 0 },
            last_update_ms: AtomicI64::new(now_ms),
            service_up_ms: AtomicI64::new(service_up_ms),
            cancelled_ms: AtomicI64::new(0),
        }
    }

    pub(crate) fn renew(&self, now_ms: i64) {
        self.last_update_ms.store(now_ms + self.renewal_adds_ms, Ordering::Release);
    }

    /// Notes the first time that the instance was UP in this registration.
    pub(crate) fn service_up(&self, now_ms: i64) {
        // Only the first time counts; a lost race means that somebody else noted it.
        let _ = self.service_up_ms.compare_exchange(0, now_ms, Ordering::AcqRel, Ordering::Acquire);
    }

    pub(crate) fn cancel(&self, now_ms: i64) {
        let _ = self.cancelled_ms.compare_exchange(0, now_ms, Ordering::AcqRel, Ordering::Acquire);
    }

    /// Over, with `additional_ms` of grace for a timer that came late.
    pub(crate) fn is_expired(&self, now_ms: i64, additional_ms: i64) -> bool {
        self.cancelled_ms() > 0 || now_ms > self.ends_ms() + additional_ms
    }

    /// The last moment at which it is not over, if no renewal comes.
    pub(crate) fn ends_ms(&self) -> i64 {
        self.last_update_ms() + self.duration_ms
    }

    /// The last heartbeat; of a lease that was never renewed, its registration.
    pub(crate) fn renewed_ms(&self) -> i64 {
        (self.last_update_ms() - self.renewal_adds_ms).max(self.registered_ms)
    }

    pub(crate) fn registered_ms(&self) -> i64 {
        self.registered_ms
    }

    pub(crate) fn last_update_ms(&self) -> i64 {
        self.last_update_ms.load(Ordering::Acquire)
    }

    pub(crate) fn service_up_ms(&self) -> i64 {
        self.service_up_ms.load(Ordering::Acquire)
    }

    pub(crate) fn cancelled_ms(&self) -> i64 {
        self.cancelled_ms.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_lives_its_duration_once_and_twice_when_renewed() {
        // (renewed at, additional, looked at) -> expired
        let table = [
            (None, 0, 90_000, false),
            (None, 0, 90_001, true),
            (Some(10_000), 0, 190_000, false),
            (Some(10_000), 0, 190_001, true),
            (None, 5_000, 95_000, false),
            (None, 5_000, 95_001, true),
        ];
        for (renewed_ms, additional_ms, now_ms, expired) in table {
            let lease = Lease::new(0, 90_000, 0, LeaseDuration::Netflix);
            if let Some(at_ms) = renewed_ms {
                lease.renew(at_ms);
            }
            assert_eq!(lease.is_expired(now_ms, additional_ms), expired, "{renewed_ms:?} {additional_ms} {now_ms}");
        }
    }

    #[test]
    fn an_exact_lease_lives_its_duration_from_the_last_heartbeat() {
        let lease = Lease::new(0, 90_000, 0, LeaseDuration::Exact);
        assert!(!lease.is_expired(90_000, 0) && lease.is_expired(90_001, 0));
        lease.renew(10_000);
        assert_eq!((lease.last_update_ms(), lease.ends_ms()), (10_000, 100_000));
        assert!(!lease.is_expired(100_000, 0) && lease.is_expired(100_001, 0));
        assert!(!lease.is_expired(105_000, 5_000) && lease.is_expired(105_001, 5_000));
    }

    #[test]
    fn a_cancelled_lease_is_over_at_once() {
        let lease = Lease::new(1, 90_000, 0, LeaseDuration::Netflix);
        lease.cancel(2);
        lease.cancel(3);
        assert_eq!(lease.cancelled_ms(), 2);
        assert!(lease.is_expired(2, 1_000_000));
    }

    #[test]
    fn only_the_first_up_counts_and_it_can_be_carried_over() {
        let lease = Lease::new(1, 1_000, 0, LeaseDuration::Netflix);
        lease.service_up(5);
        lease.service_up(6);
        assert_eq!(lease.service_up_ms(), 5);
        let again = Lease::new(7, 1_000, lease.service_up_ms(), LeaseDuration::Netflix);
        again.service_up(8);
        assert_eq!(again.service_up_ms(), 5);
    }

    #[test]
    fn a_duration_that_is_not_positive_becomes_the_default() {
        for (asked_for_s, expected_ms) in [(30, 30_000), (0, 90_000), (-5, 90_000)] {
            assert_eq!(duration_ms(asked_for_s), expected_ms);
        }
    }
}
