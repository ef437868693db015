//! How time passes in a run: by hand, from one deadline to the next, or as it does for everybody.

use eurus_service::Clock;
use eurus_service::clock::ManualClock;

use crate::Failure;

/// In real time nobody says when something changes: every layer is looked at so often.
pub(super) const LOOK_EVERY_MS: i64 = 200;

/// See the module.
#[derive(Clone)]
pub(super) enum Pace {
    /// Virtual time.
    ByHand(ManualClock),
    /// Real time.
    Real(Clock),
}

impl Pace {
    pub(super) fn is_real(&self) -> bool {
        matches!(self, Self::Real(_))
    }

    /// Milliseconds since 1970.
    pub(super) fn now_ms(&self) -> i64 {
        match self {
            Self::ByHand(hand) => hand.now_ms(),
            Self::Real(clock) => clock.now_ms(),
        }
    }

    /// The next moment at which a layer may show something else, milliseconds since 1970.
    pub(super) fn next_deadline_ms(&self) -> Option<i64> {
        match self {
            Self::ByHand(hand) => hand.next_deadline_ms(),
            Self::Real(clock) => Some(clock.now_ms() + LOOK_EVERY_MS),
        }
    }

    /// Lets so much time pass.
    pub(super) async fn advance_ms(&self, ms: i64) -> Result<(), Failure> {
        match self {
            Self::ByHand(hand) => hand.advance_ms(ms).await?,
            Self::Real(clock) => clock.timer("harness").sleep_ms(ms).await,
        }
        Ok(())
    }

    /// Returns when all that is due now has been done. In real time nobody knows: the next look shows it.
    pub(super) async fn settle(&self) -> Result<(), Failure> {
        match self {
            Self::ByHand(hand) => hand.settle().await?,
            Self::Real(_) => {}
        }
        Ok(())
    }

    /// For what must be told not to wait for a loop whose answer is held back.
    pub(super) fn hand(&self) -> Option<ManualClock> {
        match self {
            Self::ByHand(hand) => Some(hand.clone()),
            Self::Real(_) => None,
        }
    }
}
