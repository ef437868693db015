//! Eviction under random histories, against a model that is written down as plainly as the rules are told.

use std::collections::{BTreeMap, BTreeSet};

use eurus_model::{InstanceInfo, InstanceStatus};
use proptest::prelude::*;

use super::*;
use crate::config::RegistryConfig;

const RUN_MS: i64 = 60_000;
const PERCENT: f64 = 0.85;
const PRESERVED_MS: i64 = 300_000;
const APPS: u8 = 4;
const IDS: u8 = 5;
const DURATIONS_S: [i32; 3] = [20, 90, 400];

type Key = (String, String);

#[derive(Clone, Debug)]
enum Step {
    Join {
        app: u8,
        id: u8,
        duration: usize,
    },
    Leave {
        app: u8,
        id: u8,
    },
    Renew {
        app: u8,
        id: u8,
    },
    RenewAllOf {
        app: u8,
    },
    /// So many heartbeats of whoever is there, in turn: about as many as Netflix's threshold asks for.
    Beat {
        count: usize,
    },
    Wait {
        ms: i64,
    },
    Recount,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (app, id) = (0_u8..APPS, 0_u8..IDS);
    let step = prop_oneof![
        6 => (app.clone(), id.clone(), 0..DURATIONS_S.len())
            .prop_map(|(app, id, duration)| Step::Join { app, id, duration }),
        1 => (app.clone(), id.clone()).prop_map(|(app, id)| Step::Leave { app, id }),
        4 => (app.clone(), id).prop_map(|(app, id)| Step::Renew { app, id }),
        2 => app.prop_map(|app| Step::RenewAllOf { app }),
        4 => (0_usize..40).prop_map(|count| Step::Beat { count }),
        6 => (1_i64..100_000).prop_map(|ms| Step::Wait { ms }),
        1 => Just(Step::Recount),
    ];
    proptest::collection::vec(step, 1..120)
}

fn key(app: u8, id: u8) -> Key {
    (format!("APP{app}"), id.to_string())
}

/// What a plain reading of the rules says.
#[derive(Default)]
struct Model {
    /// Duration and end of each lease.
    leases: BTreeMap<Key, (i64, i64)>,
    expected: i64,
    renewals: BTreeMap<i64, i64>,
}

impl Model {
    fn over(&self, now_ms: i64) -> BTreeSet<Key> {
        self.leases.iter().filter(|(_, (_, ends_ms))| now_ms > *ends_ms).map(|(key, _)| key.clone()).collect()
    }

    fn changed(&mut self, by: i64) {
        if self.expected > 0 {
            self.expected += by;
        }
    }

    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // A handful.
    fn netflix_may_evict(&self, now_ms: i64) -> bool {
        let threshold = (self.expected as f64 * 2.0 * PERCENT) as i64;
        let last_minute = self.renewals.get(&(now_ms / 60_000 - 1)).copied().unwrap_or_default();
        threshold > 0 && last_minute > threshold
    }

    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A handful.
    fn limit(&self) -> usize {
        self.leases.len() - (self.leases.len() as f64 * PERCENT).floor() as usize
    }
}

/// The store and the model side by side, with one clock.
struct Pair {
    store: Store,
    model: Model,
    mode: SelfPreservationMode,
    duration: LeaseDuration,
    now_ms: i64,
    next_run_ms: i64,
}

impl Pair {
    fn new(mode: SelfPreservationMode, duration: LeaseDuration) -> Self {
        let config = RegistryConfig {
            self_preservation: mode,
            self_preservation_ms_max: PRESERVED_MS,
            lease_duration: duration,
            renewal_percent_threshold: PERCENT,
            ..RegistryConfig::stock()
        };
        let model = Model { expected: 1, ..Model::default() };
        Self { store: Store::new(config.lease_rules(), 0), model, mode, duration, now_ms: 0, next_run_ms: RUN_MS }
    }

    fn apply(&mut self, step: &Step) {
        match *step {
            Step::Join { app, id, duration } => self.join(&key(app, id), DURATIONS_S[duration]),
            Step::Leave { app, id } => {
                let key = key(app, id);
                assert_eq!(
                    self.store.cancel(&key.0, &key.1, self.now_ms).is_some(),
                    self.model.leases.contains_key(&key)
                );
                if self.model.leases.remove(&key).is_some() {
                    self.model.changed(-1);
                }
            }
            Step::Renew { app, id } => self.renew(&key(app, id)),
            Step::RenewAllOf { app } => (0..IDS).for_each(|id| self.renew(&key(app, id))),
            Step::Beat { count } => {
                let keys: Vec<Key> = self.model.leases.keys().cloned().collect();
                keys.iter().cycle().take(if keys.is_empty() { 0 } else { count }).for_each(|key| self.renew(key));
            }
            Step::Wait { ms } => self.wait(ms, &BTreeSet::new()),
            Step::Recount => {
                self.store.recount_expected_clients();
                let count = i64::try_from(self.model.leases.len()).unwrap();
                #[allow(clippy::cast_precision_loss)] // A handful.
                let most_are_here = count as f64 > PERCENT * self.model.expected as f64;
                if most_are_here || self.mode != SelfPreservationMode::Netflix {
                    self.model.expected = count;
                }
            }
        }
    }

