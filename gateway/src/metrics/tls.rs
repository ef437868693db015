//! Handshakes with callers, and until when the certificates that they are shown are valid. Nothing where TLS is not spoken.

use eurus_service::metrics::{Family, Text};
use eurus_service::tls::EdgeTls;

use crate::tally::Tally;

pub(super) fn write(text: &mut Text, tls: &EdgeTls, tally: &Tally) {
    let counts = tally.counts();
    let family = Family::counter("eurus_gateway_tls_handshakes", "TLS handshakes with callers, by how they came out.");
    text.grid(&family, counts.totals(|counts| &counts.handshakes));
    let family = Family::counter(
        "eurus_gateway_tls_renewals",
        "How often changed files of certificates were read; failed: what was in force stays in force.",
    );
    text.grid(&family, counts.totals(|counts| &counts.renewals));
    let family = Family::gauge(
        "eurus_gateway_tls_certificate_end_seconds",
        "When a certificate is over, in seconds since 1970; default: the one without a name.",
    );
    let expiries = tls.expiries();
    let ends = expiries.iter().map(|one| (vec![("certificate", one.name.as_str())], one.at_ms as f64 / 1_000.0));
    text.gauges(&family, ends);
}
