//! What the gateway knows: its copy of the registry, and the marks.

use eurus_service::metrics::{Family, Text};

use crate::directory::Directory;

pub(super) fn write(text: &mut Text, directory: &Directory, now_ms: i64) {
    let snapshot = directory.snapshot();
    if let Some(received_ms) = snapshot.received_ms {
        let family = Family::gauge(
            "eurus_gateway_registry_copy_age_seconds",
            "How long ago the copy of the registry arrived; absent before the first.",
        );
        text.gauges(&family, [(Vec::new(), now_ms.saturating_sub(received_ms) as f64 / 1_000.0)]);
    }
    let family = Family::gauge("eurus_gateway_services", "Services of that copy.");
    text.gauge(&family, snapshot.services.len() as u64);
    let family = Family::gauge("eurus_gateway_instances", "Instances of that copy.");
    text.gauge(&family, snapshot.services.values().map(|service| service.instances.len() as u64).sum());
    let family = Family::gauge("eurus_gateway_instances_in_rotation", "Of them those that requests may go to.");
    text.gauge(&family, snapshot.services.values().map(|service| service.rotation.len() as u64).sum());
    marks(text, directory);
}

fn marks(text: &mut Text, directory: &Directory) {
    let (count, most, counters) = directory.mark_counts();
    let family = Family::gauge("eurus_gateway_marks", "Orders in force in the DownServiceCache.");
    text.gauge(&family, count as u64);
    let family = Family::gauge("eurus_gateway_marks_limit", "Of them so many at most.");
    text.gauge(&family, most as u64);
    let events = [
        ("recorded", counters.recorded),
        ("superseded", counters.superseded),
        ("other_registration", counters.other_registration),
        ("confirmed", counters.confirmed),
        ("window_over", counters.window_over),
        ("outlived_window", counters.outlived_window),
        ("unconfirmed_at_bound", counters.unconfirmed_at_bound),
        ("absent_at_bound", counters.absent_at_bound),
        ("newer_registration", counters.ended_by_newer_registration),
    ];
    let family = Family::counter(
        "eurus_gateway_mark_events",
        "What happened to orders and marks: recorded, overtaken by a later order, meant for another life of the instance; ended \
         because a copy confirmed them, with their window, at their bound unconfirmed or without the instance, by a newer \
         registration; outlived_window: still needed after it.",
    );
    text.counters(&family, events.map(|(event, count)| (vec![("event", event)], count)));
    let family = Family::gauge(
        "eurus_gateway_mark_longest_lag_seconds",
        "How long after its window the latest mark was confirmed: how far the registry's caches lag.",
    );
    text.gauges(&family, [(Vec::new(), counters.longest_lag_ms as f64 / 1_000.0)]);
}
