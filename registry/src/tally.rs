//! What has happened to instances and lists since the start, counted. Whoever shows it reads it from here; nothing is
//! decided by it.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::limits::NoRoom;
use crate::response_cache::Entity;
use crate::store::{Origin, Registration, Renewal, VipKind};
use eurus_service::counting::{Grid, Histogram, Sharded, label};

label! {
    /// What became of a registration.
    pub(crate) enum Registering as "outcome" {
        New = "new",
        Again = "again",
        /// The state held is newer than the one that came, and stays.
        OlderThanHeld = "older_than_held",
        /// As many instances as are allowed are registered.
        Full = "full",
        /// As many bytes as are allowed are registered.
        FullOfBytes = "full_of_bytes",
        /// The one instance is larger than is allowed; also by a change of its metadata.
        TooLarge = "too_large",
    }
}

label! {
    /// What became of a heartbeat.
    pub(crate) enum Renewing as "outcome" {
        Renewed = "renewed",
        Unknown = "unknown",
        StatusUnknown = "status_unknown",
        ClientNewer = "client_newer",
        ReplicaOlder = "replica_older",
    }
}

label! {
    /// What became of a change of something that exists, or does not.
    pub(crate) enum Changing as "outcome" {
        Changed = "changed",
        Unchanged = "unchanged",
        UnknownInstance = "unknown_instance",
    }
}

label! {
    /// What was done about an override.
    pub(crate) enum OverrideChange as "change" {
        Set = "set",
        Removed = "removed",
        /// Brought by another registry's heartbeat.
        Adopted = "adopted",
    }
}

label! {
    /// The lists that are cached.
    pub(crate) enum ListKind as "kind" {
        Full = "full",
        Delta = "delta",
        App = "app",
        Vip = "vip",
        SecureVip = "svip",
    }
}

label! {
    /// Whether a list was there.
    pub(crate) enum Lookup as "result" {
        Hit = "hit",
        Miss = "miss",
    }
}

label! {
    /// A control loop.
    pub(crate) enum LoopName as "loop" {
        ReadOnlyCache = "read_only_cache",
        DeltaRetention = "delta_retention",
        Eviction = "eviction",
        RenewalThreshold = "renewal_threshold",
    }
}

/// Counters of the registry, one set per thread.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    counts: Sharded<Counts>,
    /// Leases that are over and were kept by the last eviction run.
    leases_kept: AtomicU64,
}

/// See the metrics of the same names.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) registrations: Grid<(Registering, Origin)>,
    pub(crate) renewals: Grid<(Renewing, Origin)>,
    pub(crate) cancellations: Grid<(Changing, Origin)>,
    pub(crate) override_changes: Grid<(OverrideChange, Changing, Origin)>,
    pub(crate) metadata_changes: Grid<(Changing,)>,
    pub(crate) evictions: Grid<()>,
    pub(crate) lookups: Grid<(ListKind, Lookup)>,
    pub(crate) builds: Grid<(ListKind,), Histogram>,
    pub(crate) loop_runs: Grid<(LoopName,), Histogram>,
}

impl Tally {
    /// Of this thread.
    pub(crate) fn mine(&self) -> &Counts {
        self.counts.mine()
    }

    pub(crate) fn counts(&self) -> &Sharded<Counts> {
        &self.counts
    }

    /// Notes a run of a control loop.
    pub(crate) fn ran(&self, name: LoopName, duration_ns: i64) {
        self.mine().loop_runs.cell((name,)).observe_ns(duration_ns);
    }

    /// Notes a change of an override that came for an instance that there is not.
    pub(crate) fn nobody_to_override(&self, change: OverrideChange, origin: Origin) {
        self.mine().override_changes.count((change, Changing::UnknownInstance, origin));
    }

    /// Notes an eviction run.
    pub(crate) fn evicted(&self, ended: usize, kept: usize) {
        self.mine().evictions.add((), ended as u64);
        self.leases_kept.store(kept as u64, Ordering::Relaxed);
    }

    pub(crate) fn leases_kept(&self) -> u64 {
        self.leases_kept.load(Ordering::Relaxed)
    }
}

impl From<Registration> for Registering {
    fn from(registration: Registration) -> Self {
        match registration {
            Registration::New => Self::New,
            Registration::Again => Self::Again,
            Registration::OlderThanHeld => Self::OlderThanHeld,
        }
    }
}

impl From<NoRoom> for Registering {
    fn from(no_room: NoRoom) -> Self {
        match no_room {
            NoRoom::TooManyInstances { .. } => Self::Full,
            NoRoom::TooManyBytes { .. } => Self::FullOfBytes,
            NoRoom::InstanceTooLarge { .. } | NoRoom::TooManyEntries { .. } | NoRoom::TooManyAddresses => {
                Self::TooLarge
            }
        }
    }
}

impl From<&Renewal> for Renewing {
    fn from(renewal: &Renewal) -> Self {
        match renewal {
            Renewal::Renewed => Self::Renewed,
            Renewal::Unknown => Self::Unknown,
            Renewal::StatusUnknown => Self::StatusUnknown,
            Renewal::ClientIsNewer => Self::ClientNewer,
            Renewal::ReplicaIsOlder(_) => Self::ReplicaOlder,
        }
    }
}

impl From<&Entity> for ListKind {
    fn from(entity: &Entity) -> Self {
        match entity {
            Entity::All => Self::Full,
            Entity::Delta => Self::Delta,
            Entity::App(_) => Self::App,
            Entity::Vip(VipKind::Plain, _) => Self::Vip,
            Entity::Vip(VipKind::Secure, _) => Self::SecureVip,
        }
    }
}
