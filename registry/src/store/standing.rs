//! What readers want to know of the store as a whole: numbers that every change leaves behind, so that nobody asks for the
//! lock to see them.

use std::ops::{Deref, DerefMut};

use arc_swap::ArcSwap;
use parking_lot::RwLockWriteGuard;

use super::State;
use super::census::Census;
use crate::self_preservation::ExpectedRenewals;

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Standing {
    pub(super) census: Census,
    pub(super) applications: usize,
    pub(super) recent_changes: usize,
    pub(super) recent_changes_dropped: u64,
    pub(super) expected: ExpectedRenewals,
}

impl Standing {
    pub(super) fn of(state: &State) -> Self {
        Self {
            census: state.census,
            applications: state.apps.len(),
            recent_changes: state.recent.len(),
            recent_changes_dropped: state.recent.dropped(),
            expected: state.expected,
        }
    }

    pub(super) fn instances(&self) -> usize {
        self.census.instances()
    }
}

/// The state while it is being changed. Its end publishes how it stands, still under the lock: changes that come one after
/// another are published in that order.
pub(super) struct Changing<'a> {
    state: RwLockWriteGuard<'a, State>,
    published: &'a ArcSwap<Standing>,
}

impl<'a> Changing<'a> {
    pub(super) fn new(state: RwLockWriteGuard<'a, State>, published: &'a ArcSwap<Standing>) -> Self {
        Self { state, published }
    }
}

impl Deref for Changing<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl DerefMut for Changing<'_> {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.state
    }
}

impl Drop for Changing<'_> {
    fn drop(&mut self) {
        let standing = Standing::of(&self.state);
        if **self.published.load() != standing {
            self.published.store(standing.into());
        }
    }
}
