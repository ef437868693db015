use http::StatusCode;

use super::*;
use crate::config::{EdgeConfig, GatewayConfig};
use crate::routes::RoutesConfig;
use crate::tally::{BookLimits, Class, Failure, Limit};

fn sources() -> Sources {
    let marks = GatewayConfig::stock().down_service_cache;
    let directory = Directory::new(marks, true, Default::default(), BookLimits::default());
    Sources {
        directory: Arc::new(directory),
        routes: Arc::new(Routes::new(&RoutesConfig::default(), &EdgeConfig::default())),
        tally: Arc::default(),
        access_log_lines_dropped: 7,
        tls: None,
        instance_tls: Arc::new(InstanceTls::new(None).unwrap()),
    }
}

fn has(text: &str, line: &str) {
    assert!(text.lines().any(|one| one == line), "{line}\nis not in\n{text}");
}

#[test]
fn what_is_counted_is_shown_under_its_name() {
    let sources = sources();
    let (counts, open) = (sources.tally.mine(), sources.tally.connection());
    counts.answers.count((Class::Success,));
    counts.errors.count((Failure::BadAnswer,));
    counts.retries.add((), 3);
    sources.tally.limit(Limit::Tries);
    drop(sources.tally.upgrade());
    counts.idle_begun.add((), 5);
    counts.idle_ended.add((), 2);
    let shop = sources.directory.book().instance("SHOP", "a\"b");
    shop.service().answered(StatusCode::NOT_FOUND);
    shop.service().took_ns(2_000_000_000);
    shop.answered(StatusCode::NOT_FOUND, 1_500_000_000);
    shop.failed();
    let text = write(&sources, 0);
    for line in [
        "eurus_gateway_answers_total{class=\"2xx\"} 1",
        "eurus_gateway_errors_total{kind=\"bad_answer\"} 1",
        "eurus_gateway_errors_total{kind=\"no_route\"} 0",
        "eurus_gateway_retries_total 3",
        "eurus_gateway_limit_hits_total{limit=\"tries\"} 1",
        "eurus_gateway_limit_hits_total{limit=\"access_log_lines\"} 7",
        "eurus_gateway_connections_open 1",
        "eurus_gateway_upgrades_total 1",
        "eurus_gateway_upgraded_open 0",
        "eurus_gateway_idle_connections 3",
        "eurus_gateway_service_answers_total{service=\"SHOP\",class=\"4xx\"} 1",
        "eurus_gateway_service_request_seconds_bucket{service=\"SHOP\",le=\"1.0\"} 0",
        "eurus_gateway_service_request_seconds_bucket{service=\"SHOP\",le=\"2.5\"} 1",
        "eurus_gateway_service_request_seconds_sum{service=\"SHOP\"} 2",
        "eurus_gateway_instance_answers_total{service=\"SHOP\",instance=\"a\\\"b\",class=\"4xx\"} 1",
        "eurus_gateway_instance_failed_tries_total{service=\"SHOP\",instance=\"a\\\"b\"} 1",
        "eurus_gateway_instance_wait_seconds_bucket{service=\"SHOP\",instance=\"a\\\"b\",le=\"1.0\"} 0",
        "eurus_gateway_instance_wait_seconds_bucket{service=\"SHOP\",instance=\"a\\\"b\",le=\"2.5\"} 1",
        "eurus_gateway_instance_wait_seconds_sum{service=\"SHOP\",instance=\"a\\\"b\"} 1.5",
    ] {
        has(&text, line);
    }
    assert!(!text.contains("eurus_gateway_registry_copy_age_seconds"), "there is no copy");
    drop(open);
    has(&write(&sources, 0), "eurus_gateway_connections_open 0");
}

/// What is documented is there, and what is there is documented.
#[test]
fn every_name_is_in_the_documentation() {
    let text = write(&sources(), 0);
    let named = |line: &str| line.strip_prefix("# TYPE ").and_then(|rest| rest.split(' ').next().map(str::to_owned));
    let mut names: Vec<String> = text.lines().filter_map(named).filter(|name| name.starts_with("eurus_")).collect();
    names.push("eurus_gateway_registry_copy_age_seconds".to_owned());
    let tls = ["tls_handshakes_total", "tls_renewals_total", "tls_certificate_end_seconds"];
    names.extend(tls.map(|name| format!("eurus_gateway_{name}")));
    let documented = include_str!("../../../docs/gateway.md");
    for name in &names {
        assert!(documented.contains(&format!("`{name}`")), "{name} is not in docs/gateway.md");
    }
    let words = documented.split('`').filter(|word| word.starts_with("eurus_gateway_"));
    for word in words {
        assert!(names.iter().any(|name| name == word), "docs/gateway.md: there is no {word}");
    }
}
