//! What happened to marks, in numbers.

use super::{EndReason, Ended, Reviewed};

/// Counted since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    pub(crate) recorded: u64,
    pub(crate) superseded: u64,
    pub(crate) refused_full: u64,
    /// Orders that meant an earlier life of the instance than the copy shows.
    pub(crate) other_registration: u64,
    pub(crate) confirmed: u64,
    /// Mode `plain` only.
    pub(crate) window_over: u64,
    /// Marks that were still needed when a copy fetched after the window came: the plain window would have failed.
    pub(crate) outlived_window: u64,
    /// How long after its window the latest of them was confirmed: how far the registry's caches lag.
    pub(crate) longest_lag_ms: i64,
    pub(crate) unconfirmed_at_bound: u64,
    /// The instance was in no copy any more.
    pub(crate) absent_at_bound: u64,
    pub(crate) ended_by_newer_registration: u64,
}

impl Counters {
    /// Adds what one fetched copy did.
    pub(super) fn count(&mut self, reviewed: &Reviewed) {
        self.outlived_window += reviewed.outlived.len() as u64;
        for Ended { reason, mark } in &reviewed.ended {
            match reason {
                EndReason::Confirmed { lag_ms } => {
                    self.confirmed += 1;
                    if mark.outlived_window {
                        self.longest_lag_ms = self.longest_lag_ms.max(*lag_ms);
                    }
                }
                EndReason::WindowOver => self.window_over += 1,
                EndReason::Unconfirmed { .. } => self.unconfirmed_at_bound += 1,
                EndReason::Absent => self.absent_at_bound += 1,
                EndReason::NewerRegistration => self.ended_by_newer_registration += 1,
            }
        }
    }
}
