//! The metrics: what was counted and what there is, written as text for Prometheus.
//!
//! Everything is collected here, when somebody asks; nothing below knows of metrics. A look costs the same whatever the
//! registry holds: counters are added up over threads, sizes are kept numbers, and the one shared lock is held for as
//! long as it takes to copy them. Labels have the values that are written in this crate and no others: no series per
//! application or instance, whose number would be the clients' choice.

mod caches;
mod operations;
mod state;
mod wire;

pub(crate) use eurus_service::metrics::Syntax;

use std::sync::Arc;

use crate::access::DenialCounts;
use crate::registry::Registry;
use crate::traffic::Traffic;
use eurus_service::metrics::{Family, Text, process};

/// Where everything is counted.
pub(crate) struct Sources {
    pub(crate) registry: Arc<Registry>,
    pub(crate) traffic: Arc<Traffic>,
    pub(crate) denials: DenialCounts,
    /// Bodies for which there was no room beside others.
    pub(crate) bodies_refused: u64,
    /// Connections that spoke TLS to a plain port, and plain HTTP to one with TLS.
    pub(crate) misdirected: [(&'static str, u64); 4],
    /// Answers that nobody took.
    pub(crate) answers_stalled: u64,
    /// Bytes of large answers that are being sent.
    pub(crate) sending_bytes: u64,
    /// Large answers for which there was no room beside others.
    pub(crate) answers_refused: u64,
    /// New passwords that waited for others to be compared, in vain.
    pub(crate) comparisons_refused: u64,
}

/// All metrics of this moment.
pub(crate) fn write(sources: &Sources, syntax: Syntax, now_ms: i64) -> String {
    let Sources { registry, traffic, denials, .. } = sources;
    let mut text = Text::new(syntax);
    operations::write(&mut text, registry.tally());
    wire::write(&mut text, traffic);
    state::write(&mut text, registry, now_ms);
    caches::write(&mut text, registry, now_ms);
    limits(&mut text, sources);
    let family =
        Family::gauge("eurus_registry_sending_bytes", "Large answers that callers are being sent; each counts once.");
    text.gauge(&family, sources.sending_bytes);
    let family = Family::gauge("eurus_registry_sending_bytes_limit", "Of them so many at most.");
    text.gauge(&family, crate::http::SENDING_BYTES_MAX);
    let refused = [
        ("unauthenticated", denials.unauthenticated),
        ("forbidden", denials.forbidden),
        ("throttled", denials.throttled),
    ];
    let family = Family::counter(
        "eurus_registry_access_denials",
        "Requests refused for their credentials: none or wrong ones, without the role, or too many wrong passwords from there.",
    );
    text.counters(&family, refused.map(|(reason, count)| (vec![("reason", reason)], count)));
    let family = Family::counter(
        "eurus_registry_misdirected_connections",
        "Connections that spoke TLS to a port without it, or plain HTTP to one with TLS: a client's URL has the wrong scheme; or no HTTP; or failed at the TLS handshake.",
    );
    text.counters(&family, sources.misdirected.map(|(kind, count)| (vec![("kind", kind)], count)));
    let lines = Family::counter("eurus_registry_log_lines_dropped", "Log lines dropped because the log was too slow.");
    text.counter(&lines, eurus_service::logging::dropped_lines());
    let build = Family::gauge("eurus_registry_build_info", "Always 1; the version is in the label.");
    text.gauges(&build, [(vec![("version", env!("CARGO_PKG_VERSION"))], 1.0)]);
    process::write(&mut text);
    text.finish()
}

/// Every limit that requests can run into, whatever counts it.
fn limits(text: &mut Text, sources: &Sources) {
    use crate::tally::Registering;
    use crate::traffic::RefusedStatus;
    use eurus_service::counting::Labels;

    let Sources { registry, traffic, bodies_refused, comparisons_refused, answers_stalled, answers_refused, .. } =
        sources;
    fn sum<L: Labels>(totals: Vec<(L, u64)>, wanted: impl Fn(L) -> bool) -> u64 {
        totals.into_iter().filter(|(labels, _)| wanted(*labels)).map(|(_, count)| count).sum()
    }
    let refused = |status| sum(traffic.counts().totals(|counts| &counts.refused), |(one,)| one == status);
    let registering =
        |wanted| sum(registry.tally().counts().totals(|counts| &counts.registrations), |(one, _)| one == wanted);
    let hits = [
        ("body_bytes", refused(RefusedStatus::S413)),
        ("body_arrival_seconds", refused(RefusedStatus::S408)),
        ("instances", registering(Registering::Full)),
        ("registered_bytes", registering(Registering::FullOfBytes)),
        ("delta_queue", registry.store().sizes().recent_changes_dropped),
        ("cached_names", registry.cache().room().names_refused()),
        ("cached_bytes", registry.cache().room().answers_refused()),
        ("bodies_bytes", *bodies_refused),
        ("answer_stalled", *answers_stalled),
        ("sending_bytes", *answers_refused),
        ("memory_files", registry.cache().memory_files().refused()),
        ("password_comparisons", *comparisons_refused),
        ("batch_answer_bytes", traffic.batch_answers_cut().count()),
    ];
    let family = Family::counter(
        "eurus_registry_limit_hits",
        "What was refused or dropped because a limit was reached: request bodies (bytes, of the body or of the instance in it; \
         time to arrive), registrations beyond the instances and the bytes allowed, the oldest changes of a full delta queue, names whose answers were not cached, answers too large to be cached, bodies for which there was no room beside others, new passwords beyond those that wait to be compared, \
         answers to batches without all newer instances, answers that a caller asked for and did not take, large ones for which there was no room beside those, lists for which there was no file in memory.",
    );
    text.counters(&family, hits.map(|(limit, count)| (vec![("limit", limit)], count)));
}
