use super::*;

fn pod(uid: &str, ip: &str, created_ms: i64, deletion_asked_ms: Option<i64>) -> Pod {
    Pod {
        uid: uid.to_owned(),
        namespace: "shop".to_owned(),
        name: uid.to_owned(),
        ips: if ip.is_empty() { [].into() } else { [ip.parse().unwrap()].into() },
        created_ms,
        deletion_asked_ms,
        is_opted_in: true,
        app: None,
        has_the_nodes_address: false,
        has_ended: false,
    }
}

fn due(pods: &mut Pods, now_ms: i64) -> Vec<(String, u32, i64)> {
    let due = pods.due(now_ms, usize::MAX);
    due.into_iter().map(|due| (due.pod.uid, due.attempt, due.registered_before_ms)).collect()
}

#[test]
fn once_for_each_pod() {
    let mut pods = Pods::new(1);
    assert!(!pods.put(0, pod("u1", "10.1.0.7", 1_000, None)));
    assert_eq!(due(&mut pods, 5_000), []);
    assert!(pods.put(0, pod("u1", "10.1.0.7", 1_000, Some(5_000))));
    assert_eq!(due(&mut pods, 5_000), [("u1".to_owned(), 1, 5_000)]);
    assert!(!pods.put(0, pod("u1", "10.1.0.7", 1_000, Some(5_000))), "as its containers end, it comes again and again");
    assert_eq!(due(&mut pods, 5_000), []);
    assert_eq!(pods.answered("u1", &Answer::Taken, 5_100), Some(Done::Settled));
    assert!(!pods.put(0, pod("u1", "", 1_000, Some(5_000))));
    assert_eq!((due(&mut pods, 9_000), pods.next_due_ms(9_000)), (vec![], None));
    pods.gone(0, pod("u1", "", 1_000, Some(5_000)), 9_000, 9_000);
    assert_eq!((pods.len(), pods.by_ip.len(), pods.leaving.len()), (0, 0, 0));
}

#[test]
fn again_also_when_it_is_gone() {
    let mut pods = Pods::new(1);
    pods.put(0, pod("u1", "10.1.0.7", 1_000, Some(5_000)));
    due(&mut pods, 5_000);
    pods.answered("u1", &Answer::NotNow, 5_000);
    assert_eq!((due(&mut pods, 5_499), pods.next_due_ms(5_499)), (vec![], Some(5_500)));
    assert_eq!(due(&mut pods, 5_500), [("u1".to_owned(), 2, 5_000)]);
    pods.gone(0, pod("u1", "10.1.0.7", 1_000, Some(5_000)), 5_550, 5_550);
    assert_eq!(pods.answered("u1", &Answer::NotNow, 5_600), Some(Done::Failed { attempts: 2, again_at_ms: 6_600 }));
    assert_eq!(due(&mut pods, 6_600), [("u1".to_owned(), 3, 5_000)]);
    assert_eq!(pods.answered("u1", &Answer::Taken, 6_700), Some(Done::Settled));
    assert_eq!((pods.leaving.len(), pods.next_due_ms(6_700)), (0, None));
    // Nothing was to be done about it before.
    pods.put(0, pod("u2", "", 1_000, Some(5_000)));
    pods.gone(0, pod("u2", "", 1_000, Some(5_000)), 7_000, 7_000);
    assert_eq!(pods.leaving.len(), 0);
}

#[test]
fn the_next_pod_with_the_address() {
    let mut pods = Pods::new(1);
    pods.put(0, pod("old", "10.1.0.7", 1_000, Some(5_000)));
    pods.put(0, pod("elsewhere", "10.1.0.8", 4_000, None));
    pods.put(0, pod("older", "10.1.0.7", 500, None));
    pods.put(0, pod("next", "", 4_000, None));
    assert_eq!(pods.next_created_ms(&pods.leaving["old"].pod), None, "the next one has no address yet");
    pods.put(0, pod("next", "10.1.0.7", 4_000, None));
    assert_eq!(due(&mut pods, 5_400), [("old".to_owned(), 1, 4_000)]);
    assert_eq!(pods.answered("old", &Answer::Absent, 5_500), Some(Done::Settled), "nothing is left of it");
    // The next one leaves as well, and is dealt with for itself.
    pods.put(0, pod("next", "10.1.0.7", 4_000, Some(8_000)));
    assert_eq!(due(&mut pods, 8_000), [("next".to_owned(), 1, 8_000)]);
}

#[test]
fn the_address_is_remembered_when_it_is_taken_from_the_pod() {
    let mut pods = Pods::new(1);
    pods.put(0, pod("u1", "10.1.0.7", 1_000, None));
    pods.put(0, pod("u1", "", 1_000, Some(5_000)));
    assert_eq!(pods.due(5_000, 1)[0].pod.ips, ["10.1.0.7".parse().unwrap()].into());
}

