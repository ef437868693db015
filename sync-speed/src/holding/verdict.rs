//! Whether an offline still holds. Pure.

use eurus_client::Forgotten;
use eurus_model::{InstanceInfo, InstanceStatus};

use crate::registration::Registration;
use crate::registry_memory::came_back;
use crate::store::Held;

/// What becomes of an offline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The registry shows it.
    Holds,
    /// It does not, and that is right.
    Ended(&'static str),
    /// It does not, and does not know better.
    Forgotten,
}

/// `forgotten`: the registry's memory is a new one.
pub(super) fn verdict(held: &Held, shown: &InstanceInfo, forgotten: Option<Forgotten>) -> Verdict {
    let is_newer = Registration::of(shown).is_newer_than(&held.registration);
    let is_in_service = matches!(shown.status, InstanceStatus::Up | InstanceStatus::Unknown);
    if forgotten.is_some_and(|forgotten| came_back(shown, &held.registration, forgotten)) {
        return if is_in_service { Verdict::Forgotten } else { Verdict::Holds };
    }
    if is_newer {
        Verdict::Ended("it has registered anew")
    } else if is_in_service {
        Verdict::Ended("its status was set otherwise at the registry")
    } else {
        Verdict::Holds
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry_memory::tests::instance;

    #[test]
    fn verdicts() {
        use InstanceStatus::{Down, OutOfService, Starting, Unknown, Up};
        use Verdict::{Ended, Forgotten as Lost, Holds};
        const ANEW: Verdict = Ended("it has registered anew");
        const SET: Verdict = Ended("its status was set otherwise at the registry");
        let held = Held {
            number: 1,
            entry: "offline-1".to_owned(),
            app: "A".to_owned(),
            instance_id: "a".to_owned(),
            registration: Registration { ip: "10.0.0.1".to_owned(), service_up_ms: 1_000 },
            updated_ms: 2_000,
            expires_ms: None,
        };
        // Known until 50 s, noticed at 60 s: who comes back does so until 180 s.
        let lost = Some(Forgotten { known_until_ms: 50_000, noticed_ms: 60_000 });
        for (ip, up_ms, status, forgotten, expected) in [
            ("10.0.0.1", 1_000, OutOfService, None, Holds),
            ("10.0.0.1", 1_000, Down, None, Holds),
            ("10.0.0.1", 1_000, Starting, None, Holds),
            ("10.0.0.1", 1_000, Up, None, SET),
            ("10.0.0.1", 1_000, Unknown, None, SET),
            ("10.0.0.1", 1_000, Up, lost, SET),
            ("10.0.0.1", 70_000, Up, None, ANEW),
            ("10.0.0.1", 70_000, OutOfService, None, ANEW),
            ("10.0.0.1", 70_000, Up, lost, Lost),
            ("10.0.0.1", 70_000, OutOfService, lost, Holds),
            ("10.0.0.1", 50_000, Up, lost, Lost),
            ("10.0.0.1", 49_999, Up, lost, ANEW),
            ("10.0.0.1", 180_000, Up, lost, Lost),
            ("10.0.0.1", 180_001, Up, lost, ANEW),
            // Another address is another life, whenever it came.
            ("10.0.0.2", 70_000, Up, lost, ANEW),
        ] {
            let shown = instance("a", ip, up_ms, status);
            assert_eq!(verdict(&held, &shown, forgotten), expected, "{ip} {up_ms} {status} {forgotten:?}");
        }
    }
}
