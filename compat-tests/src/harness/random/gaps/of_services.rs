//! Gaps of the services: documented, some on purpose.

use super::super::super::scenario::{Action, NodePart, Scenario};
use super::super::story::{CHANGES, Disturbed, Order, Span, Story};
use super::TRAVEL_MS;

/// How long a node that came back may take to be listed again: its heartbeat, then [`TRAVEL_MS`].
const BACK_MS: i64 = 30_000 + TRAVEL_MS;
/// A gateway or sync-speed that is cut off for longer than this loses its lease at a registry that takes it at its word.
const LEASE_SAFE_MS: i64 = 55_000;
/// Between two such faults its heartbeats arrive.
const BREATH_MS: i64 = 35_000;
/// An unconfirmed mark lives 300 s; this much of that may be needed to travel.
const MARK_SAFE_MS: i64 = 200_000;
/// Until what a registry forgot is asserted again: a heartbeat and a fetch of sync-speed on stock intervals, and a while.
const HEALS_MS: i64 = 120_000;
/// No mark ends before its window of 30 s is over.
const WINDOW_SAFE_MS: i64 = 25_000;

/// Its overrides are gone with everything else. Done entries are asserted again, which takes until sync-speed has missed
/// its own registration and fetched again: what is ordered, stopped, disturbed or registered anew meanwhile is judged by
/// what the registry says then.
pub(super) fn registry_forgets(scenario: &Scenario, story: &Story) -> bool {
    downtimes(&scenario.registries, story).any(|down| {
        let heals = (down.from_ms - TRAVEL_MS, down.to_ms + BACK_MS + HEALS_MS);
        let is_in = |at_ms: i64| heals.0 <= at_ms && at_ms <= heals.1;
        let was_offline = story.orders.iter().any(|order| order.is_offline && order.at_ms <= down.to_ms);
        let is_disturbed =
            story.spans.iter().any(|span| *span != *down && span.from_ms <= heals.1 && heals.0 <= span.to_ms);
        was_offline && (is_disturbed || story.orders.iter().any(|order| is_in(order.at_ms)))
    })
}

/// It tells whom its own copy of the registry lists when the order comes.
pub(super) fn gateway_is_unknown(scenario: &Scenario, story: &Story) -> bool {
    let is_early = |order: &Order| {
        let clients = scenario.gateways.iter().chain(&scenario.sync_speeds);
        let is_new = clients.into_iter().any(|part| order.at_ms < part.start_ms + TRAVEL_MS);
        let comes_back = downtimes(&scenario.registries, story)
            .any(|down| down.from_ms <= order.at_ms && order.at_ms <= down.to_ms + BACK_MS);
        is_new || comes_back
    };
    story.orders.iter().any(is_early) || loses_its_lease(scenario, story)
}

/// One that misses its heartbeats for too long is not listed any more.
fn loses_its_lease(scenario: &Scenario, story: &Story) -> bool {
    let is_to_registry = |span: &&Span| match &span.what {
        Disturbed::Link(link) => !link.starts_with("sync-speed -> "),
        Disturbed::Cache(node, _) => scenario.gateways.iter().any(|part| part.name == *node),
        Disturbed::Inside(node) => !scenario.registries.iter().any(|part| part.name == *node),
        Disturbed::Once(_, at) => *at == "heartbeat" || CHANGES.contains(at),
        Disturbed::Node(_) => false,
    };
    let cut: Vec<&Span> = story.spans.iter().filter(is_to_registry).collect();
    let is_close = |one: &Span, other: &Span| {
        one != other
            && of_same_client(one, other)
            && other.from_ms < one.to_ms + BREATH_MS
            && one.from_ms <= other.from_ms
    };
    cut.iter().any(|one| one.to_ms - one.from_ms > LEASE_SAFE_MS || cut.iter().any(|other| is_close(one, other)))
}

fn of_same_client(one: &Span, other: &Span) -> bool {
    client(one).is_some_and(|name| client(other) == Some(name))
}

fn client(span: &Span) -> Option<&str> {
    match &span.what {
        Disturbed::Link(link) => link.split_once(" -> ").map(|(client, _)| client),
        Disturbed::Cache(node, _) | Disturbed::Inside(node) | Disturbed::Once(node, _) => Some(node),
        Disturbed::Node(_) => None,
    }
}

