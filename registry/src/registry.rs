//! The registry: the store and the response caches over it. Every change goes through here, so that none is
//! made without its caches being told.

mod by_hand;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use eurus_model::{InstanceInfo, InstanceStatus};
use eurus_service::Clock;
use parking_lot::Mutex;

use crate::asg::{AsgRefusal, AsgStatus};
use crate::compressed_list::CompressedGroups;
use crate::config::RegistryConfig;
use crate::eviction::Lateness;
use crate::form::Form;
use crate::instance_name::InstanceName;
use crate::limits::NoRoom;
use crate::no_room_hits::NoRoomHits;
use crate::payload::{Compressing, Numbering, Payload};
use crate::rate_limiter::RateLimiter;
use crate::registered::Registered;
use crate::response_cache::{Answer, CACHED_BYTES_MAX, CacheSettings, Entity, ResponseCache};
use crate::self_preservation::Report;
use crate::store::{Origin, Renewal, StatusChange, Store, Touched};
use crate::tally::{Changing, ListKind, Lookup, OverrideChange, Registering, Tally};

/// `versions__delta` of a full list.
const FULL_LIST_VERSION: &str = "1";
/// `versions__delta` of a list by virtual address: it has none.
const VIP_LIST_VERSION: &str = "-1";

/// What the instances are, and what is answered about them.
pub(crate) struct Registry {
    config: RegistryConfig,
    store: Store,
    cache: ResponseCache,
    /// Rises with every delta that is built, whatever its form.
    delta_version: AtomicU64,
    answers: Numbering,
    rate_limiter: RateLimiter,
    /// Of the full list, per form.
    compressed_groups: [CompressedGroups; Form::ALL.len()],
    started_ms: i64,
    tally: Tally,
    no_room: NoRoomHits,
    /// Tells how long lists take to build, and decides nothing: what is done depends on `now_ms` alone.
    stopwatch: Clock,
    // Only the eviction loop locks it.
    eviction: Mutex<EvictionState>,
}

#[derive(Debug, Default)]
struct EvictionState {
    lateness: Lateness,
    report: Report,
}

impl Registry {
    pub(crate) fn new(config: RegistryConfig, stopwatch: Clock) -> Self {
        let now_ms = stopwatch.now_ms();
        let cache = ResponseCache::new(CacheSettings {
            use_read_only: config.use_read_only_response_cache,
            auto_expiration_ms: config.response_cache_auto_expiration_s * 1_000,
            bytes_max: CACHED_BYTES_MAX,
        });
        Self {
            store: Store::new(config.lease_rules(), now_ms),
            cache,
            delta_version: AtomicU64::new(0),
            answers: Numbering::default(),
            rate_limiter: RateLimiter::new(config.rate_limits.clone(), now_ms),
            compressed_groups: Default::default(),
            started_ms: now_ms,
            tally: Tally::default(),
            no_room: NoRoomHits::default(),
            stopwatch,
            eviction: Mutex::default(),
            config,
        }
    }

    pub(crate) fn config(&self) -> &RegistryConfig {
        &self.config
    }

