//! Requests and connections, over all services.

use eurus_service::counting::Grid;
use eurus_service::metrics::{Family, Text};

use crate::tally::{Counts, Tally};

pub(super) fn write(text: &mut Text, tally: &Tally) {
    let counts = tally.counts();
    let family = Family::counter("eurus_gateway_answers", "Answers that were begun, by class of their status.");
    text.grid(&family, counts.totals(|counts| &counts.answers));
    let family = Family::counter(
        "eurus_gateway_errors",
        "Requests that no instance answered, by what happened; caller_left: the caller went before its answer.",
    );
    text.grid(&family, counts.totals(|counts| &counts.errors));
    let family =
        Family::counter("eurus_gateway_failed_tries", "Tries that an instance did not answer, by what happened.");
    text.grid(&family, counts.totals(|counts| &counts.failed_tries));
    let family = Family::counter("eurus_gateway_retries", "Tries after the first of a request.");
    text.counter(&family, sum(tally, |counts| &counts.retries));
    connections(text, tally);
}

/// What has ended is read first: the other way round what begins and ends in between would make it too few.
fn connections(text: &mut Text, tally: &Tally) {
    let ended = sum(tally, |counts| &counts.connections_ended);
    let begun = sum(tally, |counts| &counts.connections_begun);
    let family = Family::counter("eurus_gateway_connections_accepted", "Callers' connections that were accepted.");
    text.counter(&family, begun);
    let family = Family::gauge("eurus_gateway_connections_open", "Callers' connections that are open.");
    text.gauge(&family, begun.saturating_sub(ended));
    let ended = sum(tally, |counts| &counts.upgrades_ended);
    let begun = sum(tally, |counts| &counts.upgrades_begun);
    let family = Family::counter("eurus_gateway_upgrades", "Connections that left HTTP, as a WebSocket's does.");
    text.counter(&family, begun);
    let family = Family::gauge("eurus_gateway_upgraded_open", "Of them those that are open.");
    text.gauge(&family, begun.saturating_sub(ended));
    let ended = sum(tally, |counts| &counts.idle_ended);
    let begun = sum(tally, |counts| &counts.idle_begun);
    let family = Family::gauge("eurus_gateway_idle_connections", "Connections to instances that wait for a request.");
    text.gauge(&family, begun.saturating_sub(ended));
}

fn sum(tally: &Tally, grid: fn(&Counts) -> &Grid<()>) -> u64 {
    tally.counts().totals(grid).into_iter().map(|(_, count)| count).sum()
}
