//! Eureka clients of several makes and ages on our registry, each as its users run it: it registers, renews, sees
//! changes by its own means, registers again when it was forgotten, keeps to an operator's override, and takes itself
//! out. What it asks is listened to, what it holds is read off its own API. In real time, for it keeps its own.
#![allow(clippy::unwrap_used, clippy::panic)] // Helpers of tests.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use compat_tests::Failure;
use compat_tests::clients::client::Client;
use compat_tests::clients::kind::Kind;
use compat_tests::clients::tap::{Exchange, Tap};
use compat_tests::java::until::until;
use compat_tests::producer::Producer;
use compat_tests::stack::Stack;
use eurus_registry::RegistryConfig;
use eurus_service::Clock;
use reqwest::Method;
use serde_json::{Value, json};

/// Of the registry's read-only cache: short, so that a change is seen soon. What is proven does not depend on it.
const INTERVAL_MS: i64 = 200;
/// For what takes a client one or two of its intervals of 1 s.
const SOON_MS: i64 = 30_000;
/// An application of which the clients see a change each time.
const OTHER: &str = "OTHER";

/// One client, another instance, and the registry between them.
struct Scene {
    stack: Stack,
    registry: String,
    tap: Tap,
    other: Producer,
    client: Client,
}

impl Scene {
    async fn start(kind: Kind, ip: [u8; 4]) -> Result<Self, Failure> {
        let mut stack = Stack::new(Clock::system())?;
        let registry = stack
            .registry(RegistryConfig { response_cache_update_interval_ms: INTERVAL_MS, ..RegistryConfig::stock() })
            .await?;
        let address: SocketAddr = registry.trim_start_matches("http://").trim_end_matches("/eureka/").parse().unwrap();
        let other = Producer::start(OTHER, IpAddr::V4(Ipv4Addr::LOCALHOST), stack.clock.clone())?;
        other.register(&stack.http, &registry).await?;
        let tap = Tap::start(address).await?;
        let mut client = Client::start(kind, ip.into(), &tap.service_url, stack.http.clone())?;
        client.until_answers(&stack.clock).await?;
        Ok(Self { stack, registry, tap, other, client })
    }

    async fn soon(&self, what: &str, holds: impl AsyncFnMut() -> Result<bool, Failure>) {
        let what = format!("{}: {what}", self.client.instance_id);
        if let Err(failure) = until(&self.stack.clock, SOON_MS, &what, holds).await {
            let asked = self.tap.exchanges();
            let asked: Vec<_> = asked.iter().rev().take(20).rev().map(ToString::to_string).collect();
            panic!("{failure}\nit holds {:?}\nand asked last\n{}", self.client.copy().await, asked.join("\n"));
        }
    }

    /// The registry's own record of the client; null when there is none.
    async fn record(&self) -> Result<Value, Failure> {
        let url = format!("{}apps/{}/{}", self.registry, self.client.kind.app(), self.client.instance_id);
        let answer = self.stack.http.get(&url).header("accept", "application/json").send().await?;
        match answer.status().as_u16() {
            404 => Ok(Value::Null),
            200 => Ok(answer.json::<Value>().await?["instance"].take()),
            status => Err(Failure::new(format!("GET {url}: {status}"))),
        }
    }

    async fn is_registered(&self, status: &str) {
        let what = format!("it is registered as {status}");
        self.soon(&what, async || Ok(self.record().await?["status"] == status)).await;
    }

    /// Waits for heartbeats: each moves the time of the last renewal.
    async fn renews(&self) {
        let renewed_ms = async || Ok::<_, Failure>(self.record().await?["leaseInfo"]["lastRenewalTimestamp"].as_i64());
        for _ in 0..2 {
            let before_ms = renewed_ms().await.unwrap();
            assert!(before_ms.is_some(), "it is registered");
            self.soon("it renews", async || Ok(renewed_ms().await? > before_ms)).await;
        }
    }

    /// What an operator does to an instance: `DELETE`, or `PUT` and `DELETE` of `/status`.
    async fn ask(&self, method: Method, app: &str, id: &str, what: &str) {
        let url = format!("{}apps/{app}/{id}{what}", self.registry);
        let answer = self.stack.http.request(method, &url).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{url}");
    }

    /// Waits until the client's own copy has an instance in this status, or has it no more.
    async fn sees(&self, id: &str, status: Option<&str>) {
        let what = format!("its copy has {id} as {status:?}");
        self.soon(&what, async || Ok(self.client.copy().await?.statuses.get(id).map(String::as_str) == status)).await;
    }

    /// The successful fetches of the list and of changes so far.
    fn fetches(&self) -> (usize, usize) {
        let exchanges = self.tap.exchanges();
        let fetches = |path| {
            let fetched = |exchange: &&Exchange| exchange.path() == path && exchange.status == Some(200);
            exchanges.iter().filter(fetched).count()
        };
        (fetches("/eureka/apps"), fetches("/eureka/apps/delta"))
    }
}

async fn follows(kind: Kind, ip: [u8; 4]) {
    let scene = Scene::start(kind, ip).await.unwrap();
    registers_and_renews(&scene).await;
    sees_changes_of_another(&scene).await;
    registers_again_when_forgotten(&scene).await;
    keeps_to_an_override(&scene).await;
    its_hash_is_ours(&scene).await;
    asks_nothing_that_is_refused(&scene);
    takes_itself_out(scene).await;
}

async fn registers_and_renews(scene: &Scene) {
    scene.is_registered("UP").await;
    let (record, address) = (scene.record().await.unwrap(), scene.client.address);
    assert_eq!(record["instanceId"], scene.client.instance_id, "{record}");
    assert_eq!(record["app"], scene.client.kind.app(), "{record}");
    assert_eq!(record["ipAddr"], address.ip().to_string(), "{record}");
    assert_eq!(record["port"], json!({"$": address.port(), "@enabled": "true"}), "{record}");
    assert_eq!(record["leaseInfo"]["renewalIntervalInSecs"], 1, "{record}");
    scene.renews().await;
}

