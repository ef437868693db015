//! The guards: an application is not left without any instance unless somebody insists, and a configured share of its
//! instances stays. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use eurus_model::{Applications, InstanceInfo, InstanceStatus};

use crate::registration::Registration;

/// Instances of one application that this service took offline recently, by id: the local copy may still show them
/// UP. Read from the journal, so that a restart forgets none.
pub type RecentlyOffline = BTreeMap<String, Registration>;

/// Whether taking these instances, as the registry shows them now, takes anything away from callers: what is not UP
/// serves nobody.
pub fn takes_any(app: &str, instances: &[InstanceInfo]) -> bool {
    instances.iter().any(|instance| instance.app.eq_ignore_ascii_case(app) && instance.status == InstanceStatus::Up)
}

/// Who would be left to serve: the application's UP instances in the local copy, without those to be taken and those
/// that this service took recently. The copy may be stale: at least one has to be confirmed by a live read.
pub fn left_to_serve(
    copy: &Applications,
    app: &str,
    taken: &[InstanceInfo],
    recently_offline: &RecentlyOffline,
) -> Vec<Arc<InstanceInfo>> {
    let Some(application) = copy.by_name.get(&app.to_uppercase()) else { return Vec::new() };
    let is_taken =
        |id: &str| taken.iter().any(|instance| instance.instance_id == id && instance.app.eq_ignore_ascii_case(app));
    application
        .instances
        .values()
        .filter(|instance| instance.status == InstanceStatus::Up && !is_taken(&instance.instance_id))
        .filter(|instance| {
            // A newer registration under the same id is another life: it was not taken offline.
            recently_offline
                .get(&instance.instance_id)
                .is_none_or(|offline| Registration::of(instance).is_newer_than(offline))
        })
        .cloned()
        .collect()
}

/// How many serve, and how many of them have to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Staying {
    /// UP before, without those that this service took.
    pub up: usize,
    /// UP after.
    pub would_stay: usize,
    /// At least.
    pub must_stay: usize,
    /// Of so many: those UP, and those that this service took and has not brought back.
    pub of: usize,
}

impl Staying {
    /// For a person: which count is meant by each number.
    pub fn in_words(&self, app: &str, percent: u32) -> String {
        format!(
            "{} of {app} are UP, {} would be left, and {} must stay: {percent} % (eurus.sync-speed.keep-percent) of {}, which \
             are those that are UP and {} that were taken offline and not brought back",
            self.up,
            self.would_stay,
            self.must_stay,
            self.of,
            self.of - self.up
        )
    }

    /// Whether enough stay.
    pub fn is_enough(&self) -> bool {
        self.would_stay >= self.must_stay
    }
}

