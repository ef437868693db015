//! What the entries said, from look to look. What was done stays done; what was there stays there.

use std::collections::BTreeMap;

use super::entry::Entry;

#[derive(Default)]
pub(super) struct Ledger {
    entries: BTreeMap<String, Entry>,
    pub(super) violations: Vec<String>,
}

impl Ledger {
    /// Takes in what was answered; whether it is done now and was not at the last look.
    pub(super) fn note(&mut self, mut entry: Entry) -> bool {
        let before = self.entries.get(&entry.id);
        entry.caller = entry.caller.or_else(|| before.and_then(|before| before.caller.clone()));
        let was_done = before.is_some_and(Entry::is_done);
        if was_done && !entry.is_done() {
            self.violations.push(format!("it was done, and is not any more: {}", entry.in_words()));
        }
        let is_new = entry.is_done() && !was_done;
        self.entries.insert(entry.id.clone(), entry);
        is_new
    }

    /// Ids of those that are not final yet.
    pub(super) fn open(&self) -> Vec<String> {
        self.entries.values().filter(|entry| !entry.is_final()).map(|entry| entry.id.clone()).collect()
    }

    /// sync-speed itself took it offline meanwhile, because the registry had forgotten an older offline of it: then its turn
    /// in the rolling one is passed over.
    fn is_kept_out_by_a_newer_one(&self, instance: &str, rolling: &Entry) -> bool {
        let is_own = |one: &&Entry| one.kind == "offline" && one.caller.as_deref() == Some("sync-speed");
        let own = self.entries.values().filter(is_own);
        let mut newer = own.filter(|one| one.number() > rolling.number() && one.is_done());
        newer.any(|one| one.with_outcome("done").any(|done| done.instance_id == instance))
    }

    /// Each instance has exactly one done offline of this rolling one, or a newer one.
    pub(super) fn each_is_done_once(&mut self, rolling: &Entry) {
        let mut times: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for planned in &rolling.instances {
            times.insert(&planned.instance_id, Vec::new());
        }
        for share in self.entries.values().filter(|entry| entry.part_of.as_deref() == Some(rolling.id.as_str())) {
            for instance in share.with_outcome("done") {
                times.entry(&instance.instance_id).or_default().push(&share.id);
            }
        }
        let wrong = times.iter().filter(|(instance, shares)| {
            shares.len() > 1 || (shares.is_empty() && !self.is_kept_out_by_a_newer_one(instance, rolling))
        });
        let wrong = wrong.map(|(instance, shares)| {
            format!("{}: {instance} was taken offline {} times: {}", rolling.id, shares.len(), shares.join(", "))
        });
        self.violations.extend(wrong.collect::<Vec<_>>());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(id: &str, state: &str, part_of: Option<&str>, instances: &[(&str, &str)]) -> Entry {
        let instances: Vec<_> =
            instances.iter().map(|(id, outcome)| json!({"instanceId": id, "outcome": outcome})).collect();
        let answer = json!({"id": id, "kind": "offline", "state": state, "partOf": part_of, "instances": instances});
        serde_json::from_value(answer).unwrap()
    }

    #[test]
    fn what_was_done_stays_done() {
        let mut ledger = Ledger::default();
        assert!(!ledger.note(entry("o-1", "partial", None, &[])));
        assert!(ledger.note(entry("o-1", "done", None, &[])));
        assert!(!ledger.note(entry("o-1", "done", None, &[])));
        assert_eq!(ledger.violations, [] as [&str; 0]);
        assert!(!ledger.note(entry("o-1", "recorded", None, &[("a", "pending")])));
        assert_eq!(ledger.violations.len(), 1, "{:?}", ledger.violations);
        assert_eq!(ledger.open(), ["o-1"]);
    }

    #[test]
    fn each_once() {
        let mut ledger = Ledger::default();
        ledger.note(entry("o-2", "done", Some("o-1"), &[("a", "done"), ("b", "refused")]));
        ledger.note(entry("o-3", "done", Some("o-1"), &[("b", "done")]));
        ledger.note(entry("o-9", "done", None, &[("b", "done")]));
        let rolling = entry("o-1", "done", None, &[("a", "done"), ("b", "done")]);
        ledger.each_is_done_once(&rolling);
        assert_eq!(ledger.violations, [] as [&str; 0]);
        ledger.note(entry("o-4", "done", Some("o-1"), &[("b", "done")]));
        ledger.note(entry("o-0", "done", None, &[("c", "done")]));
        ledger.note(Entry { caller: Some("sync-speed".into()), ..entry("o-5", "done", None, &[("d", "done")]) });
        let instances = [("a", "done"), ("b", "done"), ("c", "done"), ("d", "passed-over")];
        ledger.each_is_done_once(&entry("o-1", "done", None, &instances));
        assert_eq!(
            ledger.violations,
            ["o-1: b was taken offline 2 times: o-3, o-4", "o-1: c was taken offline 0 times: "]
        );
    }
}