async fn sees_changes_of_another(scene: &Scene) {
    let id = scene.other.instance_id.clone();
    scene.sees(&id, Some("UP")).await;
    scene.sees(&scene.client.instance_id, Some("UP")).await;
    let (lists_before, deltas_before) = scene.fetches();

    scene.ask(Method::PUT, OTHER, &id, "/status?value=OUT_OF_SERVICE").await;
    scene.sees(&id, Some("OUT_OF_SERVICE")).await;
    scene.ask(Method::DELETE, OTHER, &id, "/status?value=UP").await;
    scene.sees(&id, Some("UP")).await;
    // py-eureka-client drops what a delta says of an application that it has not heard of, and fetches the list instead.
    let app = if scene.client.kind == Kind::Python { OTHER } else { "SECOND" };
    let second = Producer::start(app, IpAddr::V4(Ipv4Addr::LOCALHOST), scene.stack.clock.clone()).unwrap();
    second.register(&scene.stack.http, &scene.registry).await.unwrap();
    scene.sees(&second.instance_id, Some("UP")).await;
    scene.ask(Method::DELETE, app, &second.instance_id, "").await;
    scene.sees(&second.instance_id, None).await;

    let (lists, deltas) = scene.fetches();
    if scene.client.kind.fetches_deltas() {
        assert!(deltas >= deltas_before + 4, "a delta brought each change: {deltas_before} then {deltas}");
        // A client whose hash is not ours after a delta fetches the list.
        assert_eq!(lists, lists_before, "it needed no list for them");
    } else {
        assert!(lists >= lists_before + 4, "a list brought each change: {lists_before} then {lists}");
    }
}

async fn registers_again_when_forgotten(scene: &Scene) {
    scene.ask(Method::DELETE, scene.client.kind.app(), &scene.client.instance_id, "").await;
    scene.is_registered("UP").await;
    scene.renews().await;
    scene.sees(&scene.client.instance_id, Some("UP")).await;
}

async fn keeps_to_an_override(scene: &Scene) {
    let (app, id) = (scene.client.kind.app(), scene.client.instance_id.clone());
    scene.ask(Method::PUT, app, &id, "/status?value=OUT_OF_SERVICE").await;
    scene.sees(&id, Some("OUT_OF_SERVICE")).await;
    scene.renews().await;
    assert_eq!(scene.record().await.unwrap()["status"], "OUT_OF_SERVICE", "its heartbeats do not undo it");
    scene.ask(Method::DELETE, app, &id, "/status?value=UP").await;
    scene.sees(&id, Some("UP")).await;
}

/// Where a client tells the hash of its copy.
async fn its_hash_is_ours(scene: &Scene) {
    if scene.client.copy().await.unwrap().hash.is_none() {
        return;
    }
    let url = format!("{}apps", scene.registry);
    scene
        .soon("the hash of its copy is ours", async || {
            let list = scene.stack.http.get(&url).header("accept", "application/json").send().await?;
            let list: Value = list.json().await?;
            Ok(list["applications"]["apps__hashcode"].as_str() == scene.client.copy().await?.hash.as_deref())
        })
        .await;
}

/// But for the heartbeat that told it that it was forgotten, and fargo's question whether it is registered.
fn asks_nothing_that_is_refused(scene: &Scene) {
    let own = format!("/eureka/apps/{}/{}", scene.client.kind.app(), scene.client.instance_id);
    let exchanges = scene.tap.exchanges();
    let expected = |exchange: &&Exchange| {
        let path = exchange.path().replace("%3A", ":");
        !(path == own && matches!(exchange.method.as_str(), "PUT" | "GET") && exchange.status == Some(404))
    };
    let refused = |exchange: &&Exchange| exchange.status.is_some_and(|status| status >= 300);
    let refused: Vec<_> = exchanges.iter().filter(refused).filter(expected).map(ToString::to_string).collect();
    assert!(refused.is_empty(), "{refused:#?}");
}

async fn takes_itself_out(scene: Scene) {
    let Scene { stack, registry, tap, client, .. } = scene;
    let (kind, id) = (client.kind, client.instance_id.clone());
    let status = client.terminate(&stack.clock).await.unwrap();
    assert_eq!(status.code(), Some(kind.exit_code()), "{status}");
    let exchanges = tap.exchanges();
    let last = exchanges.iter().rfind(|exchange| exchange.method != "GET").unwrap();
    assert_eq!((last.method.as_str(), last.status), ("DELETE", Some(200)), "{last}");
    let record = stack.http.get(format!("{registry}apps/{}/{id}", kind.app())).send().await.unwrap();
    assert_eq!(record.status(), 404, "{id} is gone");
    stack.stop().await.unwrap();
}

macro_rules! clients {
    ($($test:ident: $kind:ident at $last:literal;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[ignore = "needs the clients: ./test builds and runs them"]
            async fn $test() {
                follows(Kind::$kind, [127, 0, 0, $last]).await;
            }
        )*
    };
}

clients! {
    spring_cloud_2025_follows: Spring2025 at 11;
    spring_cloud_2021_follows: Spring2021 at 12;
    netflix_client_1_follows: Netflix1 at 13;
    netflix_client_2_follows: Netflix2 at 14;
    py_eureka_client_follows: Python at 15;
    eureka_js_client_follows: Node at 16;
    fargo_follows_in_xml: GoXml at 17;
    fargo_follows_in_json: GoJson at 18;
}
