//! A sync-speed that stands still (SIGSTOP) for longer than its claims hold, and goes on: what it was about to write is from
//! another time by then.

use std::fmt;

/// How long, milliseconds: a claim holds for 15 s, and is looked for every 5 s; the turn at an application for 20 s. The last
/// ones are over both, the first is over neither.
const STANDS_MS: [i64; 4] = [4_000, 18_000, 23_000, 28_000];
/// How often it is not the clock that wakes it, but the way back, which the other one carries out.
const LATE_PERCENT: u8 = 35;

/// When it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wakes {
    /// After so many milliseconds.
    After(i64),
    /// So many milliseconds after the way back was asked for.
    OnTheWayBack(i64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standstill {
    /// Which sync-speed.
    pub(super) place: usize,
    /// After the request was sent, milliseconds.
    pub(super) at_ms: i64,
    pub(super) wakes: Wakes,
}

impl Standstill {
    /// `way_back_ms`: how long the way back takes undisturbed, where there is one.
    pub(super) fn of(dice: &mut fastrand::Rng, sync_speeds: usize, takes_ms: i64, way_back_ms: Option<i64>) -> Self {
        let (place, at_ms) = (dice.usize(0..sync_speeds), dice.i64(0..=takes_ms.max(1)));
        let after = Wakes::After(STANDS_MS[dice.usize(0..STANDS_MS.len())]);
        let is_late = dice.u8(0..100) < LATE_PERCENT;
        let wakes = match way_back_ms.filter(|_| is_late) {
            Some(way_back_ms) => Wakes::OnTheWayBack(dice.i64(0..=way_back_ms.max(1))),
            None => after,
        };
        Self { place, at_ms, wakes }
    }
}

impl fmt::Display for Standstill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, at_ms, wakes } = self;
        write!(f, "sync-speed-{} stands still at {at_ms} ms, ", place + 1)?;
        match wakes {
            Wakes::After(after_ms) => write!(f, "for {after_ms} ms"),
            Wakes::OnTheWayBack(at_ms) => write!(f, "until {at_ms} ms into the way back"),
        }
    }
}
