//! What the harness cannot judge, or plays on purpose.

use super::super::super::layer::Layer;
use super::super::super::scenario::{Action, CacheFault, Injection, LinkFault, Scenario, Through};
use super::super::story::{Disturbed, Span, Story};

/// It goes on calling whom its list shows: that is what it is there to show.
pub(super) fn caller_calls(scenario: &Scenario, story: &Story) -> bool {
    !story.orders.is_empty() && scenario.loads.iter().any(|load| matches!(load.through, Through::Caller(_)))
}

/// The rule `hash` finds it, as it must.
pub(super) fn spoiled_on_purpose(scenario: &Scenario, _: &Story) -> bool {
    scenario
        .steps
        .iter()
        .any(|step| matches!(step.action, Action::Cache(_, Layer::ReadOnly | Layer::ReadWrite, CacheFault::SpoilHash)))
}

/// Time-outs of single calls are real time: an order whose calls are held would wait for seconds of that.
pub(super) fn held_for_too_long(scenario: &Scenario, _: &Story) -> bool {
    scenario.steps.iter().any(|step| match &step.action {
        Action::Link(link, LinkFault::Hold | LinkFault::Delay(_)) => {
            link.starts_with("sync-speed -> ")
                || scenario.sync_speeds.iter().any(|part| link.starts_with(&format!("{} -> ", part.name)))
        }
        _ => false,
    })
}

/// Answers of all gateways wait for the loop that is held there, any number of them, and time stands still for those.
pub(super) fn held_while_gateways_are_told(scenario: &Scenario, _: &Story) -> bool {
    scenario.steps.iter().any(|step| match &step.action {
        Action::Fault(rule) => {
            rule.point.name == "acknowledgement-record" && matches!(rule.injection, Injection::Delay(_))
        }
        _ => false,
    })
}

/// The harness waits until a node that starts is healthy, which needs a first list, before time goes on.
pub(super) fn starts_cut_off(scenario: &Scenario, story: &Story) -> bool {
    let clients = scenario.gateways.iter().chain(&scenario.sync_speeds);
    clients.into_iter().any(|part| {
        let is_needed = |span: &&Span| match &span.what {
            Disturbed::Link(link) => link.starts_with(&format!("{} -> ", part.name)),
            Disturbed::Cache(node, _) => *node == part.name,
            Disturbed::Inside(node) | Disturbed::Once(node, _) => *node == part.name || part.registries.contains(node),
            Disturbed::Node(node) => part.registries.contains(node),
        };
        let starts = story.spans.iter().filter(|span| span.what == Disturbed::Node(part.name.clone()));
        let mut starts = starts.map(|span| span.to_ms);
        starts
            .any(|at_ms| story.spans.iter().filter(is_needed).any(|span| span.from_ms <= at_ms && at_ms <= span.to_ms))
    })
}
