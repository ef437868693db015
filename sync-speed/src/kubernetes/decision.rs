//! What to do about a pod, and what the answer to its order means. Pure.

use super::pod::Pod;

/// Orders of one pod that may fail: with the waits between them, about six minutes.
const ATTEMPTS_MAX: u32 = 30;
/// Orders of one pod that find no instance: the registry's lists may be behind by their caches, 30 s.
const ABSENT_ATTEMPTS_MAX: u32 = 6;
const RETRY_BASE_MS: i64 = 500;
const RETRY_MAX_MS: i64 = 15_000;

/// What was done about a pod so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Done {
    #[default]
    Nothing,
    UnderWay {
        attempts: u32,
    },
    /// Taken offline, or there is nothing that could be.
    Settled,
    Failed {
        attempts: u32,
        again_at_ms: i64,
    },
    GaveUp,
}

/// What to do about a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Nothing, as it stays, is not ours, or is dealt with.
    Leave,
    /// Nothing, and somebody should know: its address is its node's, and no annotation names its application.
    LeaveTheNode,
    Wait {
        until_ms: i64,
    },
    /// Take offline what registered before this moment.
    Order {
        attempt: u32,
        registered_before_ms: i64,
    },
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// An entry of the journal does the rest.
    Taken,
    /// No registration of before is behind the address.
    Absent,
    /// It can work later.
    NotNow,
    /// It never can.
    Never,
}

/// `next_created_ms`: when the first later pod with one of its addresses was created.
pub(super) fn decide(pod: &Pod, done: Done, next_created_ms: Option<i64>, now_ms: i64) -> Action {
    let Some(asked_ms) = pod.deletion_asked_ms else { return Action::Leave };
    if !pod.is_opted_in || pod.ips.is_empty() {
        return Action::Leave;
    }
    if pod.has_the_nodes_address && pod.app.is_none() {
        return Action::LeaveTheNode;
    }
    let attempts = match done {
        Done::UnderWay { .. } | Done::Settled | Done::GaveUp => return Action::Leave,
        Done::Failed { again_at_ms, .. } if again_at_ms > now_ms => return Action::Wait { until_ms: again_at_ms },
        Done::Failed { attempts, .. } => attempts,
        Done::Nothing => 0,
    };
    // Kubernetes counts whole seconds: of what registered within the one of the deletion it is not known whose it is, and
    // what is not certainly this pod's is left alone.
    let registered_before_ms = next_created_ms.map_or(asked_ms, |created_ms| asked_ms.min(created_ms));
    Action::Order { attempt: attempts + 1, registered_before_ms }
}

/// `has_successor`: a later pod has the address.
pub(super) fn after(answer: &Answer, attempts: u32, has_successor: bool, now_ms: i64) -> Done {
    let attempts_max = match answer {
        Answer::Taken | Answer::Never => return Done::Settled,
        // What is gone does not come back.
        Answer::Absent if has_successor => return Done::Settled,
        Answer::Absent => ABSENT_ATTEMPTS_MAX,
        Answer::NotNow => ATTEMPTS_MAX,
    };
    if attempts >= attempts_max {
        return if *answer == Answer::Absent { Done::Settled } else { Done::GaveUp };
    }
    let doublings = attempts.saturating_sub(1).min(16);
    Done::Failed { attempts, again_at_ms: now_ms.saturating_add((RETRY_BASE_MS << doublings).min(RETRY_MAX_MS)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED_MS: i64 = 100_000;
    const NOW_MS: i64 = 100_400;

    fn leaving() -> Pod {
        Pod {
            uid: "u-1".to_owned(),
            namespace: "shop".to_owned(),
            name: "java-7".to_owned(),
            ips: ["10.1.0.7".parse().unwrap()].into(),
            created_ms: 1_000,
            deletion_asked_ms: Some(ASKED_MS),
            is_opted_in: true,
            app: None,
            has_the_nodes_address: false,
            has_ended: false,
        }
    }

    fn order(attempt: u32, registered_before_ms: i64) -> Action {
        Action::Order { attempt, registered_before_ms }
    }

    #[test]
    fn which_pods() {
        type Change = fn(&mut Pod);
        let rows: [(&str, Change, Action); 7] = [
            ("leaving", |_| {}, order(1, 100_000)),
            ("staying", |pod| pod.deletion_asked_ms = None, Action::Leave),
            ("not opted in", |pod| pod.is_opted_in = false, Action::Leave),
            ("without an address", |pod| pod.ips.clear(), Action::Leave),
            ("on the node's address", |pod| pod.has_the_nodes_address = true, Action::LeaveTheNode),
            (
                "on the node's address, with its application",
                |pod| (pod.has_the_nodes_address, pod.app) = (true, Some("A".to_owned())),
                order(1, 100_000),
            ),
            (
                "on the node's address, staying",
                |pod| (pod.has_the_nodes_address, pod.deletion_asked_ms) = (true, None),
                Action::Leave,
            ),
        ];
        for (what, change, expected) in rows {
            let mut pod = leaving();
            change(&mut pod);
            assert_eq!(decide(&pod, Done::Nothing, None, NOW_MS), expected, "{what}");
        }
    }

    #[test]
    fn what_was_done_before() {
        for (done, expected) in [
            (Done::Nothing, order(1, 100_000)),
            (Done::UnderWay { attempts: 1 }, Action::Leave),
            (Done::Settled, Action::Leave),
            (Done::GaveUp, Action::Leave),
            (Done::Failed { attempts: 3, again_at_ms: NOW_MS + 1 }, Action::Wait { until_ms: NOW_MS + 1 }),
            (Done::Failed { attempts: 3, again_at_ms: NOW_MS }, order(4, 100_000)),
        ] {
            assert_eq!(decide(&leaving(), done, None, NOW_MS), expected, "{done:?}");
        }
    }

    #[test]
    fn whoever_has_the_address_next_is_not_meant() {
        for (next_created_ms, before_ms) in [
            (None, 100_000),
            // Within the second in which the deletion was asked for.
            (Some(100_000), 100_000),
            (Some(90_000), 90_000),
            (Some(101_000), 100_000),
        ] {
            let action = decide(&leaving(), Done::Nothing, next_created_ms, NOW_MS);
            assert_eq!(action, order(1, before_ms), "{next_created_ms:?}");
        }
    }

    #[test]
    fn what_an_answer_means() {
        let again = |attempts, wait_ms| Done::Failed { attempts, again_at_ms: NOW_MS + wait_ms };
        for (answer, attempts, has_successor, expected) in [
            (Answer::Taken, 1, false, Done::Settled),
            (Answer::Never, 1, false, Done::Settled),
            (Answer::NotNow, 1, false, again(1, 500)),
            (Answer::NotNow, 2, true, again(2, 1_000)),
            (Answer::NotNow, 6, false, again(6, 15_000)),
            (Answer::NotNow, 29, false, again(29, 15_000)),
            (Answer::NotNow, 30, false, Done::GaveUp),
            (Answer::Absent, 1, false, again(1, 500)),
            (Answer::Absent, 1, true, Done::Settled),
            (Answer::Absent, 5, false, again(5, 8_000)),
            (Answer::Absent, 6, false, Done::Settled),
        ] {
            assert_eq!(after(&answer, attempts, has_successor, NOW_MS), expected, "{answer:?} {attempts}");
        }
    }
}