    /// When this registry started: with an answer's number it tells the answer from those of other runs.
    pub(crate) fn started_ms(&self) -> i64 {
        self.started_ms
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    pub(crate) fn cache(&self) -> &ResponseCache {
        &self.cache
    }

    pub(crate) fn rate_limiter(&self) -> &RateLimiter {
        &self.rate_limiter
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    fn invalidate(&self, touched: impl IntoIterator<Item = Touched>) {
        for touched in touched {
            self.cache.invalidate(touched);
        }
    }

    /// Registers an instance, if there is room for it.
    pub(crate) fn register(&self, info: InstanceInfo, origin: Origin, now_ms: i64) -> Result<(), NoRoom> {
        let limits = &self.config.limits;
        let room = limits
            .check(&info)
            .and_then(|()| self.store.check_room(&info, self.config.instances_max, limits.bytes_max));
        room.map_err(|no_room| self.refuse(&info.app, &info.instance_id, no_room, origin, now_ms))?;
        let (registration, touched) = self.store.register(info, origin, now_ms);
        self.tally.mine().registrations.count((registration.into(), origin));
        self.invalidate([touched]);
        Ok(())
    }

    /// Counts and says what there was no room for.
    fn refuse(&self, app: &str, id: &str, no_room: NoRoom, origin: Origin, now_ms: i64) -> NoRoom {
        self.tally.mine().registrations.count((no_room.into(), origin));
        self.no_room.say(&InstanceName(app, id), no_room, now_ms);
        no_room
    }

    /// How often something was refused because it would have been too much.
    pub(crate) fn refused(&self) -> u64 {
        let registrations = self.tally.counts().totals(|counts| &counts.registrations);
        let is_refused =
            |outcome| matches!(outcome, Registering::Full | Registering::FullOfBytes | Registering::TooLarge);
        registrations.into_iter().filter(|((outcome, _), _)| is_refused(*outcome)).map(|(_, count)| count).sum()
    }

    pub(crate) fn renew(&self, app: &str, id: &str, dirty_ms: Option<i64>, origin: Origin, now_ms: i64) -> Renewal {
        let (renewal, touched) = self.store.renew(app, id, dirty_ms, origin, now_ms);
        self.tally.mine().renewals.count(((&renewal).into(), origin));
        self.invalidate(touched);
        renewal
    }

    pub(crate) fn adopt_override(&self, app: &str, id: &str, status: InstanceStatus, now_ms: i64) {
        let touched = self.store.adopt_override(app, id, status, now_ms);
        let outcome = if touched.is_some() { Changing::Changed } else { Changing::Unchanged };
        // Only other registries' heartbeats bring overrides along.
        self.tally.mine().override_changes.count((OverrideChange::Adopted, outcome, Origin::Replica));
        self.invalidate(touched);
    }

    /// Whether there was such a lease.
    pub(crate) fn cancel(&self, app: &str, id: &str, origin: Origin, now_ms: i64) -> bool {
        let outcome = self.store.cancel(app, id, now_ms).map(Some);
        self.tally.mine().cancellations.count((changing(&outcome), origin));
        self.note(outcome)
    }

    /// Whether there is such an instance.
    pub(crate) fn set_status(&self, app: &str, id: &str, change: StatusChange, now_ms: i64) -> bool {
        let outcome = self.store.set_status(app, id, change, now_ms);
        self.tally.mine().override_changes.count((OverrideChange::Set, changing(&outcome), change.origin));
        self.note(outcome)
    }

    /// Whether there is such an instance.
    pub(crate) fn remove_override(&self, app: &str, id: &str, change: StatusChange, now_ms: i64) -> bool {
        let outcome = self.store.remove_override(app, id, change, now_ms);
        self.tally.mine().override_changes.count((OverrideChange::Removed, changing(&outcome), change.origin));
        self.note(outcome)
    }

    /// Whether there is such an instance.
    pub(crate) fn put_metadata(
        &self,
        app: &str,
        id: &str,
        entries: Vec<(String, String)>,
        now_ms: i64,
    ) -> Result<bool, NoRoom> {
        let outcome = self.store.put_metadata(app, id, entries, &self.config.limits, now_ms);
        let touched = outcome.map_err(|no_room| self.refuse(app, id, no_room, Origin::Client, now_ms))?;
        let outcome = touched.map(Some);
        self.tally.mine().metadata_changes.count((changing(&outcome),));
        Ok(self.note(outcome))
    }

    /// Takes an auto-scaling group out of traffic or brings it back.
    pub(crate) fn set_asg_status(
        &self,
        group: &str,
        status: AsgStatus,
        origin: Origin,
        now_ms: i64,
    ) -> Result<(), AsgRefusal> {
        let touched = self.store.set_asg_status(group, status, now_ms)?;
        log::info!(
            "auto-scaling group '{}' is {status} by {}: {} instances changed status",
            group.escape_debug(),
            origin.in_words(),
            touched.len()
        );
        self.invalidate(touched);
        Ok(())
    }

    fn note(&self, outcome: Option<Option<Touched>>) -> bool {
        let found = outcome.is_some();
        self.invalidate(outcome.flatten());
        found
    }

    pub(crate) fn instance(&self, app: &str, id: &str, now_ms: i64) -> Option<Arc<Registered>> {
        self.store.instance(app, id, now_ms)
    }

    /// A list, if it is cached: cheap enough for a thread that serves requests.
    pub(crate) fn cached(&self, entity: &Entity, form: Form, now_ms: i64) -> Option<Answer> {
        let answer = self.cache.cached(entity, form, now_ms);
        let lookup = if answer.is_some() { Lookup::Hit } else { Lookup::Miss };
        self.tally.mine().lookups.count((entity.into(), lookup));
        answer
    }

    /// A list, built if need be: not on a thread that serves requests.
    pub(crate) fn load(&self, entity: &Entity, form: Form, now_ms: i64) -> Answer {
        self.cache.get(entity, form, now_ms, || self.build(entity, form, now_ms))
    }

    fn build(&self, entity: &Entity, form: Form, now_ms: i64) -> Answer {
        let begun_ns = self.stopwatch.now_ns();
        let answer = self.assemble(entity, form, now_ms);
        let builds = &self.tally.mine().builds;
        builds.cell((ListKind::from(entity),)).observe_ns(self.stopwatch.now_ns() - begun_ns);
        answer
    }

    fn assemble(&self, entity: &Entity, form: Form, now_ms: i64) -> Answer {
        let numbers = &self.answers;
        let list =
            |snapshot, version: &str, compressing| Payload::list(&snapshot, version, form, &compressing, numbers);
        let payload = match entity {
            Entity::All => {
                let groups = &self.compressed_groups[form.index()];
                let life_ms = self.config.response_cache_auto_expiration_s * 1_000;
                list(self.store.all(), FULL_LIST_VERSION, Compressing::Groups { groups, now_ms, life_ms })
            }
            Entity::Delta => {
                let version = self.delta_version.fetch_add(1, Ordering::AcqRel) + 1;
                list(self.store.delta(), &version.to_string(), Compressing::Whole)
            }
            Entity::App(name) => Payload::application(&self.store.application(name)?, form, numbers),
            Entity::Vip(kind, address) => list(self.store.by_vip(*kind, address), VIP_LIST_VERSION, Compressing::No),
        };
        Some(Arc::new(payload))
    }

    /// The read-only timer's work.
    pub(crate) fn refresh_read_only(&self, now_ms: i64) {
        self.cache.refresh_read_only(now_ms, |entity, form| self.build(entity, form, now_ms));
    }

    /// The delta timer's work.
    pub(crate) fn purge(&self, now_ms: i64) {
        self.store.purge(now_ms, self.config.delta_retention_ms);
    }

    /// The eviction timer's work.
    pub(crate) fn evict(&self, now_ms: i64) {
        let mut eviction = self.eviction.lock();
        let late_ms = eviction.lateness.note_run(now_ms, self.config.eviction_interval_ms);
        let evicted = self.store.evict(self.config.renewal_percent_threshold, late_ms, now_ms);
        self.tally.evicted(evicted.touched.len(), evicted.view.kept);
        eviction.report.note(&evicted.view, now_ms);
        self.invalidate(evicted.touched);
    }

    /// The threshold timer's work.
    pub(crate) fn recount_expected_clients(&self) {
        self.store.recount_expected_clients();
    }
}

fn changing(outcome: &Option<Option<Touched>>) -> Changing {
    match outcome {
        None => Changing::UnknownInstance,
        Some(None) => Changing::Unchanged,
        Some(Some(_)) => Changing::Changed,
    }
}
