//! By route, and how the routes came to be in force.

use eurus_service::counting::Labels as _;
use eurus_service::metrics::{Family, Text};

use crate::routes::Routes;

pub(super) fn write(text: &mut Text, routes: &Routes) {
    let (shown, _) = routes.counted();
    let family = Family::counter(
        "eurus_gateway_route_answers",
        "Answers that were begun to requests of a route, the gateway's own errors included, by class of their status.",
    );
    let answers = shown.iter().flat_map(|(id, tally)| {
        let pairs = vec![("route", id.as_str())];
        tally.answers().into_iter().map(move |(class, count)| ([pairs.clone(), class.pairs()].concat(), count))
    });
    text.counters(&family, answers);
    let family = Family::histogram(
        "eurus_gateway_route_request_seconds",
        "From the head of a route's request to the last of its answer, whoever was slow.",
    );
    text.histograms_of(&family, shown.iter().map(|(id, tally)| (vec![("route", id.as_str())], tally.seconds())));
    let family = Family::gauge("eurus_gateway_routes", "Routes in force, the locator not counted.");
    text.gauge(&family, routes.in_force().table.routes().len() as u64);
    let standing = routes.standing();
    let family = Family::counter(
        "eurus_gateway_configuration_changes",
        "Changed configurations: taken_over, or refused because something in them is wrong.",
    );
    let outcomes = [("taken_over", standing.taken_over), ("refused", standing.refused)];
    text.counters(&family, outcomes.map(|(outcome, count)| (vec![("outcome", outcome)], count)));
    let family = Family::gauge(
        "eurus_gateway_configuration_is_wrong",
        "1 while the configuration that is there is wrong, and an older one in force.",
    );
    text.gauge(&family, u64::from(standing.wrong.is_some()));
}
