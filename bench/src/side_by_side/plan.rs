//! How long it all takes, and in which order.

use crate::arguments::Settings;
use crate::measure::Shape;
use crate::operation::{ALL, Operation};

/// The rate of an open loop, as a share of what Java did in the closed loop of the same round.
pub(crate) const OPEN_LOOP_SHARE: f64 = 0.7;
/// How often our registry is started, to time it; the last one is measured.
pub(crate) const STARTS: usize = 5;
/// Warm-up of the JVM, for each operation.
const WARM_S: f64 = 6.0;
/// Servers' start, filling, waiting for the delta: about this long for each number of instances.
const PREPARATION_S: f64 = 75.0;
/// Connecting, ramp and end of a slice.
const AROUND_A_SLICE_S: f64 = 0.35;

/// Operations that go together: registering changes what the others read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pass {
    Reads,
    Registrations,
}

impl Pass {
    pub(crate) fn has(self, operation: Operation) -> bool {
        (operation == Operation::Register) == (self == Self::Registrations)
    }
}

/// What the JVM is warmed up with; registrations first, for they must have left the delta before it is measured.
pub(crate) fn warm_up() -> impl Iterator<Item = Operation> {
    let others = ALL.into_iter().filter(|operation| !matches!(operation, Operation::Register | Operation::Delta));
    std::iter::once(Operation::Register).chain(others)
}

/// A slice of the warm-up.
pub(crate) fn warm(shape: Shape) -> Shape {
    Shape { seconds: WARM_S, ..shape }
}

/// Slices of a whole run.
pub(crate) fn slices(settings: &Settings) -> usize {
    let of_one = |operation: &Operation| if operation.is_large() { 6 } else { 5 };
    settings.instances.len() * settings.rounds * ALL.iter().map(of_one).sum::<usize>()
}

/// About how long a whole run takes.
pub(crate) fn estimate_s(settings: &Settings) -> u64 {
    let slices_s = slices(settings) as f64 * (settings.shape.seconds + AROUND_A_SLICE_S);
    (slices_s + settings.instances.len() as f64 * PREPARATION_S).ceil() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(instances: Vec<usize>, rounds: usize, seconds: f64) -> Settings {
        Settings { instances, rounds, shape: Shape { seconds, connections: 64, threads: 1 }, registry: None }
    }

    #[test]
    fn a_default_run_takes_about_a_quarter_of_an_hour_and_a_quick_one_two_minutes() {
        assert_eq!(slices(&settings(vec![1_000, 10_000], 3, 3.0)), 222);
        assert!(estimate_s(&settings(vec![1_000, 10_000], 3, 3.0)) <= 15 * 60);
        assert!(estimate_s(&settings(vec![1_000], 1, 1.0)) <= 130);
    }

    #[test]
    fn each_operation_has_its_pass_and_registrations_warm_up_first() {
        for operation in ALL {
            assert!(Pass::Reads.has(operation) != Pass::Registrations.has(operation), "{operation:?}");
        }
        assert_eq!(warm_up().next(), Some(Operation::Register));
    }
}
