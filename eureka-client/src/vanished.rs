//! A whole list that shows no service any more, although the copy does: a registry that has just started without a
//! memory shows one until everybody has registered again. For a bounded time the copy is believed instead. Pure.
//!
//! Deltas are not judged: they name what has left, and a registry without a memory cannot.

use eurus_model::Applications;

/// Since when the registry shows no service, while the copy does.
#[derive(Debug, Default)]
pub(crate) struct Vanished {
    since_ms: Option<i64>,
}

/// What to do with a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It replaces the copy.
    Take,
    /// It replaces the copy, which was kept in vain since then.
    TakeAfterAll {
        /// When the first list without services came, epoch milliseconds.
        since_ms: i64,
    },
    /// The copy stays.
    Keep {
        /// At most until then, epoch milliseconds.
        until_ms: i64,
        /// The first list of its kind in a row.
        is_news: bool,
    },
}

impl Vanished {
    /// Judges a whole list that came now.
    pub(crate) fn judge(
        &mut self,
        copy: Option<&Applications>,
        full: &Applications,
        keep_ms: i64,
        now_ms: i64,
    ) -> Verdict {
        if shows_services(full) || !copy.is_some_and(shows_services) {
            self.since_ms = None;
            return Verdict::Take;
        }
        let is_news = self.since_ms.is_none();
        let since_ms = *self.since_ms.get_or_insert(now_ms);
        let until_ms = since_ms.saturating_add(keep_ms);
        if now_ms < until_ms {
            return Verdict::Keep { until_ms, is_news };
        }
        self.since_ms = None;
        Verdict::TakeAfterAll { since_ms }
    }
}

/// Parts of eurus do not count: they are the first to be back.
fn shows_services(list: &Applications) -> bool {
    list.instances().any(|instance| !instance.is_internal())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use eurus_model::InstanceInfo;

    use super::*;

    const KEEP_MS: i64 = 1_000;

    fn list(instances: &[(&str, bool)]) -> Applications {
        let mut list = Applications::default();
        for (id, is_internal) in instances {
            let mut instance = InstanceInfo::new("A", id, "h", "10.0.0.1");
            if *is_internal {
                instance.metadata.push((InstanceInfo::INTERNAL.to_owned(), "true".to_owned()));
            }
            list.insert(Arc::new(instance));
        }
        list
    }

    #[test]
    fn a_list_without_services_is_not_believed_at_once() {
        let (copy, empty, internal) = (list(&[("1", false)]), list(&[]), list(&[("gateway", true)]));
        let mut vanished = Vanished::default();
        let keep = |is_news| Verdict::Keep { until_ms: 5_000 + KEEP_MS, is_news };
        assert_eq!(vanished.judge(Some(&copy), &empty, KEEP_MS, 5_000), keep(true));
        assert_eq!(vanished.judge(Some(&copy), &internal, KEEP_MS, 5_999), keep(false));
        assert_eq!(vanished.judge(Some(&copy), &empty, KEEP_MS, 6_000), Verdict::TakeAfterAll { since_ms: 5_000 });
        // A new row.
        assert_eq!(
            vanished.judge(Some(&copy), &empty, KEEP_MS, 6_001),
            Verdict::Keep { until_ms: 7_001, is_news: true }
        );
        assert_eq!(vanished.judge(Some(&copy), &list(&[("2", false)]), KEEP_MS, 6_002), Verdict::Take);
        assert_eq!(vanished.judge(Some(&copy), &empty, 0, 6_003), Verdict::TakeAfterAll { since_ms: 6_003 });
    }

    #[test]
    fn where_nothing_was_nothing_vanishes() {
        let (empty, internal) = (list(&[]), list(&[("gateway", true)]));
        for copy in [None, Some(&empty), Some(&internal)] {
            assert_eq!(Vanished::default().judge(copy, &empty, KEEP_MS, 0), Verdict::Take);
        }
    }
}
