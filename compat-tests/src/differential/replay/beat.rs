//! When requests are made, so that no lease ends near one.
//!
//! A lease of three seconds ends three seconds after a registration and six after a renewal. Requests are made in the first
//! 550 ms of beats of 2,400 ms, so that every lease that ends does so 600 to 1,150 or 1,200 to 1,750 ms into a beat:
//! after the last request of one beat and 650 ms before the first of the next. What a server then still has to do (its
//! eviction runs every 50 ms, takes few leases at a time and gives a late run's delay on top of each) is awaited by
//! [`super::settle`].

use eurus_service::Clock;

use crate::differential::generate::Flavour;

/// From one beat's first request to the next one's.
pub(super) const BEAT_MS: i64 = 2_400;
/// So long before a beat the evictions of the last one are awaited: all that is to end has ended.
pub(super) const SETTLING_MS: i64 = 500;
/// How long the requests of one beat may take.
const BEAT_BUSY_MS_MAX: i64 = 550;
/// How long a sequence of lasting leases may take: well below the delta's retention and the shortest lease.
const SEQUENCE_MS_MAX: i64 = 18_000;

/// Where in time a sequence is.
pub(super) struct Beat {
    flavour: Flavour,
    clock: Clock,
    started_ms: i64,
    began_ms: i64,
}

impl Beat {
    /// The first of a sequence begins now.
    pub(super) fn first(flavour: Flavour, clock: Clock) -> Self {
        let now_ms = clock.now_ms();
        Self { flavour, clock, started_ms: now_ms, began_ms: now_ms }
    }

    /// When the next one begins, which is the current one from now on.
    pub(super) fn next_ms(&mut self) -> i64 {
        self.began_ms += BEAT_MS;
        self.began_ms
    }

    /// Whether the machine was too slow: a lease may have ended at one server before a request and at the other after it.
    pub(super) fn is_late(&self) -> bool {
        let now_ms = self.clock.now_ms();
        match self.flavour {
            Flavour::Lasting => now_ms - self.started_ms > SEQUENCE_MS_MAX,
            Flavour::Expiring => now_ms - self.began_ms > BEAT_BUSY_MS_MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::differential::generate::EXPIRING_LEASE_S;

    #[test]
    fn no_lease_ends_while_requests_are_made() {
        for made_ms in 0..=BEAT_BUSY_MS_MAX {
            for lease_ms in [EXPIRING_LEASE_S * 1_000, 2 * EXPIRING_LEASE_S * 1_000] {
                let into_beat_ms = (made_ms + lease_ms) % BEAT_MS;
                assert!(into_beat_ms > BEAT_BUSY_MS_MAX, "{made_ms} + {lease_ms}: amid the requests of a beat");
                assert!(into_beat_ms + SETTLING_MS < BEAT_MS, "{made_ms} + {lease_ms}: just before a beat");
            }
        }
    }
}
