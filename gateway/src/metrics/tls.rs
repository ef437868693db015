//! Handshakes with callers, and until when certificates are valid that they and instances are shown. Nothing where none are configured.

use eurus_service::counting::Label as _;
use eurus_service::metrics::{Family, Text};
use eurus_service::tls::EdgeTls;

use super::Sources;
use crate::tally::Side;

pub(super) fn write(text: &mut Text, sources: &Sources) {
    let counts = sources.tally.counts();
    if sources.tls.is_some() {
        let family =
            Family::counter("eurus_gateway_tls_handshakes", "TLS handshakes with callers, by how they came out.");
        text.grid(&family, counts.totals(|counts| &counts.handshakes));
    }
    if sources.tls.is_none() && sources.instance_tls.files().is_none() {
        return;
    }
    let family = Family::counter(
        "eurus_gateway_tls_renewals",
        "How often changed files of certificates were read; failed: what was in force stays in force.",
    );
    text.grid(&family, counts.totals(|counts| &counts.renewals));
    let family = Family::gauge(
        "eurus_gateway_tls_certificate_end_seconds",
        "When a certificate is over, in seconds since 1970, by whom it is shown to; default: the one without a name.",
    );
    let of_callers = sources.tls.as_ref().map(EdgeTls::expiries);
    let of_callers = of_callers.iter().flat_map(|all| all.iter()).map(|one| (Side::Callers, one));
    let of_instances = sources.instance_tls.expiry();
    let all = of_callers.chain(of_instances.iter().map(|one| (Side::Instances, one)));
    let ends = all.map(|(side, one)| {
        (vec![("side", side.text()), ("certificate", one.name.as_str())], one.at_ms as f64 / 1_000.0)
    });
    text.gauges(&family, ends);
}
