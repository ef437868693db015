//! Registrations for which there was no room, in the log: one line a pause for a registry that is full, and one for
//! instances that are too large for any, so that neither hides the other.

use crate::instance_name::InstanceName;
use crate::limit_hits::LimitHits;
use crate::limits::NoRoom;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct NoRoomHits {
    full: LimitHits,
    too_large: LimitHits,
}

impl NoRoomHits {
    /// Says what was refused, unless the like was said a moment ago.
    pub(crate) fn say(&self, instance: &InstanceName<'_>, no_room: NoRoom, now_ms: i64) {
        if let Some(line) = self.line(instance, no_room, now_ms) {
            log::error!("{line}");
        }
    }

    fn line(&self, instance: &InstanceName<'_>, no_room: NoRoom, now_ms: i64) -> Option<String> {
        let hits = if no_room.is_full() { &self.full } else { &self.too_large };
        hits.hit(now_ms).map(|untold| format!("{instance} is refused: {no_room}{untold}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_one_line_and_does_not_hide_what_is_too_large() {
        let hits = NoRoomHits::default();
        let full = |now_ms| hits.line(&InstanceName("A", "1"), NoRoom::TooManyInstances { instances_max: 7 }, now_ms);
        assert!(full(0).is_some_and(|line| line.contains("A") && line.contains("7 instances are registered already")));
        assert_eq!((0..500).filter_map(|_| full(1)).count(), 0);
        assert!(hits.line(&InstanceName("A", "2"), NoRoom::TooManyAddresses, 1).is_some());
        assert!(full(60_000).is_some_and(|line| line.ends_with("(500 more were not logged)")));
    }
}
