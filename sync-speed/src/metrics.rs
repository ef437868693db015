//! The metrics of this moment, as text for Prometheus. Each name is in docs/downline.md.
//!
//! Everything is collected here, when somebody asks; nothing below knows of metrics.

use eurus_service::metrics::{Family, Syntax, Text, process};

use crate::audit::Trail;
use crate::downline::Downline;

/// All of them.
pub(crate) fn write(downline: &Downline, trail: &Trail) -> String {
    let mut text = Text::new(Syntax::Prometheus);
    orders(&mut text, downline);
    gateways(&mut text, downline);
    held(&mut text, downline);
    state(&mut text, downline, trail);
    let lines =
        Family::counter("eurus_sync_speed_log_lines_dropped", "Log lines dropped because the log was too slow.");
    text.counter(&lines, eurus_service::logging::dropped_lines());
    let build = Family::gauge("eurus_sync_speed_build_info", "Always 1; the version is in the label.");
    text.gauges(&build, [(vec![("version", env!("CARGO_PKG_VERSION"))], 1.0)]);
    process::write(&mut text);
    text.finish()
}

fn orders(text: &mut Text, downline: &Downline) {
    let counts = downline.tally.counts();
    let answers = Family::counter("eurus_sync_speed_answers", "Answers to HTTP requests, by class of their status.");
    text.grid(&answers, counts.totals(|counts| &counts.answers));
    let orders = Family::counter(
        "eurus_sync_speed_orders",
        "Offlines and onlines by what they were answered, the service's own included; begun: answered before its end, as a rolling one.",
    );
    text.grid(&orders, counts.totals(|counts| &counts.orders));
    let time = Family::histogram(
        "eurus_sync_speed_order_seconds",
        "From the beginning of an order to its answer, without rolling ones and those that wait for a drain.",
    );
    text.histograms(&time, counts.totals(|counts| &counts.order_time));
    let (under_way, drains) = downline.places_taken();
    let family = Family::gauge("eurus_sync_speed_orders_under_way", "Orders that are being carried out.");
    text.gauge(&family, under_way);
    let family =
        Family::gauge("eurus_sync_speed_drains_waiting", "Orders that wait until their instances are drained.");
    text.gauge(&family, drains);
}

fn gateways(text: &mut Text, downline: &Downline) {
    let counts = downline.tally.counts();
    let calls = Family::counter(
        "eurus_sync_speed_gateway_calls",
        "Calls to gateways by what they came to; again: called once more later.",
    );
    text.grid(&calls, counts.totals(|counts| &counts.calls));
    let time = Family::histogram(
        "eurus_sync_speed_gateway_acknowledged_seconds",
        "From a gateway's first call about an order to its acknowledgement.",
    );
    text.histograms(&time, counts.totals(|counts| &counts.acknowledged));
    let family = Family::gauge("eurus_sync_speed_gateway_calls_open", "Calls that no gateway has acknowledged yet.");
    text.gauge(&family, downline.courier.open_calls() as u64);
}

fn held(text: &mut Text, downline: &Downline) {
    let family = Family::gauge(
        "eurus_sync_speed_offlines_held",
        "Offlines that hold, as seen last; of several nodes only the one that looks after them counts any.",
    );
    text.gauge(&family, downline.tally.offlines_held());
    let family = Family::counter(
        "eurus_sync_speed_held_events",
        "What became of offlines that hold: asserted again because the registry had forgotten them, brought back because their time \
         was over, ended with the registration.",
    );
    text.grid(&family, downline.tally.counts().totals(|counts| &counts.held));
}

fn state(text: &mut Text, downline: &Downline, trail: &Trail) {
    if let Some(last) = downline.client.last_fetch() {
        let family = Family::gauge(
            "eurus_sync_speed_registry_copy_age_seconds",
            "How long ago the copy of the registry arrived; absent before the first.",
        );
        #[allow(clippy::cast_precision_loss)] // Milliseconds: far below 2^52.
        text.gauges(&family, [(Vec::new(), last.age_ms as f64 / 1_000.0)]);
    }
    let family = Family::counter(
        "eurus_sync_speed_audit_suppressed",
        "Refused requests that were neither written to the audit trail nor logged, because there were too many.",
    );
    text.counter(&family, trail.suppressed_since_start());
}
