//! What is seen of requests: their ids, the metrics, the access log.

use std::fs;
use std::path::Path;

use eurus_gateway::{AccessLogConfig, BookLimits, GatewayConfig};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::routes::routes;
use crate::support::gateway::Gateway;
use crate::support::producer::Producer;
use crate::support::raw;
use crate::support::registry::Registry;
use crate::support::{soon, until};

const NO_ID: &str = "GET /java-service/seen HTTP/1.1\r\nhost: g\r\nconnection: close\r\n";

async fn scrape(gateway: &Gateway) -> String {
    let answer = gateway.http.get(format!("http://{}/metrics", gateway.admin)).send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()),
        (200, "text/plain; version=0.0.4; charset=utf-8")
    );
    answer.text().await.unwrap()
}

fn value(text: &str, series: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

pub(crate) fn read(file: &Path) -> String {
    String::from_utf8(fs::read(file).unwrap()).unwrap()
}

/// Whatever id a caller sends is taken.
fn trusting(config: &mut GatewayConfig) {
    config.edge.limits.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
}

pub(crate) fn logged(config: &mut GatewayConfig, file: &Path, every: u32) {
    trusting(config);
    let file = file.to_owned();
    config.access_log = Some(AccessLogConfig { every, file, bytes_max: 1 << 20, files_kept: 1 });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_goes_to_the_instance_and_back_and_one_that_is_none_is_replaced() {
    let producer = Producer::start(2).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start_with(&registry, trusting).await;
    let cases = [(None, false), (Some("a-1"), true), (Some("a b"), false)];
    let mut ids = Vec::new();
    for (sent, is_kept) in cases {
        let header = sent.map_or_else(String::new, |id| format!("x-request-id: {id}\r\n"));
        let answer = soon("an answer", raw::exchange(gateway.data, format!("{NO_ID}{header}\r\n").as_bytes())).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let returned: Vec<&str> = head.lines().filter_map(|line| line.strip_prefix("x-request-id: ")).collect();
        let seen: Value = serde_json::from_str(&body[body.find('{').unwrap()..=body.rfind('}').unwrap()]).unwrap();
        assert_eq!(
            Value::from(returned.clone()),
            Value::from(vec![seen["headers"]["x-request-id"].clone()]),
            "{answer}"
        );
        assert_eq!(Some(returned[0]) == sent, is_kept, "{answer}");
        ids.push(returned[0].to_owned());
    }
    assert_ne!(ids[0], ids[2]);
    let wary = Gateway::start(&registry).await;
    let answer = wary.http.get(format!("http://{}/java-service/hello", wary.data)).header("x-request-id", "a-1");
    assert_ne!(answer.send().await.unwrap().headers()["x-request-id"], "a-1");
    wary.stop().await.unwrap();
    let nowhere = gateway.http.get(format!("http://{}/nobody/x", gateway.data)).header("x-request-id", "b-2");
    let error: Value = serde_json::from_str(&nowhere.send().await.unwrap().text().await.unwrap()).unwrap();
    assert_eq!((error["status"].as_u64(), error["requestId"].as_str()), (Some(404), Some("b-2")));
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_counted_by_service_and_instance_and_a_service_outlives_its_instances() {
    let (stays, goes) = (Producer::start(2).await, Producer::absent(3));
    let registry = Registry::start(&[&stays, &goes]).await;
    let gateway = Gateway::start(&registry).await;
    for _ in 0..10 {
        assert_eq!(gateway.get("/java-service/hello").await.0, 200);
    }
    assert_eq!(gateway.get("/nobody/hello").await.0, 404);
    let failed = "eurus_gateway_instance_failed_tries_total{service=\"JAVA-SERVICE\",instance=\"p3\"}";
    let of_service = "eurus_gateway_service_answers_total{service=\"JAVA-SERVICE\",class=\"2xx\"}";
    let seconds = "eurus_gateway_service_request_seconds_count{service=\"JAVA-SERVICE\"}";
    let text = scrape(&gateway).await;
    let refused = value(&text, failed).unwrap();
    assert!(refused >= 1.0, "{text}");
    for (series, expected) in [
        (of_service, 10.0),
        (seconds, 10.0),
        ("eurus_gateway_instance_answers_total{service=\"JAVA-SERVICE\",instance=\"p2\",class=\"2xx\"}", 10.0),
        ("eurus_gateway_answers_total{class=\"2xx\"}", 10.0),
        ("eurus_gateway_answers_total{class=\"4xx\"}", 1.0),
        ("eurus_gateway_errors_total{kind=\"unknown_service\"}", 1.0),
        ("eurus_gateway_failed_tries_total{kind=\"connect_failed\"}", refused),
        ("eurus_gateway_retries_total", refused),
        ("eurus_gateway_instances_in_rotation", 2.0),
        ("eurus_gateway_registry_copy_age_seconds", 0.0),
    ] {
        assert_eq!(value(&text, series), Some(expected), "{series}\n{text}");
    }
    assert!(value(&text, "eurus_gateway_connections_open").unwrap() >= 1.0);
    registry.remove(&goes);
    gateway.fetch().await;
    let text = scrape(&gateway).await;
    assert!(value(&text, failed).is_some(), "what was counted last is still seen");
    gateway.hand.advance_ms(300_000).await.unwrap();
    let text = scrape(&gateway).await;
    assert_eq!((value(&text, failed), value(&text, of_service)), (None, Some(10.0)), "{text}");
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_leaves_before_the_answer_is_counted_and_logged_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("access.log");
    let address = raw::server(2, |_, mut stream| async move {
        raw::read_head(&mut stream).await;
        // Until the gateway has had enough.
        raw::read_head(&mut stream).await;
    })
    .await;
    let registry = Registry::start(&[&Producer::at(2, address)]).await;
    let gateway = Gateway::start_with(&registry, |config| logged(config, &file, 1)).await;
    let mut caller = TcpStream::connect(gateway.data).await.unwrap();
    caller.write_all(b"GET /java-service/x HTTP/1.1\r\nhost: g\r\nx-request-id: i\r\n\r\n").await.unwrap();
    until("the request", async || gateway.admin_get("/services").await.1.to_string().contains(r#""under_way":1"#))
        .await;
    drop(caller);
    let left = "eurus_gateway_errors_total{kind=\"caller_left\"}";
    until("its end", async || value(&scrape(&gateway).await, left) == Some(1.0)).await;
    gateway.stop().await.unwrap();
    assert!(read(&file).ends_with(" \"GET /java-service/x\" http HTTP/1.1 - 0 0 0 - - i 1 -\n"), "{}", read(&file));
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_beyond_the_limit_have_no_series_of_their_own() {
    let (one, other) = (Producer::start(2).await, Producer::start(3).await);
    let registry = Registry::start(&[&one, &other]).await;
    let counted = BookLimits { instances_max: 1, ..BookLimits::default() };
    let gateway = Gateway::start_with(&registry, |config| config.counted = counted).await;
    for _ in 0..4 {
        assert_eq!(gateway.get("/java-service/hello").await.0, 200);
    }
    let text = scrape(&gateway).await;
    let instances = text.lines().filter(|line| line.starts_with("eurus_gateway_instance_failed_tries_total{"));
    assert_eq!(instances.count(), 1, "{text}");
    let sum = value(&text, "eurus_gateway_service_answers_total{service=\"JAVA-SERVICE\",class=\"2xx\"}");
    let hits = value(&text, "eurus_gateway_limit_hits_total{limit=\"metrics_instances\"}");
    assert_eq!((sum, hits), (Some(4.0), Some(1.0)), "{text}");
    gateway.stop().await.unwrap();
}

const LOGGED_ROUTES: &str = "
spring.cloud.gateway.routes:
  - {id: hello, uri: lb://java-service, predicates: [Path=/hello]}
  - {id: all that went, uri: lb://nobody, predicates: [Path=/gone]}
";

#[tokio::test(flavor = "multi_thread")]
async fn the_access_log_has_a_line_for_each_request_whatever_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("access.log");
    let producer = Producer::start(2).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start_with(&registry, |config| {
        logged(config, &file, 1);
        config.routes = routes(LOGGED_ROUTES);
    })
    .await;
    let requests = [
        "GET /java-service/hello?token=secret HTTP/1.1\r\nx-request-id: one\r\n",
        "POST /java-service/count HTTP/1.1\r\nx-request-id: two\r\ncontent-length: 5\r\n",
        "GET /nobody/a\"b\\ HTTP/1.1\r\nx-request-id: three\r\n",
        "GET / HTTP/1.0\r\nx-request-id: four\r\n",
        "GET /hello HTTP/1.1\r\nx-request-id: five\r\n",
        "GET /gone HTTP/1.1\r\nx-request-id: six\r\n",
    ];
    for request in requests {
        let body = if request.starts_with("POST") { "hello" } else { "" };
        let bytes = format!("{request}host: g\r\nconnection: close\r\n\r\n{body}");
        soon("an answer", raw::exchange(gateway.data, bytes.as_bytes())).await;
    }
    // Lines do not wait for the end.
    gateway.hand.advance_ms(500).await.unwrap();
    until("a line", async || fs::metadata(&file).is_ok_and(|data| data.len() > 0)).await;
    gateway.stop().await.unwrap();
    let text = read(&file);
    let mut lines: Vec<&str> = text.lines().map(|line| line.split_once(' ').unwrap().1).collect();
    lines.sort_unstable();
    let error_bytes = |id: &str| {
        let line = lines.iter().find(|line| line.contains(id)).unwrap();
        line.split(' ').nth(7).unwrap().to_owned()
    };
    let (nobody, nowhere, gone) = (error_bytes(" three "), error_bytes(" four "), error_bytes(" six "));
    let expected = [
        format!(r#"127.0.0.1 "GET /" http HTTP/1.0 404 0 {nowhere} 0 - - four 0 -"#),
        format!(r#"127.0.0.1 "GET /gone" http HTTP/1.1 404 0 {gone} 0 NOBODY - six 0 all\x20that\x20went"#),
        r#"127.0.0.1 "GET /hello" http HTTP/1.1 200 0 2 0 JAVA-SERVICE p2 five 1 hello"#.to_owned(),
        r#"127.0.0.1 "GET /java-service/hello" http HTTP/1.1 200 0 2 0 JAVA-SERVICE p2 one 1 -"#.to_owned(),
        format!(r#"127.0.0.1 "GET /nobody/a\x22b\x5c" http HTTP/1.1 404 0 {nobody} 0 NOBODY - three 0 -"#),
        r#"127.0.0.1 "POST /java-service/count" http HTTP/1.1 200 5 1 0 JAVA-SERVICE p2 two 1 -"#.to_owned(),
    ];
    assert_eq!(lines, expected, "{text}");
    assert!(text.starts_with("2026-11-22T"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sampled_access_log_has_one_line_of_so_many() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("access.log");
    let producer = Producer::start(2).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start_with(&registry, |config| logged(config, &file, 4)).await;
    // Over one connection, so on one thread.
    let one = "GET /java-service/hello HTTP/1.1\r\nhost: g\r\n";
    let all = format!("{}{one}connection: close\r\n\r\n", format!("{one}\r\n").repeat(11));
    let answers = soon("the answers", raw::exchange(gateway.data, all.as_bytes())).await;
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 12, "{answers}");
    gateway.stop().await.unwrap();
    assert_eq!(read(&file).lines().count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_log_that_cannot_be_written_is_no_start() {
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::start(&[]).await;
    let gateway = Gateway::start_unready(&registry, |config| logged(config, folder.path(), 1));
    let error = gateway.stop().await.unwrap_err().to_string();
    assert!(error.contains("eurus.gateway.access-log.file"), "{error}");
}