/// What taking these leaves, where a share of all has to stay. What this service ever took counts among all for as long
/// as it is registered and neither brought back nor UP: else the share would shrink with each request.
pub fn staying(
    copy: &Applications,
    app: &str,
    taken: &[InstanceInfo],
    recently_offline: &RecentlyOffline,
    ever_offline: &RecentlyOffline,
    percent: u32,
) -> Staying {
    const WHOLE: usize = 100;
    let serving = left_to_serve(copy, app, &[], recently_offline);
    let would_stay = left_to_serve(copy, app, taken, recently_offline).len();
    let is_ours = |instance: &&Arc<InstanceInfo>| {
        let offline = ever_offline.get(&instance.instance_id);
        offline.is_some_and(|offline| !Registration::of(instance).is_newer_than(offline))
    };
    let serves = |instance: &&Arc<InstanceInfo>| serving.iter().any(|one| one.instance_id == instance.instance_id);
    let instances = copy.by_name.get(&app.to_uppercase()).map(|application| application.instances.values());
    let ours = instances.into_iter().flatten().filter(|one| is_ours(one) && !serves(one)).count();
    let of = serving.len() + ours;
    let must_stay = of.saturating_mul(usize::try_from(percent).unwrap_or(WHOLE)).div_ceil(WHOLE);
    Staying { up: serving.len(), would_stay, must_stay, of }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(app: &str, id: &str, status: InstanceStatus) -> InstanceInfo {
        let mut instance = InstanceInfo::new(app, id, "h", "10.0.0.1");
        instance.status = status;
        instance.lease.service_up_ms = 100;
        instance
    }

    fn copy() -> Applications {
        use InstanceStatus::{Down, OutOfService, Up};
        let mut copy = Applications::default();
        for (app, id, status) in
            [("A", "1", Up), ("A", "2", Up), ("A", "3", OutOfService), ("A", "4", Down), ("A", "5", Up), ("B", "9", Up)]
        {
            copy.insert(Arc::new(instance(app, id, status)));
        }
        copy
    }

    #[test]
    fn who_is_left() {
        type Row = (&'static str, &'static [&'static str], &'static [(&'static str, i64)], &'static [&'static str]);
        let rows: &[Row] = &[
            ("A", &["1"], &[], &["2", "5"]),
            ("a", &["1"], &[], &["2", "5"]),
            ("A", &["1", "2"], &[], &["5"]),
            ("A", &["1", "2", "5"], &[], &[]),
            // The copy still shows 5 UP, but this service took it.
            ("A", &["1", "2"], &[("5", 100)], &[]),
            // 5 was taken in an earlier life and is back.
            ("A", &["1", "2"], &[("5", 99)], &["5"]),
            ("A", &["4"], &[], &["1", "2", "5"]),
            ("B", &["9"], &[], &[]),
            ("NONE", &["1"], &[], &[]),
        ];
        for (app, taken, recent, expected) in rows {
            let taken: Vec<InstanceInfo> = taken.iter().map(|id| instance(app, id, InstanceStatus::Up)).collect();
            let recent: RecentlyOffline = recent
                .iter()
                .map(|(id, service_up_ms)| {
                    ((*id).to_owned(), Registration { ip: "10.0.0.1".to_owned(), service_up_ms: *service_up_ms })
                })
                .collect();
            let left = left_to_serve(&copy(), app, &taken, &recent);
            let ids: Vec<&str> = left.iter().map(|instance| instance.instance_id.as_str()).collect();
            assert_eq!(ids, *expected, "{app} taking {taken:?} after {recent:?}");
        }
    }

    #[test]
    fn a_share_stays() {
        /// Share, taken now, taken before (true: so long ago that the copy is believed again), what comes of it.
        type Row = (u32, &'static [&'static str], &'static [(&'static str, i64, bool)], [usize; 4], bool);
        // A has 1, 2 and 5 UP, 3 OUT_OF_SERVICE, 4 DOWN.
        let rows: &[Row] = &[
            (0, &["1", "2", "5"], &[], [3, 0, 0, 3], true),
            (1, &["1", "2"], &[], [3, 1, 1, 3], true),
            (34, &["1"], &[], [3, 2, 2, 3], true),
            (34, &["1", "2"], &[], [3, 1, 2, 3], false),
            (66, &["1"], &[], [3, 2, 2, 3], true),
            (67, &["1"], &[], [3, 2, 3, 3], false),
            (100, &["1"], &[], [3, 2, 3, 3], false),
            // 3 was taken by this service: a quarter is gone already.
            (50, &["1"], &[("3", 100, false)], [3, 2, 2, 4], true),
            (75, &["1"], &[("3", 100, false)], [3, 2, 3, 4], false),
            // So was 5, which the copy still shows UP.
            (50, &["1"], &[("3", 100, false), ("5", 100, false)], [2, 1, 2, 4], false),
            // It was, in an earlier life.
            (50, &["1"], &[("5", 99, false)], [3, 2, 2, 3], true),
            // Long ago: it is still out, or somebody else has brought it back.
            (75, &["1"], &[("3", 100, true)], [3, 2, 3, 4], false),
            (50, &["1"], &[("5", 100, true)], [3, 2, 2, 3], true),
            // One that is gone for good is not waited for.
            (50, &["1"], &[("gone", 100, false)], [3, 2, 2, 3], true),
        ];
        for (percent, taken, offline, [up, would_stay, must_stay, of], is_enough) in rows {
            let taken: Vec<InstanceInfo> = taken.iter().map(|id| instance("A", id, InstanceStatus::Up)).collect();
            let registration = |service_up_ms| Registration { ip: "10.0.0.1".to_owned(), service_up_ms };
            let all = |is_wanted: &dyn Fn(bool) -> bool| -> RecentlyOffline {
                let wanted = offline.iter().filter(|(_, _, is_long_ago)| is_wanted(*is_long_ago));
                wanted.map(|(id, up_ms, _)| ((*id).to_owned(), registration(*up_ms))).collect()
            };
            let (recent, ever) = (all(&|is_long_ago| !is_long_ago), all(&|_| true));
            let staying = staying(&copy(), "a", &taken, &recent, &ever, *percent);
            let expected = Staying { up: *up, would_stay: *would_stay, must_stay: *must_stay, of: *of };
            assert_eq!((staying, staying.is_enough()), (expected, *is_enough), "{percent} % {taken:?} {offline:?}");
            assert!(
                staying
                    .in_words("A", *percent)
                    .contains(&format!(" of {of}, which are those that are UP and {} that", of - up))
            );
        }
    }

    #[test]
    fn only_up_instances_are_taken_from_callers() {
        use InstanceStatus::{Down, OutOfService, Up};
        for (statuses, takes) in [(vec![OutOfService, Down], false), (vec![OutOfService, Up], true), (vec![], false)] {
            let instances: Vec<InstanceInfo> = statuses.iter().map(|status| instance("A", "1", *status)).collect();
            assert_eq!(takes_any("a", &instances), takes, "{statuses:?}");
            assert!(!takes_any("B", &instances));
        }
    }
}
