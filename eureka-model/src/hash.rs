//! `apps__hashcode`: how many instances have which status. Clients compare it after every delta.

use std::fmt::Write as _;

use crate::instance::InstanceStatus;

const STATUSES: [InstanceStatus; 5] = [
    InstanceStatus::Down,
    InstanceStatus::OutOfService,
    InstanceStatus::Starting,
    InstanceStatus::Unknown,
    InstanceStatus::Up,
];

/// For each status present, sorted by name: `STATUS_count_`. Empty when there is no instance.
pub fn reconcile(statuses: impl Iterator<Item = InstanceStatus>) -> String {
    let mut counts = [0usize; STATUSES.len()];
    for status in statuses {
        counts[status as usize] += 1;
    }
    let mut text = String::new();
    for (status, count) in STATUSES.iter().zip(counts).filter(|(_, count)| *count > 0) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{status}_{count}_");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_sorted_by_name_and_zeroes_left_out() {
        use InstanceStatus::{Down, Starting, Unknown, Up};
        assert_eq!(reconcile([].into_iter()), "");
        assert_eq!(reconcile([Up, Down, Up, Starting, Unknown].into_iter()), "DOWN_1_STARTING_1_UNKNOWN_1_UP_2_");
    }

    #[test]
    fn the_table_is_in_discriminant_order() {
        for (place, status) in STATUSES.iter().enumerate() {
            assert_eq!(place, *status as usize);
        }
    }
}
