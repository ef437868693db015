//! What all pages share: head, navigation, facts about the registry, and how text from clients is shown.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};

use super::preservation;
use crate::http::Call;
use crate::http::refusal::escape;
use crate::http::server_status::uptime;
use crate::http::timestamp::iso;
use crate::instance_name::shortened;

/// No script, no picture, nothing from elsewhere: even if an escape were forgotten nothing would run.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const STYLE: &str = "
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 75rem; padding: 1rem; }
nav a { margin-right: 1.5rem; }
table { border-collapse: collapse; margin: 1rem 0; width: 100%; }
th, td { border-bottom: 1px solid #8884; overflow-wrap: anywhere; padding: .3rem .6rem; text-align: left; vertical-align: top; }
tbody tr:first-child th { padding-top: 1rem; }
.facts td:first-child { width: 16rem; }
.note, .alarm { border-left: .4rem solid #8888; padding: .2rem 1rem; }
.alarm { border-color: #d33; }
.alarm strong, .bad { color: #d33; font-weight: bold; }
";

/// Text from wherever, fit for HTML: short, without control characters, escaped.
pub(super) fn text(text: &str) -> String {
    let shown: String = shortened(text).chars().map(|one| if one.is_control() { '\u{fffd}' } else { one }).collect();
    escape(&shown)
}

/// A page with the facts about the registry and then its own content.
pub(super) fn page(call: &Call<'_>, title: &str, content: &str) -> HttpResponse {
    let paths = &call.context.paths;
    let base = format!("{}{}", paths.context, paths.dashboard.as_deref().unwrap_or_default());
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{title} – eurus registry</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head>\n<body>\n\
         <nav><a href=\"{base}/\">Instances</a> <a href=\"{base}/lastn\">Last leases</a></nav>\n{}{}{content}</body>\n</html>\n",
        preservation::banner(call),
        facts(call)
    );
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_SECURITY_POLICY, POLICY));
    response.insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
    response.insert_header((CONTENT_TYPE, "text/html;charset=UTF-8")).body(html)
}

/// What Eureka's people look for first, under Eureka's names.
fn facts(call: &Call<'_>) -> String {
    let (registry, now_ms) = (&call.registry, call.now_ms);
    let (health, deployment) = (registry.store().self_preservation(now_ms), &registry.config().deployment);
    let rows = [
        ("Environment", deployment.environment.clone()),
        ("Data center", deployment.datacenter.clone()),
        ("Current time", iso(now_ms)),
        ("Uptime", uptime(now_ms - registry.started_ms())),
        ("Lease expiration enabled", health.enough_renewals.to_string()),
        ("Renews threshold", health.threshold.to_string()),
        ("Renews (last min)", health.renewals_last_minute.to_string()),
        ("Self-preservation", health.in_words()),
        (
            "Bytes registered",
            format!("{} of {}", bytes(registry.store().bytes_held()), bytes(registry.config().limits.bytes_max)),
        ),
        ("Refused for want of room", registry.refused().to_string()),
    ];
    let rows: String = rows.iter().map(|(name, value)| format!("<tr><td>{name}<td>{}\n", text(value))).collect();
    format!("<h1>System status</h1>\n<table class=\"facts\">\n{rows}</table>\n")
}

/// Bytes as people read them: `512 B`, `1.5 KiB`, `2.0 GiB`.
fn bytes(count: u64) -> String {
    let (mut whole, mut tenths, mut unit) = (count, 0, "B");
    for next in ["KiB", "MiB", "GiB", "TiB"] {
        if whole < 1_024 {
            break;
        }
        (whole, tenths, unit) = (whole / 1_024, whole % 1_024 * 10 / 1_024, next);
    }
    if unit == "B" { format!("{whole} B") } else { format!("{whole}.{tenths} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_for_people() {
        for (count, shown) in [
            (0, "0 B"),
            (1_023, "1023 B"),
            (1_024, "1.0 KiB"),
            (1_536, "1.5 KiB"),
            (1 << 31, "2.0 GiB"),
            (1_073_741_823, "1023.9 MiB"),
            (u64::MAX, "16777215.9 TiB"),
        ] {
            assert_eq!(bytes(count), shown);
        }
    }

    #[test]
    fn text_from_a_client_is_only_text() {
        let table = [
            ("host:app:1", "host:app:1"),
            ("<script>alert('1')</script>", "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"),
            ("\" onload=\"x&y", "&quot; onload=&quot;x&amp;y"),
            ("a\0b\nc\u{1b}", "a\u{fffd}b\u{fffd}c\u{fffd}"),
        ];
        for (from_client, shown) in table {
            assert_eq!(text(from_client), shown);
        }
        assert!(text(&"<".repeat(1_000_000)).len() < 1_000);
    }
}
