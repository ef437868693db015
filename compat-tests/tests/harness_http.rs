//! The harness driven over HTTP, as a test in any language does it.
#![allow(clippy::unwrap_used)] // Helpers of tests.

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
        let scenario =
            Scenario::parse_to_serve("nodes.yaml", NODES).map_err(|wrong| Failure::new(wrong.to_string()))?;
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
        (answer.status().as_u16(), answer.json().await.unwrap())
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
    let (_, answered) = driver.post("/requests/shop?through=gateway-1", Value::Null).await;
    assert_eq!(answered, json!({"answered_by": "shop-2"}));
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
        ("/caches/registry-9/read-only/freeze", Value::Null, 400, "there is no registry 'registry-9'"),
        ("/requests/shop?through=nobody", Value::Null, 400, "there is no gateway or caller 'nobody'"),
    ];
    for (path, body, expected, words) in cases {
        let (status, answer) = driver.post(path, body).await;
        let said = answer["error"].as_str().unwrap_or_default();
        assert!(status == expected && said.contains(words), "{path}: {status} {answer}");
    }
    assert_eq!(driver.get("/caches/registry-1/cellar").await.0, 400);
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