    fn join(&mut self, key: &Key, duration_s: i32) {
        let mut info = InstanceInfo::new(&key.0, &key.1, "h", "10.0.0.1");
        info.lease.duration_s = duration_s;
        info.status = InstanceStatus::Up;
        self.store.register(info, Origin::Client, self.now_ms);
        let duration_ms = i64::from(duration_s) * 1_000;
        if self.model.leases.insert(key.clone(), (duration_ms, self.now_ms + duration_ms)).is_none() {
            self.model.changed(1);
        }
    }

    fn renew(&mut self, key: &Key) {
        let (renewal, _) = self.store.renew(&key.0, &key.1, None, Origin::Client, self.now_ms);
        let times = if self.duration == LeaseDuration::Netflix { 2 } else { 1 };
        match self.model.leases.get_mut(key) {
            None => assert!(matches!(renewal, Renewal::Unknown)),
            Some((duration_ms, ends_ms)) => {
                assert!(matches!(renewal, Renewal::Renewed));
                *ends_ms = self.now_ms + times * *duration_ms;
                *self.model.renewals.entry(self.now_ms / 60_000).or_default() += 1;
            }
        }
    }

    /// Lets time pass, with the eviction runs that fall into it; `renewing` renew before each.
    fn wait(&mut self, ms: i64, renewing: &BTreeSet<Key>) {
        let until_ms = self.now_ms + ms;
        while self.next_run_ms <= until_ms {
            self.now_ms = self.next_run_ms;
            self.next_run_ms += RUN_MS;
            renewing.iter().for_each(|key| self.renew(key));
            self.run();
        }
        self.now_ms = until_ms;
    }

    fn run(&mut self) {
        let over = self.model.over(self.now_ms);
        let limit = self.model.limit();
        let evicted = self.store.evict(PERCENT, 0, self.now_ms).touched.len();
        let left: BTreeSet<Key> = self
            .store
            .all()
            .apps
            .iter()
            .flat_map(|app| app.instances.iter().map(|one| (app.name.clone(), one.info().instance_id.clone())))
            .collect();
        let gone: Vec<Key> = self.model.leases.keys().filter(|key| !left.contains(*key)).cloned().collect();
        assert_eq!(gone.len(), evicted, "what is evicted is gone, and nothing else");
        assert!(gone.iter().all(|key| over.contains(key)), "only leases that are over end");
        let expected = match self.mode {
            SelfPreservationMode::Netflix if !self.model.netflix_may_evict(self.now_ms) => 0..=0,
            SelfPreservationMode::Netflix | SelfPreservationMode::Off => over.len().min(limit)..=over.len().min(limit),
            SelfPreservationMode::PerApp => self.overdue(&over).min(1)..=limit.max(1),
        };
        assert!(expected.contains(&evicted), "{evicted} evicted of {} over, {expected:?} expected", over.len());
        for key in gone {
            self.model.leases.remove(&key);
            self.model.changed(-1);
        }
    }

    /// Leases that are over for longer than anything is kept.
    fn overdue(&self, over: &BTreeSet<Key>) -> usize {
        over.iter().filter(|key| self.now_ms > self.model.leases[*key].1 + PRESERVED_MS).count()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_run_follows_the_rules(steps in steps(), mode in 0..3_usize, exact in any::<bool>()) {
        let duration = if exact { LeaseDuration::Exact } else { LeaseDuration::Netflix };
        let mut pair = Pair::new(SelfPreservationMode::ALL[mode], duration);
        steps.iter().for_each(|step| pair.apply(step));
    }

    #[test]
    fn whoever_renews_stays_in_every_mode(steps in steps(), mode in 0..3_usize) {
        let mut pair = Pair::new(SelfPreservationMode::ALL[mode], LeaseDuration::Exact);
        steps.iter().for_each(|step| pair.apply(step));
        let steady: BTreeSet<Key> = (0..3).map(|id| key(0, 100 + id)).collect();
        steady.iter().for_each(|key| pair.join(key, 90));
        pair.wait(30 * RUN_MS, &steady);
        prop_assert!(steady.iter().all(|key| pair.model.leases.contains_key(key)));
    }

    #[test]
    fn per_app_no_dead_lease_stays_for_ever(steps in steps(), survivors in 0..4_u8) {
        let mut pair = Pair::new(SelfPreservationMode::PerApp, LeaseDuration::Netflix);
        steps.iter().for_each(|step| pair.apply(step));
        let steady: BTreeSet<Key> = (0..survivors).map(|id| key(id, 100 + id)).collect();
        steady.iter().for_each(|key| pair.join(key, 90));
        // The longest lease, the bound, and one run for each lease that can be there.
        let runs = 800_000 / RUN_MS + PRESERVED_MS / RUN_MS + i64::from(APPS * IDS) + 2;
        pair.wait(runs * RUN_MS, &steady);
        prop_assert_eq!(pair.model.leases.keys().cloned().collect::<BTreeSet<_>>(), steady);
        let view = pair.store.self_preservation(pair.now_ms);
        prop_assert_eq!((view.over, view.kept, view.apps.len(), view.global), (0, 0, 0, None));
    }
}
