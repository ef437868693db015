//! What was asked and answered.

use crate::traffic::Traffic;
use eurus_service::metrics::{Family, Text};

pub(super) fn write(text: &mut Text, traffic: &Traffic) {
    let counts = traffic.counts();
    let family = Family::histogram(
        "eurus_registry_request_duration_seconds",
        "From the whole request in memory to its answer ready to be sent.",
    );
    text.histograms(&family, counts.totals(|counts| &counts.durations));
    let family = Family::counter(
        "eurus_registry_refused_requests",
        "Requests answered with an error, by status; 404 is also how a heartbeat asks for a registration.",
    );
    text.grid(&family, counts.totals(|counts| &counts.refused));
    let family = Family::counter("eurus_registry_fetches", "Reads of lists and instances by status.");
    text.grid(&family, counts.totals(|counts| &counts.fetches));
    let family = Family::counter("eurus_registry_fetch_bytes", "Bytes of the bodies that answered reads.");
    text.grid(&family, counts.totals(|counts| &counts.fetch_bytes));
    let family = Family::counter(
        "eurus_registry_batch_items",
        "What other registries handed on, item by item; none: an item without an action.",
    );
    text.grid(&family, counts.totals(|counts| &counts.batch_items));
}