#[test]
fn what_a_list_does_not_show_is_gone() {
    let mut pods = Pods::new(2);
    pods.put(0, pod("a", "10.1.0.1", 1_000, Some(5_000)));
    pods.put(0, pod("b", "10.1.0.2", 1_000, Some(5_000)));
    pods.put(1, pod("c", "10.1.0.3", 1_000, Some(5_000)));
    due(&mut pods, 5_000);
    pods.answered("b", &Answer::Taken, 5_000);
    pods.listing(0, 5_000);
    pods.put(0, pod("b", "10.1.0.2", 1_000, Some(5_000)));
    pods.put(0, pod("d", "10.1.0.4", 1_000, Some(5_000)));
    pods.listed(0, 5_000);
    let left: Vec<&str> = pods.leaving.keys().map(AsRef::as_ref).collect();
    assert_eq!((left, pods.len()), (vec!["a", "b", "c", "d"], 3), "a's order is under way");
    pods.answered("a", &Answer::Taken, 5_000);
    assert_eq!(pods.leaving.len(), 3);
    assert_eq!(due(&mut pods, 5_000), [("d".to_owned(), 1, 5_000)], "b was done before");
}

#[test]
fn memory_is_bounded() {
    let mut pods = Pods { pods_max: 2, ..Pods::new(1) };
    for (uid, ip) in [("a", "10.1.0.1"), ("b", "10.1.0.2"), ("c", "10.1.0.3")] {
        pods.put(0, pod(uid, ip, 1_000, None));
    }
    assert_eq!((pods.len(), pods.by_ip.len(), pods.passed_over), (2, 2, 1));
    pods.put(0, pod("c", "10.1.0.3", 1_000, Some(5_000)));
    assert_eq!(due(&mut pods, 5_000), [("c".to_owned(), 1, 5_000)], "that it leaves is seen all the same");
}

#[test]
fn orders_at_one_time_are_bounded() {
    let mut pods = Pods::new(1);
    for n in 1..=5 {
        pods.put(0, pod(&format!("u{n}"), &format!("10.1.0.{n}"), 1_000, Some(5_000)));
    }
    assert_eq!((pods.due(5_000, 3).len(), pods.due(5_000, 3).len(), pods.due(5_000, 3).len()), (3, 2, 0));
}

#[test]
fn one_that_vanishes_is_ordered_for_what_registered_while_it_was_there() {
    let mut pods = Pods::new(1);
    let gone = || pod("u1", "10.1.0.7", 1_000, None);
    pods.put(0, gone());
    pods.gone(0, gone(), 5_900, 5_900);
    assert_eq!((due(&mut pods, 5_900), pods.next_due_ms(5_900)), (vec![], Some(6_400)), "who has its address now?");
    assert_eq!(due(&mut pods, 6_400), [("u1".to_owned(), 1, 5_000)]);
    assert_eq!(pods.answered("u1", &Answer::Taken, 6_500), Some(Done::Settled));
    assert_eq!((pods.len(), pods.leaving.len()), (0, 0));
    // Not what registered since the next one with the address was created, though that was heard of later.
    pods.put(0, gone());
    pods.gone(0, gone(), 5_900, 5_900);
    pods.put(0, pod("next", "10.1.0.7", 4_000, None));
    assert_eq!(due(&mut pods, 6_400), [("u1".to_owned(), 1, 4_000)]);
    assert_eq!(pods.answered("u1", &Answer::Absent, 6_500), Some(Done::Settled));
    // Its address was taken from it before.
    pods.put(0, pod("u2", "10.1.0.8", 1_000, None));
    pods.gone(0, pod("u2", "", 1_000, None), 7_000, 7_000);
    assert_eq!(pods.due(7_500, 1)[0].pod.ips, ["10.1.0.8".parse().unwrap()].into());
}

#[test]
fn one_that_a_list_does_not_show_any_more_was_there_while_it_was_followed() {
    let mut pods = Pods::new(1);
    pods.put(0, pod("u1", "10.1.0.7", 1_000, None));
    pods.put(0, pod("u2", "10.1.0.8", 1_000, None));
    pods.listing(0, 7_300);
    pods.put(0, pod("u2", "10.1.0.8", 1_000, None));
    pods.listed(0, 90_000);
    assert_eq!(due(&mut pods, 90_500), [("u1".to_owned(), 1, 7_000)]);
    // It is there after all.
    pods.put(0, pod("u1", "10.1.0.7", 1_000, None));
    assert_eq!((pods.leaving.len(), pods.len()), (0, 2));
}

#[test]
fn of_those_that_vanish_only_some_are_meant() {
    type Change = fn(&mut Pod);
    let rows: [(&str, Change); 4] = [
        ("not opted in", |pod| pod.is_opted_in = false),
        ("without an address", |pod| pod.ips.clear()),
        ("on its node's address", |pod| pod.has_the_nodes_address = true),
        ("its address was given back long ago", |pod| pod.has_ended = true),
    ];
    for (what, change) in rows {
        let mut pods = Pods::new(1);
        let mut vanishing = pod("u1", "10.1.0.7", 1_000, None);
        change(&mut vanishing);
        pods.put(0, vanishing.clone());
        pods.gone(0, vanishing, 5_000, 5_000);
        assert_eq!((pods.len(), pods.by_ip.len(), pods.leaving.len()), (0, 0, 0), "{what}");
    }
}
