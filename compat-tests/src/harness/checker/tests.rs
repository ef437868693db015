use super::super::history::{Event, Happening, History, OrderKind};
use super::super::layer::Layer;
use super::super::timeline::Change;
use super::*;

fn ordered(kind: OrderKind, state: &str) -> Happening {
    Happening::Ordered { kind, instance: "a".to_owned(), state: state.to_owned() }
}

fn begun() -> Happening {
    Happening::Begun { instance: "a".to_owned() }
}

fn registered(is_new: bool) -> Happening {
    Happening::Registered { registry: "r".to_owned(), instance: "a".to_owned(), is_new }
}

fn emptied() -> Happening {
    Happening::Emptied { registry: "r".to_owned() }
}

fn cancelled() -> Happening {
    Happening::Cancelled { registry: "r".to_owned(), instance: "a".to_owned() }
}

fn unknown() -> Happening {
    Happening::Unknown { registry: "r".to_owned(), instance: "a".to_owned(), lease_ms: 90_000 }
}

fn shows(node: &str, layer: Layer, to: Option<&str>) -> Happening {
    let (node, instance) = (node.to_owned(), "a".to_owned());
    Happening::Changed(Change { at_ms: 0, node, layer, instance, from: None, to: to.map(ToOwned::to_owned) })
}

fn broken(events: Vec<(i64, Happening)>) -> Vec<(Rule, i64)> {
    let mut history = History::default();
    events.into_iter().for_each(|(at_ms, what)| history.note(at_ms, what));
    let following = [Following { gateway: "g".to_owned(), registry: "r".to_owned(), behind_ms: 65_000 }];
    check(&history, &following).into_iter().map(|violation| (violation.rule, violation.at_ms)).collect()
}

#[test]
fn nothing_begins_after_done() {
    use OrderKind::{Offline, Online};
    let done = || ordered(Offline, "done");
    for (events, expected) in [
        (vec![(1, begun()), (2, done()), (3, begun()), (4, begun())], vec![(Rule::Offline, 3)]),
        // The order of the history counts, not the time alone.
        (vec![(2, done()), (2, begun())], vec![(Rule::Offline, 2)]),
        (vec![(2, begun()), (2, done())], vec![]),
        (vec![(2, ordered(Offline, "partial")), (3, begun())], vec![]),
        (vec![(2, done()), (3, ordered(Online, "done")), (4, begun())], vec![]),
        (vec![(2, done()), (3, ordered(Online, "done")), (4, done()), (5, begun())], vec![(Rule::Offline, 5)]),
        (vec![(2, done()), (3, registered(true)), (4, begun())], vec![]),
        // A registry that forgot everybody does not begin new lives, a goodbye does.
        // It is healed in a while, and then it holds again.
        (vec![(2, done()), (3, emptied()), (4, registered(true)), (90_003, begun())], vec![]),
        (vec![(2, done()), (3, emptied()), (4, registered(true)), (90_004, begun())], vec![(Rule::Offline, 90_004)]),
        (vec![(2, done()), (3, emptied()), (4, cancelled()), (5, registered(true)), (6, begun())], vec![]),
        // Registering a live lease again continues the same life.
        (vec![(2, done()), (3, registered(false)), (4, begun())], vec![(Rule::Offline, 4)]),
        (vec![(2, done()), (3, Happening::StatusSet { instance: "a".to_owned() }), (4, begun())], vec![]),
    ] {
        assert_eq!(broken(events.clone()), expected, "{events:?}");
    }
}

