//! How many there are of everything, without counting them one by one.

use eurus_model::InstanceStatus;

use super::Store;

/// All statuses, each at its [`place`].
pub(crate) const STATUSES: [InstanceStatus; 5] = [
    InstanceStatus::Down,
    InstanceStatus::OutOfService,
    InstanceStatus::Starting,
    InstanceStatus::Unknown,
    InstanceStatus::Up,
];

/// Instances by status, kept up to date with every change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Census([usize; STATUSES.len()]);

impl Census {
    pub(super) fn came(&mut self, status: InstanceStatus) {
        self.0[place(status)] += 1;
    }

    pub(super) fn went(&mut self, status: InstanceStatus) {
        self.0[place(status)] = self.0[place(status)].saturating_sub(1);
    }

    pub(crate) fn with_status(&self, status: InstanceStatus) -> usize {
        self.0[place(status)]
    }

    pub(crate) fn instances(&self) -> usize {
        self.0.iter().sum()
    }
}

/// Among all statuses.
const fn place(status: InstanceStatus) -> usize {
    status as usize
}

/// Sizes of one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) census: Census,
    pub(crate) applications: usize,
    pub(crate) overrides: usize,
    pub(crate) recent_changes: usize,
    pub(crate) recent_changes_dropped: u64,
}

impl Store {
    /// How many there are. Looks at numbers only: as quick with 100,000 instances as with none.
    pub(crate) fn sizes(&self) -> Sizes {
        let standing = self.standing.load();
        Sizes {
            census: standing.census,
            applications: standing.applications,
            overrides: self.live.overrides.len(),
            recent_changes: standing.recent_changes,
            recent_changes_dropped: standing.recent_changes_dropped,
        }
    }
}

#[cfg(test)]
mod tests {
    use InstanceStatus::{Down, OutOfService, Starting, Unknown, Up};
    use eurus_model::InstanceInfo;

    use super::*;
    use crate::config::RegistryConfig;
    use crate::self_preservation::SelfPreservationMode;
    use crate::store::{Origin, StatusChange};

    #[test]
    fn statuses_stand_in_their_order() {
        for (number, status) in STATUSES.iter().enumerate() {
            assert_eq!(place(*status), number);
        }
    }

    #[test]
    fn the_kept_numbers_are_those_of_a_count() {
        let config = RegistryConfig {
            self_preservation: SelfPreservationMode::Off,
            renewal_percent_threshold: 0.0,
            ..RegistryConfig::stock()
        };
        let store = Store::new(config.lease_rules(), 0);
        let statuses = [Up, Down, Starting, Up, OutOfService, Unknown];
        let put = |id: usize, status, now_ms| {
            let mut info = InstanceInfo::new("A", &(id % 40).to_string(), "h", "10.0.0.1");
            info.status = status;
            store.register(info, Origin::Client, now_ms);
        };
        for step in 0..400_i64 {
            let (place, id) = (usize::try_from(step).unwrap(), (step * 7 % 40).to_string());
            let change =
                StatusChange { status: statuses[place / 2 % 6], dirty_ms: None, origin: Origin::Client, peer: None };
            match step % 5 {
                0 => drop(store.cancel("A", &id, step)),
                1 => drop(store.set_status("A", &id, change, step)),
                2 => drop(store.remove_override("A", &id, change, step)),
                3 if step % 50 == 3 => drop(store.evict(0.5, 0, step * 1_000)),
                _ => put(place * 3, statuses[place % 6], step),
            }
            let mut counted = Census::default();
            let apps = store.all().apps;
            apps.iter().flat_map(|app| &app.instances).for_each(|instance| counted.came(instance.status()));
            let sizes = store.sizes();
            assert_eq!((sizes.census, sizes.applications), (counted, apps.len()), "after step {step}");
        }
        assert!(store.sizes().census.instances() > 10, "{:?}", store.sizes());
    }
}
