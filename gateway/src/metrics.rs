//! The metrics of this moment, as text for Prometheus. Each name is in docs/gateway.md.
//!
//! Everything is collected here, when somebody asks; nothing below knows of metrics. Labels that the registry's words fill, of
//! services and instances, have a limit: see [`Book`](crate::tally::Book).

mod requests;
mod routes;
mod services;
mod state;
mod tls;

use std::sync::Arc;

use eurus_service::metrics::{Family, Syntax, Text, process};
use eurus_service::tls::EdgeTls;

use crate::directory::Directory;
use crate::routes::Routes;
use crate::tally::Tally;
use crate::upstream::tls::InstanceTls;

/// Where everything is counted.
pub(crate) struct Sources {
    pub(crate) directory: Arc<Directory>,
    pub(crate) routes: Arc<Routes>,
    pub(crate) tally: Arc<Tally>,
    pub(crate) access_log_lines_dropped: u64,
    /// `None`: it is not spoken.
    pub(crate) tls: Option<EdgeTls>,
    pub(crate) instance_tls: Arc<InstanceTls>,
}

/// All of them.
pub(crate) fn write(sources: &Sources, now_ms: i64) -> String {
    let mut text = Text::new(Syntax::Prometheus);
    let shown = sources.directory.book().shown(&sources.directory.snapshot(), now_ms);
    requests::write(&mut text, &sources.tally);
    services::write(&mut text, &shown);
    routes::write(&mut text, &sources.routes);
    state::write(&mut text, &sources.directory, now_ms);
    tls::write(&mut text, sources);
    limits(&mut text, sources, &shown);
    let lines = Family::counter("eurus_gateway_log_lines_dropped", "Log lines dropped because the log was too slow.");
    text.counter(&lines, eurus_service::logging::dropped_lines());
    let build = Family::gauge("eurus_gateway_build_info", "Always 1; the version is in the label.");
    text.gauges(&build, [(vec![("version", env!("CARGO_PKG_VERSION"))], 1.0)]);
    process::write(&mut text);
    text.finish()
}

/// Every limit that was reached, whatever counts it.
fn limits(text: &mut Text, sources: &Sources, shown: &crate::tally::Shown) {
    use eurus_service::counting::Labels as _;

    let (_, _, marks) = sources.directory.mark_counts();
    let others = [
        ("marks", marks.refused_full),
        ("metrics_routes", sources.routes.counted().1),
        ("metrics_services", shown.refused_services),
        ("metrics_instances", shown.refused_instances),
        ("access_log_lines", sources.access_log_lines_dropped),
    ];
    let of_requests = sources.tally.counts().totals(|counts| &counts.limits);
    let family = Family::counter(
        "eurus_gateway_limit_hits",
        "How often a limit was reached: callers' connections of a thread, and of one address, tries of a request, idle connections to instances, answers \
         that stood still, TLS handshakes that waited for others; marks that were refused, services and instances without metrics of their own, lines that the access \
         log lost.",
    );
    let series = of_requests.into_iter().map(|(labels, count)| (labels.pairs(), count));
    text.counters(&family, series.chain(others.map(|(limit, count)| (vec![("limit", limit)], count))));
}

#[cfg(test)]
mod tests;
