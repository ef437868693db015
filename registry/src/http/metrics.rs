//! `/metrics` and `/actuator/prometheus`: for Prometheus and whatever reads its formats.

use actix_web::http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use actix_web::{HttpResponse, web};

use super::accept::{media_ranges, takes_gzip};
use super::refusal::Refusal;
use super::{Call, header};
use crate::gzip;
use crate::metrics::{Sources, Syntax, write};

/// The metrics of this moment.
pub(crate) async fn show(call: &Call<'_>) -> Result<HttpResponse, Refusal> {
    let (syntax, content_type) = negotiate(header(call.request, ACCEPT));
    let wants_gzip = takes_gzip(header(call.request, ACCEPT_ENCODING));
    let sources = Sources {
        registry: call.registry.clone(),
        traffic: call.context.traffic.clone(),
        denials: call.context.guard.denials().counts(),
        bodies_refused: call.context.bodies.hits().count(),
        misdirected: call.context.watch.misdirected.counts(),
        answers_stalled: call.context.watch.stalled_count(),
        sending_bytes: call.context.watch.answers.bytes(),
        answers_refused: call.context.watch.answers.refused(),
        comparisons_refused: call.context.guard.comparisons_refused(),
    };
    let now_ms = call.now_ms;
    // Reads files of /proc: not on the thread that serves the others.
    let collected = web::block(move || {
        let text = write(&sources, syntax, now_ms);
        let compressed = if wants_gzip { gzip::compress(text.as_bytes()) } else { None };
        (text, compressed)
    });
    let (text, compressed) = collected.await.map_err(|error| {
        log::error!("collecting the metrics was cut short: {error}");
        Refusal::Failed
    })?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, content_type)).insert_header((VARY, "Accept, Accept-Encoding"));
    Ok(match compressed {
        Some(compressed) => response.insert_header((CONTENT_ENCODING, "gzip")).body(compressed),
        None => response.body(text),
    })
}

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const OPEN_METRICS_0_0_1: &str = "application/openmetrics-text; version=0.0.1; charset=utf-8";
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// OpenMetrics is for who prefers it by name; everybody else, whatever they ask for, gets the older text, as from
/// Prometheus' own servers.
fn negotiate(accept: Option<&str>) -> (Syntax, &'static str) {
    let mut best = (0.0, (Syntax::Prometheus, PROMETHEUS));
    for range in media_ranges(accept.unwrap_or_default()) {
        let version = range.parameters.iter().find_map(|parameter| parameter.strip_prefix("version="));
        let offered = match (range.kind.as_ref(), version) {
            ("application/openmetrics-text", None | Some("1.0.0")) => (Syntax::OpenMetrics, OPEN_METRICS),
            // The draft differs in nothing that is written here.
            ("application/openmetrics-text", Some("0.0.1")) => (Syntax::OpenMetrics, OPEN_METRICS_0_0_1),
            ("text/plain", None | Some("0.0.4")) | ("text/*" | "*/*", _) => (Syntax::Prometheus, PROMETHEUS),
            _ => continue,
        };
        if range.quality > best.0 {
            best = (range.quality, offered);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_metrics_is_for_who_prefers_it() {
        let table = [
            (None, PROMETHEUS),
            (Some("*/*"), PROMETHEUS),
            (Some("text/plain"), PROMETHEUS),
            (Some("text/plain; version=0.0.4; charset=utf-8"), PROMETHEUS),
            (Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), PROMETHEUS),
            (Some("application/json"), PROMETHEUS),
            (Some("application/openmetrics-text"), OPEN_METRICS),
            (Some("application/openmetrics-text; version=1.0.0, text/plain;q=0.5"), OPEN_METRICS),
            (
                Some("application/openmetrics-text; version=0.0.1, text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
                OPEN_METRICS_0_0_1,
            ),
            (Some("application/openmetrics-text;q=0"), PROMETHEUS),
            (Some("application/openmetrics-text;q=0.3, text/plain;q=0.7"), PROMETHEUS),
            (Some("application/openmetrics-text; version=9.0.0, text/plain;q=0.1"), PROMETHEUS),
            // As Prometheus 2.50 and 3.0 send it.
            (
                Some(
                    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,\
                     text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                ),
                OPEN_METRICS,
            ),
            (
                Some(
                    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
                     application/openmetrics-text;version=0.0.1;q=0.5,\
                     text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                ),
                OPEN_METRICS,
            ),
            (
                Some(
                    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,\
                     text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                ),
                PROMETHEUS,
            ),
        ];
        for (accept, expected) in table {
            assert_eq!(negotiate(accept).1, expected, "{accept:?}");
        }
    }
}
