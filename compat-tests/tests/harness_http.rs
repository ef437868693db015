//! The harness driven over HTTP, as a test in any language does it.
#![allow(clippy::unwrap_used, clippy::panic)] // Helpers of tests.

use compat_tests::Failure;
use compat_tests::harness::{Scenario, serve};
use serde_json::{Value, json};

const NODES: &str = "
name: nodes for a test
registries: {registry-1: {}}
gateways: {gateway-1: {start: 0s}}
sync-speeds: {sync-speed-1: {}}
callers: {ribbon-1: {}}
producers: {shop: {count: 2}}
";

struct Driver {
    served: serve::Served,
    http: reqwest::Client,
}

impl Driver {
    async fn start() -> Result<Self, Failure> {
        Self::of(NODES).await
    }

    async fn of(nodes: &str) -> Result<Self, Failure> {
        let scenario =
            Scenario::parse_to_serve("nodes.yaml", nodes).map_err(|wrong| Failure::new(wrong.to_string()))?;
        let http = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { served: serve::start(scenario, 0).await?, http })
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.send(self.http.get(format!("{}/harness{path}", self.served.url))).await
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let request = self.http.post(format!("{}/harness{path}", self.served.url));
        self.send(if body.is_null() { request } else { request.json(&body) }).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        let answer = request.send().await.unwrap();
        let (status, body) = (answer.status().as_u16(), answer.text().await.unwrap());
        (status, serde_json::from_str(&body).unwrap_or_else(|_| panic!("{status}, and no JSON: {body}")))
    }

    async fn shown(&self, node: &str, layer: &str, instance: &str) -> Value {
        let (status, listing) = self.get(&format!("/caches/{node}/{layer}")).await;
        assert_eq!(status, 200, "{listing}");
        listing[instance].clone()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_moves_time_and_disturbs_caches() {
    let driver = Driver::start().await.unwrap();
    let (_, about) = driver.get("").await;
    assert_eq!(about["nodes"]["registry-1"]["kind"], "registry", "{about}");
    assert!(about["links"].as_array().unwrap().contains(&json!("gateway-1 -> registry-1")), "{about}");
    let (status, clock) = driver.post("/clock/advance?by=95s", Value::Null).await;
    assert_eq!((status, clock["now_ms"].as_i64()), (200, Some(95_000)), "{clock}");
    assert_eq!(driver.shown("gateway-1", "routable", "shop-1").await, "UP");

    // The registry answers at its own address, as any registry does.
    let registry = about["nodes"]["registry-1"]["url"].as_str().unwrap();
    let apps = driver.http.get(format!("{registry}apps/SHOP")).send().await.unwrap();
    assert_eq!(apps.status(), 200);

    let (status, done) = driver.post("/caches/registry-1/read-only/freeze", Value::Null).await;
    assert_eq!(status, 200, "{done}");
    let (status, done) = driver.post("/steps", json!({"offline": "shop-1"})).await;
    assert_eq!((status, done["outcome"].as_str()), (200, Some("done")), "{done}");
    assert_eq!(driver.shown("gateway-1", "routable", "shop-1").await, Value::Null);
    driver.post("/clock/advance?by=2m", Value::Null).await;
    assert_eq!(driver.shown("registry-1", "store", "shop-1").await, "OUT_OF_SERVICE");
    assert_eq!(driver.shown("registry-1", "read-only", "shop-1").await, "UP", "it is held still");
    for way in ["?through=gateway-1", ""] {
        let (_, answered) = driver.post(&format!("/requests/shop{way}"), Value::Null).await;
        assert_eq!(answered, json!({"answered_by": "shop-2"}), "'{way}': the only gateway");
    }
    driver.post("/caches/registry-1/read-only/refresh", Value::Null).await;
    assert_eq!(driver.shown("registry-1", "read-only", "shop-1").await, "OUT_OF_SERVICE");
    let (_, timeline) = driver.get("/timeline").await;
    let last = timeline.as_array().unwrap().last().unwrap();
    assert_eq!((last["at_ms"].as_i64(), last["layer"].as_str()), (Some(215_000), Some("read-only")), "{last}");
    driver.served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_makes_no_sense_is_refused_and_said() {
    let driver = Driver::start().await.unwrap();
    let cases = [
        ("/clock/advance?by=90", Value::Null, 400, "not a duration"),
        ("/clock/advance?by=25h", Value::Null, 400, "cannot pass"),
        ("/clock/back", Value::Null, 404, "see docs/harness.md"),
        ("/steps", json!({"crush": "shop-1"}), 400, "'crush' is not something that a step can do"),
        ("/steps", json!({"crash": "shop-9"}), 400, "there is no instance 'shop-9' (known: shop-1, shop-2)"),
        ("/steps", json!({"crash": "shop-1", "offline": "shop-1"}), 400, "exactly one thing"),
        ("/caches/registry-1/store/freeze", Value::Null, 400, "it is no cache"),
        ("/caches/registry-9/read-only/freeze", Value::Null, 404, "there is no node registry-9 (there are: "),
        ("/caches/sync-speed-1/store/freeze", Value::Null, 404, "(it has none)"),
        ("/caches/registry-1/read-only/melt", Value::Null, 400, "'melt' is not something that a step can do"),
        ("/requests/shop?through=nobody", Value::Null, 404, "'nobody' (there are: gateway-1, ribbon-1)"),
        ("/requests/shop?thruogh=gateway-1", Value::Null, 400, "unknown field `thruogh`"),
        ("/clock/advance", Value::Null, 400, "not a duration: it is /clock/advance?by=90s"),
        ("/clock/advance?for=90s", Value::Null, 400, "'for=90s' is not understood"),
        ("/clock", Value::Null, 405, "POST is not for /harness/clock"),
        ("/steps", json!("x".repeat(100_000)), 400, "at most 65536 bytes"),
    ];
    for (path, body, expected, words) in cases {
        let (status, answer) = driver.post(path, body).await;
        let said = answer["error"].as_str().unwrap_or_default();
        assert!(status == expected && said.contains(words), "{path}: {status} {answer}");
    }
    let (status, answer) = driver.get("/caches/gateway-1/store").await;
    let words = json!({"error": "there is no layer store of gateway-1 (it has: client-copy, routable)"});
    assert_eq!((status, answer), (404, words));
    driver.post("/clock/freeze", Value::Null).await;
    let (status, answer) = driver.post("/clock/advance?by=1s", Value::Null).await;
    assert_eq!(status, 409, "{answer}");
    driver.post("/clock/thaw", Value::Null).await;
    let (_, clock) = driver.get("/clock").await;
    assert_eq!((clock["now_ms"].as_i64(), clock["frozen"].as_bool()), (Some(0), Some(false)), "nothing has changed");
    let of_a_page = driver.http.get(format!("{}/harness/clock", driver.served.url)).header("origin", "http://evil");
    assert_eq!(driver.send(of_a_page).await.0, 403);
    driver.served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_that_registers_by_itself_is_seen_too() {
    let driver = Driver::start().await.unwrap();
    let (_, about) = driver.get("").await;
    let registry = about["nodes"]["registry-1"]["url"].as_str().unwrap();
    let registration = json!({"instance": {"instanceId": "own-1", "app": "OWN", "hostName": "localhost",
        "ipAddr": "127.0.0.1", "status": "UP", "vipAddress": "own", "port": {"$": 9, "@enabled": "true"},
        "dataCenterInfo": {"@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"}}});
    let answer = driver.http.post(format!("{registry}apps/OWN")).json(&registration).send().await.unwrap();
    assert_eq!(answer.status(), 204);
    assert_eq!(driver.shown("registry-1", "store", "own-1").await, "UP", "at once");
    driver.post("/clock/advance?by=60s", Value::Null).await;
    assert_eq!(driver.shown("gateway-1", "routable", "own-1").await, "UP");
    driver.post("/caches/ribbon-1/server-list/refresh", Value::Null).await;
    assert_eq!(driver.shown("ribbon-1", "server-list", "own-1").await, "UP");
    for (node, layer) in [("registry-1", "store"), ("gateway-1", "routable")] {
        let (_, listing) = driver.get(&format!("/caches/{node}/{layer}")).await;
        let shown: Vec<&String> = listing.as_object().unwrap().keys().collect();
        assert_eq!(shown, ["own-1", "shop-1", "shop-2"], "the nodes themselves are not watched: {layer}");
    }
    driver.served.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_fit_is_a_conflict_and_no_fault() {
    const LATE: &str = "
name: nodes that start late
registries: {registry-1: {}}
gateways: {gateway-1: {start: 5s}, gateway-2: {start: 5s}}
producers: {shop: {}, late: {start: by-step}}
";
    let driver = Driver::of(LATE).await.unwrap();
    assert_eq!(driver.get("/caches/gateway-1/routable").await, (200, json!({})), "it has not started");
    let cases = [
        (json!({"run": "registry-1"}), "registry-1 runs already"),
        (json!({"start": "shop-1"}), "shop-1 runs already"),
        (json!({"register": "late-1"}), "late-1 has not started yet"),
        (json!({"cut": "gateway-1 -> registry-1"}), "its ends do not run"),
        (json!({"freeze": {"node": "gateway-1", "layer": "client-copy"}}), "gateway-1 does not run"),
    ];
    for (step, words) in cases {
        let (status, answer) = driver.post("/steps", step.clone()).await;
        let said = answer["error"].as_str().unwrap_or_default();
        assert!(status == 409 && said.contains(words), "{step}: {status} {answer}");
    }
    let (status, answer) = driver.post("/requests/shop", Value::Null).await;
    assert_eq!(status, 400, "{answer}");
    assert!(
        answer["error"].as_str().unwrap_or_default().contains("?through=gateway-1, ?through=gateway-2"),
        "{answer}"
    );
    // All goes on, and a node that was stopped runs again.
    driver.post("/clock/advance?by=10s", Value::Null).await;
    for (step, expected) in [("stop", 200), ("run", 200), ("run", 409)] {
        assert_eq!(driver.post("/steps", json!({step: "registry-1"})).await.0, expected, "{step}");
    }
    driver.served.stop().await.unwrap();
}