/// A mark ends when a copy fetched after its window agrees; a copy from before the order that comes later still, or lasts for
/// longer than the mark's bound, is believed.
pub(super) fn staler_than_a_mark(_: &Scenario, story: &Story) -> bool {
    let returns_late = |order: &Order| {
        story.put_backs.iter().any(|put_back| {
            let frozen_ms = story.spans.iter().filter(|span| {
                let is_of = match &span.what {
                    Disturbed::Cache(node, _) => *node == put_back.registry,
                    Disturbed::Once(node, at) => *node == put_back.registry && *at == "read-only-tick",
                    _ => false,
                };
                is_of && span.from_ms <= put_back.remembered_ms && put_back.remembered_ms <= span.to_ms + TRAVEL_MS
            });
            let shown_ms = frozen_ms.map(|span| span.from_ms).fold(put_back.remembered_ms, i64::min);
            let is_older = order.at_ms > shown_ms - TRAVEL_MS;
            is_older && put_back.at_ms > order.at_ms + WINDOW_SAFE_MS
        })
    };
    let first_ms = story.orders.iter().map(|order| order.at_ms).min();
    let lasting = story.spans.iter().filter(|span| !matches!(span.what, Disturbed::Once(..)));
    let last_ms = lasting.map(|span| span.to_ms).max();
    let lasts_long = first_ms.zip(last_ms).is_some_and(|(first_ms, last_ms)| last_ms - first_ms > MARK_SAFE_MS);
    lasts_long || story.orders.iter().any(returns_late)
}

/// While a mark lives, up to 300 s, the gateway believes the order and not the registry.
pub(super) fn status_past_a_mark(scenario: &Scenario, story: &Story) -> bool {
    scenario.steps.iter().any(|step| match &step.action {
        Action::SetStatus(name, _) | Action::RemoveStatus(name) => {
            story.orders.iter().any(|order| order.instance == *name && order.at_ms <= step.at_ms)
        }
        _ => false,
    })
}

/// An order names a life by the moment at which it came into service: one that said STARTING or DOWN from the beginning
/// has none (`never-up-and-a-new-life.yaml`).
pub(super) fn never_up(scenario: &Scenario, story: &Story) -> bool {
    scenario.steps.iter().any(|step| match &step.action {
        Action::Register(name, status) => status != "UP" && story.orders.iter().any(|order| order.instance == *name),
        _ => false,
    })
}

/// For 300 s the last list that showed somebody is believed instead. So somebody stays at each registry.
pub(super) fn nobody_is_left(scenario: &Scenario, _: &Story) -> bool {
    let leaves = |name: &str| {
        scenario.steps.iter().any(|step| match &step.action {
            Action::Crash(other) | Action::Silence(other) | Action::Shutdown(other) | Action::Cancel(other) => {
                other == name
            }
            _ => false,
        })
    };
    let stays_at = |registry: &String| {
        scenario.producers.iter().any(|part| {
            part.registries.contains(registry)
                && part.start_ms.is_some()
                && part.heartbeat_ms.is_some()
                && !leaves(&part.name)
        })
    };
    let has_gateway = |registry: &String| scenario.gateways.iter().any(|part| part.registries.contains(registry));
    scenario.registries.iter().map(|part| &part.name).any(|registry| has_gateway(registry) && !stays_at(registry))
}

/// Whoever fails over sees another half of the world: everybody stays with one registry.
pub(super) fn several_registries(scenario: &Scenario, _: &Story) -> bool {
    let clients = scenario.gateways.iter().chain(&scenario.sync_speeds).map(|part| &part.registries);
    clients.chain(scenario.producers.iter().map(|part| &part.registries)).any(|registries| registries.len() != 1)
}

/// The next heartbeat of an instance that is UNKNOWN makes it register again.
pub(super) fn unknown_status(scenario: &Scenario, _: &Story) -> bool {
    scenario.steps.iter().any(|step| match &step.action {
        Action::Register(_, status) | Action::Heartbeat(_, status, _) | Action::SetStatus(_, status) => {
            status == "UNKNOWN"
        }
        _ => false,
    })
}

fn downtimes<'a>(nodes: &'a [NodePart], story: &'a Story) -> impl Iterator<Item = &'a Span> {
    let is_of =
        |span: &&Span| matches!(&span.what, Disturbed::Node(name) if nodes.iter().any(|part| part.name == *name));
    story.spans.iter().filter(is_of)
}
