//! The last leases that began and ended, for the people who look at `/lastn`.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::instance_name::shortened;

/// Leases of each kind that are remembered.
pub(crate) const LEASES_REMEMBERED_MAX: usize = 1_000;

/// A lease that began or ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LeaseEvent {
    pub(crate) at_ms: i64,
    pub(crate) app: String,
    pub(crate) instance_id: String,
}

/// Two rings; the oldest event leaves when a new one comes to a full one.
#[derive(Debug, Default)]
pub(crate) struct LeaseHistory {
    // Each is locked for a push, or for as long as copying its pointers takes: `/lastn` waits for no change.
    registered: Mutex<VecDeque<Arc<LeaseEvent>>>,
    cancelled: Mutex<VecDeque<Arc<LeaseEvent>>>,
}

impl LeaseHistory {
    pub(crate) fn registered(&self, app: &str, instance_id: &str, now_ms: i64) {
        push(&self.registered, app, instance_id, now_ms);
    }

    /// By the instance's own call or by eviction.
    pub(crate) fn cancelled(&self, app: &str, instance_id: &str, now_ms: i64) {
        push(&self.cancelled, app, instance_id, now_ms);
    }

    /// Newest first.
    pub(crate) fn last_registered(&self) -> Vec<Arc<LeaseEvent>> {
        self.registered.lock().iter().rev().cloned().collect()
    }

    /// Newest first.
    pub(crate) fn last_cancelled(&self) -> Vec<Arc<LeaseEvent>> {
        self.cancelled.lock().iter().rev().cloned().collect()
    }
}

fn push(ring: &Mutex<VecDeque<Arc<LeaseEvent>>>, app: &str, instance_id: &str, at_ms: i64) {
    let (app, instance_id) = (shortened(app), shortened(instance_id));
    let mut ring = ring.lock();
    let oldest = if ring.len() == LEASES_REMEMBERED_MAX { ring.pop_front() } else { None };
    let mut event = oldest.unwrap_or_default();
    match Arc::get_mut(&mut event) {
        // Nobody looks at the oldest: its memory serves the newest.
        Some(event) => {
            event.at_ms = at_ms;
            app.as_ref().clone_into(&mut event.app);
            instance_id.as_ref().clone_into(&mut event.instance_id);
        }
        None => event = Arc::new(LeaseEvent { at_ms, app: app.into_owned(), instance_id: instance_id.into_owned() }),
    }
    ring.push_back(event);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_come_first_and_the_oldest_leave() {
        let history = LeaseHistory::default();
        for at_ms in 0..1_005 {
            history.registered("A", "1", at_ms);
        }
        assert_eq!(history.last_registered().len(), LEASES_REMEMBERED_MAX);
        assert_eq!(history.last_registered().first().unwrap().at_ms, 1_004);
        assert_eq!(history.last_registered().last().unwrap().at_ms, 5);
        assert_eq!(history.last_cancelled().len(), 0);
    }

    #[test]
    fn a_name_is_remembered_by_its_beginning() {
        let history = LeaseHistory::default();
        history.cancelled("A", &"ż".repeat(100_000), 7);
        let event = history.last_cancelled().pop().unwrap();
        assert_eq!((event.app.as_str(), event.instance_id.chars().count(), event.at_ms), ("A", 201, 7));
    }
}
