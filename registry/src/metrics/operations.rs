//! What has happened to instances.

use crate::tally::Tally;
use eurus_service::metrics::{Family, Text};

pub(super) fn write(text: &mut Text, tally: &Tally) {
    let counts = tally.counts();
    let family = Family::counter(
        "eurus_registry_registrations",
        "Registrations by outcome; older_than_held: the newer state that is held stays.",
    );
    text.grid(&family, counts.totals(|counts| &counts.registrations));
    let family = Family::counter(
        "eurus_registry_renewals",
        "Heartbeats by outcome; all but renewed and replica_older make the client register again.",
    );
    text.grid(&family, counts.totals(|counts| &counts.renewals));
    let family = Family::counter("eurus_registry_cancellations", "Deregistrations by outcome.");
    text.grid(&family, counts.totals(|counts| &counts.cancellations));
    let family = Family::counter("eurus_registry_evictions", "Leases ended because no heartbeat came.");
    text.grid(&family, counts.totals(|counts| &counts.evictions));
    let family = Family::counter(
        "eurus_registry_override_changes",
        "Status overrides set, removed, or adopted from another registry's heartbeat.",
    );
    text.grid(&family, counts.totals(|counts| &counts.override_changes));
    let family = Family::counter("eurus_registry_metadata_changes", "Metadata changes by outcome.");
    text.grid(&family, counts.totals(|counts| &counts.metadata_changes));
    let family = Family::histogram(
        "eurus_registry_loop_run_duration_seconds",
        "How long a run of a control loop took; its count stands still when the loop does.",
    );
    text.histograms(&family, counts.totals(|counts| &counts.loop_runs));
}