#[test]
fn what_is_done_stays_done_at_the_registry() {
    let done = || ordered(OrderKind::Offline, "done");
    let up = |node: &str, layer| shows(node, layer, Some("UP"));
    let out = |node: &str| shows(node, Layer::Store, Some("OUT_OF_SERVICE"));
    for (events, expected) in [
        (vec![(1, done()), (2, up("r", Layer::Store))], vec![(Rule::Kept, 2)]),
        (vec![(1, done()), (2, up("r", Layer::ReadOnly))], vec![]),
        (vec![(1, done()), (2, shows("r", Layer::Store, Some("OUT_OF_SERVICE")))], vec![]),
        (vec![(1, done()), (2, ordered(OrderKind::Online, "done")), (3, up("r", Layer::Store))], vec![]),
        // What an emptied registry shows has to be healed.
        (vec![(1, done()), (2, emptied()), (3, up("r", Layer::Store)), (4, out("r")), (95_000, begun())], vec![]),
        (vec![(1, done()), (2, emptied()), (3, up("r", Layer::Store)), (90_003, out("q"))], vec![(Rule::Kept, 90_003)]),
        (vec![(1, done()), (2, emptied()), (90_003, up("r", Layer::Store))], vec![(Rule::Kept, 90_003)]),
    ] {
        let found: Vec<_> = broken(events.clone()).into_iter().filter(|(rule, _)| *rule == Rule::Kept).collect();
        assert_eq!(found, expected, "{events:?}");
    }
}

#[test]
fn a_registration_is_not_forgotten() {
    let renewed = || Happening::Renewed { registry: "r".to_owned(), instance: "a".to_owned() };
    for (events, expected) in [
        (vec![(0, registered(true)), (90_000, unknown())], vec![(Rule::Registered, 90_000)]),
        (vec![(0, registered(true)), (90_001, unknown())], vec![]),
        (vec![(0, registered(true)), (60_000, renewed()), (120_000, unknown())], vec![(Rule::Registered, 120_000)]),
        (vec![(0, registered(true)), (1, cancelled()), (2, unknown())], vec![]),
        (vec![(0, registered(true)), (1, emptied()), (2, unknown())], vec![]),
        (vec![(5, unknown())], vec![]),
    ] {
        assert_eq!(broken(events.clone()), expected, "{events:?}");
    }
}

#[test]
fn gateways_end_where_their_registry_is() {
    let store = |to| shows("r", Layer::Store, to);
    let routed = |to| shows("g", Layer::Routable, to);
    let end = (200_000, Happening::Step { name: "end".to_owned(), outcome: None });
    for (events, converged) in [
        (vec![(0, store(Some("UP"))), (30_000, routed(Some("UP")))], true),
        (vec![(0, store(Some("UP")))], false),
        (vec![(0, store(Some("UP"))), (30_000, routed(Some("UP"))), (90_000, store(None))], false),
        (vec![(0, store(Some("UP"))), (30_000, routed(Some("UP"))), (190_000, store(None))], true),
        (vec![(0, store(Some("OUT_OF_SERVICE"))), (1, routed(Some("UP"))), (2, routed(None))], true),
        (vec![(0, store(Some("UP"))), (1, routed(Some("UP"))), (2, routed(Some("OUT_OF_SERVICE")))], false),
    ] {
        let found = broken([events.clone(), vec![end.clone()]].concat());
        let expected = if converged { vec![] } else { vec![(Rule::Converged, 200_000)] };
        assert_eq!(found, expected, "{events:?}");
    }
}

#[test]
fn a_hash_that_does_not_fit_is_named() {
    let (said, counted) = ("UP_1_".to_owned(), "UP_2_".to_owned());
    let lost = |found: Option<&str>| Happening::EntryLost {
        sync_speed: "s".to_owned(),
        id: "offline-1".to_owned(),
        state: "done".to_owned(),
        found: found.map(ToOwned::to_owned),
    };
    for (found, words) in [(None, "does not know it"), (Some("failed"), "says failed")] {
        let history = History { events: vec![Event { at_ms: 7, what: lost(found) }] };
        let violations = check(&history, &[]);
        assert_eq!(violations[0].rule, Rule::Journal);
        assert_eq!(violations[0].words, format!("s answered done for offline-1, and at the end its journal {words}"));
    }
    let wrong = Happening::WrongHash { node: "r".to_owned(), layer: Layer::ReadOnly, said, counted };
    let mut history = History::default();
    history.note(7, wrong);
    let found = check(&history, &[]);
    assert_eq!(found[0].words, "the list of r, read-only, says UP_1_, and its instances come to UP_2_");
}
