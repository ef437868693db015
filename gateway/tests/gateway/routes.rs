//! Routes that somebody wrote, in front of the locator.

use eurus_gateway::{GatewayConfig, RoutesConfig};
use eurus_service::Properties;
use eurus_service::properties::{Files, Sources};
use serde_json::{Value, json};

use crate::support::gateway::Gateway;
use crate::support::producer::Producer;
use crate::support::registry::Registry;

pub(crate) fn routes(yaml: &str) -> RoutesConfig {
    let sources = Sources { files: Files::one("application.yml", yaml), ..Sources::default() };
    RoutesConfig::from_properties(&Properties::layered(sources).unwrap().0).unwrap()
}

async fn gateway(yaml: &str, adjust: impl FnOnce(&mut GatewayConfig)) -> (Producer, Gateway) {
    let producer = Producer::start(2).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start_with(&registry, |config| {
        config.routes = routes(yaml);
        adjust(config);
    });
    (producer, gateway.await)
}

const ROUTES: &str = r"
spring.cloud.gateway.routes:
  - id: api
    uri: lb://java-service
    predicates: ['Path=/api/{version}/**', 'Header=X-Api, \d+']
    filters: [StripPrefix=2, 'PrefixPath=/{version}']
  - id: rewritten
    uri: lb://JAVA-SERVICE
    predicates: ['Host=**.shop.example', Method=GET]
    filters: ['RewritePath=/red/?(?<segment>.*), /$\{segment}']
  - id: gone
    uri: lb://nobody
    predicates: [Path=/gone]
    order: -1
";

#[tokio::test(flavor = "multi_thread")]
async fn a_route_leads_to_its_service_with_the_path_that_its_filters_make() {
    let (_, gateway) = gateway(ROUTES, |_| ()).await;
    let seen = async |path: &str, headers: &[(&str, &str)]| -> Value {
        let mut request = gateway.http.get(format!("http://{}{path}", gateway.data));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap_or_default()
    };
    let (shop, api) = ([("host", "a.Shop.example:80")], [("x-api", "1")]);
    let rewritten = seen("/red/seen?q=%2F", &shop).await;
    assert_eq!(rewritten["target"], "/seen?q=%2F");
    assert_eq!(rewritten["headers"]["x-forwarded-prefix"], "/red");
    assert_eq!(rewritten["headers"]["x-forwarded-host"], "a.Shop.example:80");
    // The instance answers other paths than /seen otherwise: which they are is asked for.
    let (status, api_match) = gateway.admin_get("/routes/match?path=/api/v1/x%3Fa=1&header=X-Api:%207").await;
    assert_eq!((status, &api_match["route"], &api_match["target"]), (200, &json!("api"), &json!("/v1/x?a=1")));
    assert_eq!(seen("/api/v1/x", &api).await, Value::Null);
    // Neither takes it: the locator does.
    let located = seen("/java-service/seen", &[("x-api", "1")]).await;
    assert_eq!(
        (&located["target"], &located["headers"]["x-forwarded-prefix"]),
        (&json!("/seen"), &json!("/java-service"))
    );
    let (status, body) = gateway.get("/gone").await;
    assert!(status == 404 && body.contains("no service NOBODY is registered"), "{body}");
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_locator_what_no_route_takes_is_not_found() {
    let yaml = format!("{ROUTES}\nspring.cloud.gateway.discovery.locator.enabled: false");
    let (producer, gateway) = gateway(&yaml, |_| ()).await;
    for path in ["/java-service/hello", "/", "/api/v1/hello"] {
        let (status, body) = gateway.get(path).await;
        assert!(status == 404 && body.contains("no route takes this request"), "{path}: {body}");
    }
    assert_eq!(producer.requests(), 0);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_api_shows_routes_and_which_one_a_request_would_take() {
    let (_, gateway) = gateway(ROUTES, |_| ()).await;
    let (_, shown) = gateway.admin_get("/routes").await;
    assert_eq!(shown["locator"], true);
    let ids: Vec<_> = shown["routes"].as_array().unwrap().iter().map(|route| route["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["gone", "api", "rewritten"]);
    let expected = json!({"id": "api", "uri": "lb://java-service", "order": 0,
        "predicates": ["Path=/api/{version}/**", "Header=x-api, \\d+"],
        "filters": ["StripPrefix=2", "PrefixPath=/{version}"],
        "connectTimeoutMs": 1_000, "responseTimeoutMs": 30_000, "triesMax": 3, "bodyBytesMax": 0});
    assert_eq!(shown["configuration"], json!({"takenOver": 0, "refused": 0}));
    assert_eq!(shown["routes"][1], expected);
    for (query, status, route) in [
        ("path=/api/v1/x&header=x-api:1", 200, json!("api")),
        ("path=/api/v1/x&header=x-api:one", 200, Value::Null),
        ("path=/x&host=a.b.shop.example", 200, json!("rewritten")),
        ("path=/x&host=a.b.shop.example&method=post", 200, Value::Null),
        ("path=/", 404, Value::Null),
        ("method=GET", 400, Value::Null),
        ("path=/x&colour=red", 400, Value::Null),
    ] {
        let (found, body) = gateway.admin_get(&format!("/routes/match?{query}")).await;
        assert_eq!((found, &body["route"]), (status, &route), "{query}: {body}");
    }
    gateway.stop().await.unwrap();
}

/// Each has its own, where the gateway has others.
#[tokio::test(flavor = "multi_thread")]
async fn time_outs_tries_and_the_limit_of_bodies_are_the_routes_own() {
    const OWN: &str = "
spring.cloud.gateway.routes:
  - {id: short, uri: lb://java-service, predicates: [Path=/short/**], filters: [StripPrefix=1, RequestSize=4B],
     metadata: {response-timeout: 50}}
  - {id: long, uri: lb://java-service, predicates: [Path=/long/**], filters: [StripPrefix=1], metadata: {body-bytes-max: 0}}
";
    let (_, gateway) = gateway(OWN, |config| config.edge.limits.body_bytes_max = 8).await;
    let (status, body) = gateway.get("/short/hang").await;
    assert!(status == 504 && body.contains("no answer after 50 ms"), "{body}");
    let post = async |path: &str, body: &'static str| {
        let request = gateway.http.post(format!("http://{}{path}/count", gateway.data)).body(body);
        request.send().await.unwrap().status().as_u16()
    };
    for (path, body, status) in [
        ("/short", "1234", 200),
        ("/short", "12345", 413),
        ("/long", "123456789", 200),
        ("/java-service", "12345678", 200),
        ("/java-service", "123456789", 413),
    ] {
        assert_eq!(post(path, body).await, status, "{path} {body}");
    }
    gateway.stop().await.unwrap();
}
