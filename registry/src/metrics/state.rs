//! What there is at this moment, and whether leases may end.

use crate::store::STATUSES;

use crate::registry::Registry;
use crate::self_preservation::SelfPreservationMode;
use crate::store::Sizes;
use eurus_service::metrics::{Family, Text};

pub(super) fn write(text: &mut Text, registry: &Registry, now_ms: i64) {
    sizes(text, &registry.store().sizes());
    let family = Family::gauge("eurus_registry_instances_limit", "Instances that may be registered at a time.");
    text.gauge(&family, registry.config().instances_max as u64);
    self_preservation(text, registry, now_ms);
    rate_limiter(text, registry);
    let family = Family::gauge("eurus_registry_start_time_seconds", "When this registry started, since 1970.");
    text.gauges(&family, [(Vec::new(), seconds(registry.started_ms()))]);
}

fn sizes(text: &mut Text, sizes: &Sizes) {
    let by_status = || STATUSES.iter().map(|status| (status.as_str(), sizes.census.with_status(*status)));
    let series = || by_status().map(|(status, count)| (vec![("status", status)], number(count)));
    text.gauges(&Family::gauge("eurus_registry_instances", "Registered instances by status."), series());
    let family =
        Family::gauge("eureka_server_instances", "The same under Spring's name, without its label application.");
    text.gauges(&family, series());
    let family = Family::gauge("eurus_registry_leases", "Registered instances, whatever their status.");
    text.gauge(&family, sizes.census.instances() as u64);
    let family = Family::gauge("eurus_registry_applications", "Applications with at least one instance.");
    text.gauge(&family, sizes.applications as u64);
    let family = Family::gauge("eurus_registry_overrides", "Status overrides in force.");
    text.gauge(&family, sizes.overrides as u64);
    let family = Family::gauge("eurus_registry_delta_queue_changes", "Changes that a delta shows.");
    text.gauge(&family, sizes.recent_changes as u64);
}

fn self_preservation(text: &mut Text, registry: &Registry, now_ms: i64) {
    let health = registry.store().renewal_health(now_ms);
    let family = Family::gauge("eurus_registry_self_preservation_mode", "1 for the mode that is configured.");
    let mode = registry.config().self_preservation;
    let is_mode = |one: SelfPreservationMode| (vec![("mode", one.as_str())], number(usize::from(one == mode)));
    text.gauges(&family, SelfPreservationMode::ALL.map(is_mode));
    let family = Family::gauge(
        "eurus_registry_self_preservation_active",
        "1 while leases that are over are kept. Mode netflix: whenever too few heartbeats come, also in the first minutes \
         after a start.",
    );
    let keeps = registry.tally().leases_kept() > 0;
    text.gauge(&family, u64::from(if mode == SelfPreservationMode::PerApp { keeps } else { !health.leases_expire }));
    let family = Family::gauge("eurus_registry_renewals_last_minute", "Heartbeats in the last full minute.");
    text.gauge(&family, u64::from(health.renewals_last_minute));
    let family = Family::gauge(
        "eurus_registry_renewals_threshold",
        "Mode netflix: more heartbeats than this must come in a minute for leases to end.",
    );
    text.gauges(&family, [(Vec::new(), signed(health.threshold))]);
    let family = Family::gauge("eurus_registry_expected_clients", "Clients that are expected to renew.");
    text.gauges(&family, [(Vec::new(), signed(health.expected_clients))]);
    let family = Family::gauge(
        "eurus_registry_leases_kept",
        "Leases that are over and that the last eviction run kept because of self-preservation.",
    );
    text.gauge(&family, registry.tally().leases_kept());
}

fn rate_limiter(text: &mut Text, registry: &Registry) {
    let family = Family::counter(
        "eurus_registry_rate_limited_fetches",
        "Fetches over the rate limits; candidate: the limiter is not enabled and they were answered all the same.",
    );
    let (refused, candidate) = (registry.rate_limiter().limited(), registry.rate_limiter().candidates());
    let series = [("refused", refused), ("candidate", candidate)].into_iter().flat_map(|(outcome, over)| {
        [("full", over.full), ("other", over.all.saturating_sub(over.full))]
            .map(|(kind, count)| (vec![("kind", kind), ("outcome", outcome)], count))
    });
    text.counters(&family, series);
}

#[allow(clippy::cast_precision_loss)] // Counts: far below 2^52.
fn number(count: usize) -> f64 {
    count as f64
}

#[allow(clippy::cast_precision_loss)] // Counts: far below 2^52.
fn signed(count: i64) -> f64 {
    count as f64
}

#[allow(clippy::cast_precision_loss)] // Milliseconds since 1970: far below 2^52.
pub(super) fn seconds(duration_ms: i64) -> f64 {
    duration_ms as f64 / 1e3
}
