//! The admin API, registration, stopping.

use std::net::{SocketAddr, TcpListener};

use eurus_gateway::{DataListeners, GatewayConfig, GatewayListeners};
use eurus_service::{Clock, Shutdown};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::support::gateway::{FETCH_MS, Gateway, START_MS, order};
use crate::support::producer::{APP, Producer};
use crate::support::registry::{Registry, SERVICE_UP_MS};
use crate::support::{raw, soon, until};

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_acknowledged_and_shown_with_why() {
    let producer = Producer::start(2).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start(&registry).await;
    let (status, answer) = gateway.admin_post("/downline", order(17, &producer).to_string()).await;
    let node = format!("127.0.0.1:eurus-gateway:{}", gateway.data.port());
    assert_eq!((status, answer), (200, json!({"outcome": "applied", "node": node})));
    let why = "OUT_OF_SERVICE by downline 17 (entry entry-17) at 2026-11-22T03:18:20.000Z; the registry's copy says UP";
    let instance = json!({"instanceId": "p2", "address": producer.address.to_string(), "status": "OUT_OF_SERVICE",
        "fetched_status": "UP", "why": why, "in_rotation": false, "requests": 0, "under_way": 0, "upgrades": 0,
        "upgraded": 0});
    let services =
        json!({"fetched_ms": START_MS, "services": [{"name": APP, "rule": "round-robin", "instances": [instance]}]});
    assert_eq!(gateway.admin_get("/services").await, (200, services));
    let (_, cache) = gateway.admin_get("/down-service-cache").await;
    let mark = json!({"application": APP, "instanceId": "p2", "kind": "down", "entry": "entry-17", "number": 17,
        "registration": {"ip": "127.0.0.2", "serviceUpTimestamp": SERVICE_UP_MS},
        "recorded_ms": START_MS, "age_ms": 0, "remaining_ms": 30_000, "bound_remaining_ms": 300_000});
    assert_eq!(cache["marks"], json!([mark]));
    assert_eq!(cache["mode"], "until-confirmed");
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_order_are_refused() {
    let producer = Producer::start(2).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start(&registry).await;
    let without = |field: &str| {
        let mut order = order(1, &producer);
        order.as_object_mut().unwrap().remove(field);
        order.to_string()
    };
    let mut empty = order(1, &producer);
    empty["instanceId"] = Value::from("");
    let table = [
        ("{".to_owned(), 400, "EOF"),
        (without("number"), 400, "number"),
        (without("registration"), 400, "registration"),
        (empty.to_string(), 400, "instanceId must not be empty"),
        (" ".repeat(20_000), 413, "limit"),
    ];
    for path in ["/downline", "/upline"] {
        for (body, expected, names) in &table {
            let (status, answer) = gateway.admin_post(path, body.clone()).await;
            assert_eq!(status, *expected, "{answer}");
            assert!(answer["error"].as_str().unwrap().contains(names), "{answer}");
        }
    }
    assert!(gateway.is_in_rotation(&producer).await);
    assert_eq!(gateway.admin_get("/nothing").await.0, 404);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_token_only_the_health_check_is_open() {
    let producer = Producer::start(2).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start_with(&registry, |config| config.admin.token = Some("secret".to_owned())).await;
    let url = |path: &str| format!("http://{}{path}", gateway.admin);
    for authorization in [None, Some("Bearer wrong"), Some("secret"), Some("Basic secret")] {
        for path in ["/services", "/down-service-cache"] {
            let mut request = gateway.http.get(url(path));
            if let Some(value) = authorization {
                request = request.header("authorization", value);
            }
            assert_eq!(request.send().await.unwrap().status(), 401, "{path} {authorization:?}");
        }
    }
    assert_eq!(gateway.admin_post("/downline", "{".to_owned()).await.0, 401);
    assert_eq!(gateway.admin_get("/actuator/health").await.0, 200);
    let body = order(1, &producer).to_string();
    let granted = gateway.http.post(url("/downline")).bearer_auth("secret");
    let granted = granted.header("content-type", "application/json").body(body).send().await.unwrap();
    assert_eq!(granted.status(), 200);
    gateway.stop().await.unwrap();
}

/// The admin API listens where callers of the gateway could have the gateway send them.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_passed_on_or_comes_from_a_web_page_is_refused() {
    let producer = Producer::start(2).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start(&registry).await;
    let body = order(1, &producer).to_string();
    let post = |name: &str, value: &str| {
        let request = gateway.http.post(format!("http://{}/downline", gateway.admin)).body(body.clone());
        let json = if name == "content-type" { value } else { "application/json" };
        request.header("content-type", json).header(name, value)
    };
    let table = [
        ("x-forwarded-for", "10.0.0.9", 403),
        ("Forwarded", "for=10.0.0.9", 403),
        ("Origin", "http://page.example", 403),
        ("Origin", "null", 403),
        ("content-type", "text/plain", 415),
        ("content-type", "application/x-www-form-urlencoded", 415),
    ];
    for (name, value, expected) in table {
        let answer = post(name, value).send().await.unwrap();
        assert_eq!(answer.status(), expected, "{name}: {value}");
        let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert!(body["error"].as_str().unwrap().to_lowercase().contains(&name.to_lowercase()), "{body}");
    }
    for path in ["/services", "/down-service-cache"] {
        let request = gateway.http.get(format!("http://{}{path}", gateway.admin)).header("x-forwarded-for", "1.2.3.4");
        assert_eq!(request.send().await.unwrap().status(), 403, "{path}");
    }
    let bare = gateway.http.post(format!("http://{}/downline", gateway.admin)).body(body.clone());
    assert_eq!(bare.send().await.unwrap().status(), 415);
    let health = gateway.http.get(format!("http://{}/actuator/health", gateway.admin)).header("origin", "null");
    assert_eq!(health.send().await.unwrap().status(), 200);
    assert!(gateway.is_in_rotation(&producer).await);
    assert_eq!(gateway.order("/downline", 1, &producer).await, "applied");
    gateway.stop().await.unwrap();
}

/// Whoever may register could otherwise name an admin API as an instance and call it through a gateway.
#[tokio::test(flavor = "multi_thread")]
async fn no_admin_api_is_reached_through_a_gateway() {
    let producer = Producer::start(2).await;
    let registry = Registry::start(&[&producer]).await;
    let (gateway, sibling) = (Gateway::start(&registry).await, Gateway::start(&registry).await);
    let named = |app: &str, address: SocketAddr| {
        let mut instance = Producer::at(1, address).instance("UP", SERVICE_UP_MS);
        (instance["app"], instance["instanceId"]) = (json!(app), json!(app));
        registry.put_instance(instance);
    };
    named("OWN-ADMIN", gateway.admin);
    named("OWN-DATA", gateway.data);
    named("SIBLING", sibling.admin);
    named("METADATA", SocketAddr::from(([169, 254, 169, 254], 80)));
    gateway.fetch().await;
    for (app, status, why) in [
        ("own-admin", 503, "is this gateway itself"),
        ("own-data", 503, "is this gateway itself"),
        ("metadata", 503, "link-local"),
        ("sibling", 403, "passed on"),
    ] {
        let request = gateway.http.post(format!("http://{}/{app}/downline", gateway.data));
        let request = request.header("content-type", "application/json").header("connection", "x-forwarded-for");
        let answer = soon("an answer", request.body(order(1, &producer).to_string()).send()).await.unwrap();
        assert_eq!(answer.status(), status, "{app}");
        let text = answer.text().await.unwrap();
        assert!(text.contains(why), "{app}: {text}");
    }
    assert!(gateway.is_in_rotation(&producer).await && sibling.is_in_rotation(&producer).await);
    gateway.stop().await.unwrap();
    sibling.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_of_the_admin_api_that_stops_sending_is_cut_off() {
    let registry = Registry::start(&[]).await;
    let gateway = Gateway::start_with(&registry, |config| config.admin.read_timeout_ms = 50).await;
    let head = "POST /downline HTTP/1.1\r\nhost: g\r\ncontent-type: application/json\r\n";
    for begun in [format!("{head}content-length: 9\r\n\r\n{{"), head.to_owned()] {
        let answer = soon("an end", raw::exchange(gateway.admin, begun.as_bytes())).await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{begun} {answer}");
    }
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_health_check_shows_how_old_the_copy_is() {
    let registry = Registry::start(&[&Producer::absent(2)]).await;
    let gateway = Gateway::start(&registry).await;
    registry.set_away(true);
    gateway.hand.advance_ms(2 * FETCH_MS + 1).await.unwrap();
    let expected = json!({"status": "UP", "details": {"last_fetch_age_ms": 2 * FETCH_MS + 1}});
    assert_eq!(gateway.admin_get("/actuator/health").await, (200, expected));
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_listener_off_the_gateway_says_so() {
    let registry = Registry::start(&[]).await;
    for enabled in [true, false] {
        let gateway = Gateway::start_with(&registry, |config| config.fetch_listener_enabled = enabled).await;
        let (_, health) = gateway.admin_get("/actuator/health").await;
        assert_eq!(health["details"].get("fetch_listener").is_none(), enabled, "{health}");
        let (_, cache) = gateway.admin_get("/down-service-cache").await;
        assert_eq!(cache["fetch_listener_enabled"], enabled);
        gateway.stop().await.unwrap();
    }
}

#[tokio::test]
async fn on_all_addresses_it_does_not_start_without_one_to_register() {
    let registry = Registry::start(&[]).await;
    let mut config = GatewayConfig::stock();
    config.service_urls = vec![registry.url()];
    let bind = |ip: &str| TcpListener::bind((ip, 0)).unwrap();
    let listeners = GatewayListeners { data: DataListeners::plain(vec![bind("0.0.0.0")]), admin: bind("127.0.0.1") };
    let (clock, _hand) = Clock::manual(START_MS);
    let refused = soon("the end", eurus_gateway::run(config, listeners, clock, Shutdown::new())).await;
    let text = refused.unwrap_err().to_string();
    assert!(text.contains("eureka.instance.ip-address"), "{text}");
    assert!(registry.registered().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_limit_of_marks_orders_are_refused() {
    let producers = [Producer::start(2).await, Producer::start(3).await];
    let registry = Registry::start(&producers.each_ref()).await;
    let gateway = Gateway::start_with(&registry, |config| config.down_service_cache.marks_max = 1).await;
    assert_eq!(gateway.order("/downline", 1, &producers[0]).await, "applied");
    let refused = gateway.order("/downline", 2, &producers[1]).await;
    assert_eq!(refused, r#"503 "the DownServiceCache is full (1 marks): nothing was changed""#);
    assert!(gateway.is_in_rotation(&producers[1]).await);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_registers_under_its_group_and_cancels_when_it_stops() {
    let registry = Registry::start(&[]).await;
    let gateway = Gateway::start_with(&registry, |config| config.group = "EDGE".to_owned()).await;
    until("the registration", async || !registry.registered().is_empty()).await;
    let (data, admin) = (gateway.data, gateway.admin);
    gateway.stop().await.unwrap();
    let registered = registry.registered().remove(0);
    let instance = &registered["instance"];
    let id = format!("127.0.0.1:edge:{}", data.port());
    assert_eq!((instance["app"].as_str(), instance["instanceId"].as_str()), (Some("EDGE"), Some(id.as_str())));
    assert_eq!(instance["port"]["$"].as_u64(), Some(u64::from(data.port())));
    assert_eq!(instance["metadata"]["management.port"], admin.port().to_string());
    assert_eq!(instance["metadata"]["eurus.admin"], format!("http://{admin}"));
    assert_eq!(registry.cancelled(), [format!("/eureka/apps/EDGE/{id}")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_way_is_finished_before_it_stops() {
    let (release, released) = tokio::sync::watch::channel(false);
    let address = raw::late_server(2, released).await;
    let producer = Producer::at(2, address);
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start(&registry).await;
    let request = gateway.http.get(format!("http://{}/java-service/x", gateway.data));
    let under_way = tokio::spawn(request.send());
    until("the first byte", async || gateway.instance(&producer).await["requests"] == 1).await;
    gateway.trigger_stop();
    // New callers are turned away while the request is still under way.
    let data = gateway.data;
    until("the listener to close", async || TcpStream::connect(data).await.is_err()).await;
    release.send(true).unwrap();
    let answer = soon("the late answer", under_way).await.unwrap().unwrap();
    assert_eq!(answer.text().await.unwrap(), "late");
    gateway.stop().await.unwrap();
}
