//! Who a server has amiss: listed though its lease is over, or not listed though it is not.
//!
//! For moments that is a timer's business. Who is amiss at every look, for as long as the evictions of both are awaited,
//! is not: one of the servers does not evict, or has lost somebody.

use std::collections::BTreeSet;

use crate::differential::compare::Mismatch;

/// Fewer looks than this within the wait, and it is the machine that was slow.
const LOOKS_MIN: usize = 20;

/// Applications and ids.
pub(super) type Names = BTreeSet<(String, String)>;

/// Of one server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Amiss {
    /// Listed, and over.
    over: Names,
    /// Not over, and not listed.
    unlisted: Names,
}

impl Amiss {
    pub(super) fn of(listed: &Names, alive: &Names) -> Self {
        Self { over: listed - alive, unlisted: alive - listed }
    }

    fn is_nobody(&self) -> bool {
        self.over.is_empty() && self.unlisted.is_empty()
    }

    fn and(&self, other: &Self) -> Self {
        Self { over: &self.over & &other.over, unlisted: &self.unlisted & &other.unlisted }
    }
}

/// One look at both after the other.
#[derive(Debug, Default)]
pub(super) struct Looks {
    count: usize,
    /// Who was amiss at each of them.
    java: Amiss,
    ours: Amiss,
}

impl Looks {
    /// One more; whether nobody is amiss.
    pub(super) fn are_settled_by(&mut self, java: Amiss, ours: Amiss) -> bool {
        let is_settled = java.is_nobody() && ours.is_nobody();
        (self.java, self.ours) = match self.count {
            0 => (java, ours),
            _ => (self.java.and(&java), self.ours.and(&ours)),
        };
        self.count += 1;
        is_settled
    }

    /// What differs between the two after a wait in vain, if it is no matter of timers.
    pub(super) fn mismatches(&self) -> Vec<Mismatch> {
        if self.count < LOOKS_MIN {
            return Vec::new();
        }
        let pairs = [
            ("who is listed though the lease is over", &self.java.over, &self.ours.over),
            ("who is not listed though the lease is not over", &self.java.unlisted, &self.ours.unlisted),
        ];
        let differing = pairs.into_iter().filter(|(_, java, ours)| java != ours);
        differing.map(|(what, java, ours)| Mismatch::of(what, shown(java), shown(ours))).collect()
    }
}

fn shown(names: &Names) -> Vec<String> {
    names.iter().map(|(app, id)| format!("{app}/{id}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(ids: &[&str]) -> Names {
        ids.iter().map(|id| ("A".to_owned(), (*id).to_owned())).collect()
    }

    /// Looks at which the Java server has nobody amiss, and ours lists these of whom only `one` is not over.
    fn looks(ours_listed: impl Fn(usize) -> &'static [&'static str], count: usize) -> (Looks, bool) {
        let (mut looks, mut is_settled) = (Looks::default(), false);
        for look in 0..count {
            let alive = names(&["one"]);
            let ours = Amiss::of(&names(ours_listed(look)), &alive);
            is_settled = looks.are_settled_by(Amiss::of(&alive, &alive), ours);
        }
        (looks, is_settled)
    }

    #[test]
    fn a_server_that_never_evicts_is_a_difference_that_names_whom() {
        let (looks, is_settled) = looks(|_| &["one", "two"], 60);
        assert!(!is_settled);
        let shown: Vec<_> = looks.mismatches().iter().map(ToString::to_string).collect();
        assert_eq!(shown, [r#"who is listed though the lease is over: Java [], ours ["A/two"]"#]);
    }

    #[test]
    fn so_is_one_that_has_lost_somebody() {
        let (looks, is_settled) = looks(|_| &[], 60);
        assert!(!is_settled);
        let shown: Vec<_> = looks.mismatches().iter().map(ToString::to_string).collect();
        assert_eq!(shown, [r#"who is not listed though the lease is not over: Java [], ours ["A/one"]"#]);
    }

    #[test]
    fn timers_and_slow_machines_are_none() {
        // Another one each time: evicted, but a few at a time.
        let (late, _) = looks(|look| if look < 30 { &["one", "two"] } else { &["one", "three"] }, 60);
        assert!(late.mismatches().is_empty());
        let (slow, _) = looks(|_| &["one", "two"], LOOKS_MIN - 1);
        assert!(slow.mismatches().is_empty());
        let (settled, is_settled) = looks(|look| if look < 30 { &["one", "two"] } else { &["one"] }, 31);
        assert!(is_settled && settled.mismatches().is_empty());
    }
}
