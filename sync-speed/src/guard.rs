//! The last-UP guard: an application is not left without any instance unless somebody insists. Pure.

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
    fn only_up_instances_are_taken_from_callers() {
        use InstanceStatus::{Down, OutOfService, Up};
        for (statuses, takes) in [(vec![OutOfService, Down], false), (vec![OutOfService, Up], true), (vec![], false)] {
            let instances: Vec<InstanceInfo> = statuses.iter().map(|status| instance("A", "1", *status)).collect();
            assert_eq!(takes_any("a", &instances), takes, "{statuses:?}");
            assert!(!takes_any("B", &instances));
        }
    }
}
