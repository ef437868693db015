//! Random sequences, the same for the same seed.
//!
//! | module | what |
//! |---|---|
//! | `registration` | bodies of registrations, JSON and XML, in the ways that clients write them |
//! | `changes` | heartbeats, statuses, metadata, ends |
//! | `batch` | replication batches |
//! | `reads` | lists and instances in every form |
//! | `details` | what only some clients say of themselves |
//! | `operator` | what operators ask for |
//! | `wrong` | what no client should send |

mod batch;
mod changes;
mod details;
mod operator;
mod reads;
mod registration;
mod wrong;

use fastrand::Rng;

use crate::differential::step::{APPS, IDS, Place, Step};

/// What a client's own times are about: long before any server's clock.
const DIRTY_MS: i64 = 1_700_000_000_000;
/// A clock that runs far ahead of the servers'.
const FUTURE_MS: i64 = 2_100_000_000_000;
const STATUSES: [&str; 5] = ["UP", "DOWN", "STARTING", "OUT_OF_SERVICE", "UNKNOWN"];
/// Set by registries that hand on what they were told.
const REPLICATION: &str = "x-netflix-discovery-replication";

/// What sequences are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// Leases outlive the sequence.
    Lasting,
    /// Leases end between two beats.
    Expiring,
}

impl Flavour {
    /// `durationInSecs` of leases.
    fn durations_s(self) -> &'static [i64] {
        match self {
            Self::Lasting => &[90, 30, 45, 0, -1],
            Self::Expiring => &[EXPIRING_LEASE_S, EXPIRING_LEASE_S, EXPIRING_LEASE_S, 90],
        }
    }
}

/// A lease that ends within a sequence.
pub const EXPIRING_LEASE_S: i64 = 3;
/// Every duration that a lease may have in a sequence.
pub const DURATIONS_S: [i64; 4] = [90, 30, 45, EXPIRING_LEASE_S];
/// Beats of a sequence in which leases end.
const BEATS: usize = 6;

/// A sequence of about this many requests.
pub fn sequence(rng: &mut Rng, flavour: Flavour, requests: usize) -> Vec<Step> {
    let mut dice = Dice { rng, flavour };
    let mut steps: Vec<Step> = (0..requests).map(|_| Step::Ask(dice.operation())).collect();
    if flavour == Flavour::Expiring {
        for beat in 1..BEATS {
            steps.insert(requests * beat / BEATS + beat - 1, Step::Wait);
        }
    }
    steps
}

/// Where chance comes from.
struct Dice<'a> {
    rng: &'a mut Rng,
    flavour: Flavour,
}

impl Dice<'_> {
    fn operation(&mut self) -> crate::differential::step::Operation {
        match self.rng.u32(0..100) {
            0..26 => self.registration(),
            26..41 => self.heartbeat(),
            41..51 => self.status_change(),
            51..56 => self.override_removal(),
            56..60 => self.metadata_change(),
            60..66 => self.cancellation(),
            66..71 => self.batch(),
            71..95 => self.read(),
            95 => self.operator(),
            _ => self.wrong(),
        }
    }

    /// True about once in `n` times.
    fn once_in(&mut self, n: u32) -> bool {
        self.rng.u32(0..n) == 0
    }

    fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.rng.usize(0..choices.len())].clone()
    }

    fn place(&mut self) -> Place {
        Place { app: self.rng.usize(0..APPS.len()), id: self.rng.usize(0..IDS.len()) }
    }

    /// A client's dirty timestamp; a few values, so that older, equal and newer ones meet.
    fn dirty_ms(&mut self) -> i64 {
        if self.once_in(25) { FUTURE_MS } else { DIRTY_MS + self.rng.i64(0..4) * 1_000 }
    }

    fn accept(&mut self) -> &'static str {
        self.one_of(&["application/json", "application/json", "application/xml"])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_sequence() {
        let of = |seed| sequence(&mut Rng::with_seed(seed), Flavour::Expiring, 60);
        assert_eq!(of(7), of(7));
        assert_ne!(of(7), of(8));
        assert_eq!(of(7).iter().filter(|step| **step == Step::Wait).count(), BEATS - 1);
    }
}
