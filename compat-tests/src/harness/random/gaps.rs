//! What is known not to be there yet, or to lie outside of what is promised: random scenarios leave it out, as what they
//! find must be news. Each gap is one function; when a service gains the safeguard its line is deleted here.

mod of_harness;
mod of_services;

use super::super::scenario::Scenario;
use super::story::Story;

/// How long a change travels at most through read-only cache and fetch, with some room: a disturbance or a start
/// this far away has no part in what happens.
const TRAVEL_MS: i64 = 65_000;

type Gap = fn(&Scenario, &Story) -> bool;

/// By name, as a message says it.
const GAPS: [(&str, Gap); 13] = [
    ("a registry that forgot an offline is disturbed again before it is asserted again", of_services::registry_forgets),
    ("a gateway that sync-speed does not list is not told", of_services::gateway_is_unknown),
    ("a stale copy after a mark was confirmed or given up", of_services::staler_than_a_mark),
    ("a status set past sync-speed is believed once a mark has ended", of_services::status_past_a_mark),
    ("a life that never was UP is not told from the next", of_services::never_up),
    ("a list that shows no service any more is believed late", of_services::nobody_is_left),
    ("registries do not replicate", of_services::several_registries),
    ("UNKNOWN is answered by 404, as Eureka does", of_services::unknown_status),
    ("a caller with a Ribbon list knows no marks", of_harness::caller_calls),
    ("a hash spoiled at the registry is found, and was meant", of_harness::spoiled_on_purpose),
    ("a node that starts while it reaches no registry", of_harness::starts_cut_off),
    ("whoever tells gateways is held up while they answer", of_harness::held_while_gateways_are_told),
    ("an answer held longer than a time-out, which is real", of_harness::held_for_too_long),
];

/// The first gap that a scenario falls into.
pub(super) fn first(scenario: &Scenario, story: &Story) -> Option<&'static str> {
    GAPS.iter().find(|(_, gap)| gap(scenario, story)).map(|(name, _)| *name)
}

/// Its steps can be carried out, what is disturbed is mended, and nothing in it is known not to hold.
pub(super) fn is_fair(scenario: &Scenario) -> bool {
    Story::of(scenario).is_some_and(|story| first(scenario, &story).is_none())
}
