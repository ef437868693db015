use std::sync::Arc;

use eurus_client::{ClientConfig, EurekaClient, Timeouts};
use eurus_model::InstanceInfo;
use eurus_service::clock::ManualClock;
use eurus_service::{Clock, Shutdown};
use tokio::task::JoinHandle;

use crate::scripted::{Answer, Scripted};

const START_MS: i64 = 1_795_000_000_000;

struct Running {
    hand: ManualClock,
    client: Arc<EurekaClient>,
    shutdown: Shutdown,
    run: JoinHandle<()>,
}

impl Running {
    fn start(urls: Vec<String>, id: &str, timeouts: Timeouts) -> Self {
        let (clock, hand) = Clock::manual(START_MS);
        let mut config = ClientConfig::stock(urls);
        config.fetch = None;
        config.timeouts = timeouts;
        config.registration = Some(InstanceInfo::new("java-service", id, "host", "127.0.0.2"));
        let client = EurekaClient::new(config, clock, Vec::new()).unwrap();
        let shutdown = Shutdown::new();
        let run = tokio::spawn(Arc::clone(&client).run(shutdown.clone()));
        Self { hand, client, shutdown, run }
    }

    async fn stop(self) {
        self.shutdown.trigger();
        self.run.await.unwrap();
    }
}

fn accepting(registry: &Scripted, path: &str) {
    registry.answers("POST /eureka/apps/JAVA-SERVICE", Answer::Is(204, String::new()));
    for method in ["PUT", "DELETE"] {
        registry.answers(&format!("{method} {path}"), Answer::Is(200, String::new()));
    }
}

fn heartbeat(path: &str, last_dirty_ms: i64) -> String {
    format!("PUT {path}?status=UP&lastDirtyTimestamp={last_dirty_ms}")
}

const PATH: &str = "/eureka/apps/JAVA-SERVICE/host:8080";

#[tokio::test]
async fn registers_at_once_renews_every_interval_and_cancels_at_the_shutdown() {
    let registry = Scripted::start().await;
    accepting(&registry, PATH);
    let running = Running::start(vec![registry.url()], "host:8080", Timeouts::default());
    running.hand.settle().await.unwrap();

    let seen = registry.take_seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].line, "POST /eureka/apps/JAVA-SERVICE");
    assert_eq!(seen[0].headers["content-type"], "application/json");
    assert_eq!(seen[0].headers["accept"], "application/json");
    let posted: serde_json::Value = serde_json::from_str(&seen[0].body).unwrap();
    let instance = &posted["instance"];
    assert_eq!(
        (instance["instanceId"].as_str(), instance["app"].as_str(), instance["ipAddr"].as_str()),
        (Some("host:8080"), Some("JAVA-SERVICE"), Some("127.0.0.2"))
    );
    assert_eq!(instance["lastDirtyTimestamp"], START_MS.to_string());

    running.hand.advance_ms(29_999).await.unwrap();
    assert_eq!(registry.seen_count(), 0);
    running.hand.advance_ms(1).await.unwrap();
    running.hand.advance_ms(30_000).await.unwrap();
    assert_eq!(registry.take_lines(), [heartbeat(PATH, START_MS), heartbeat(PATH, START_MS)]);
    let health = running.client.health().registration.unwrap();
    assert_eq!((health.last_accepted_ms, health.away), (Some(START_MS + 60_000), None));

    running.stop().await;
    assert_eq!(registry.take_lines(), [format!("DELETE {PATH}")]);
}

#[tokio::test]
async fn a_heartbeat_answered_404_registers_again_with_a_newer_dirty_timestamp() {
    let registry = Scripted::start().await;
    accepting(&registry, PATH);
    let running = Running::start(vec![registry.url()], "host:8080", Timeouts::default());
    running.hand.settle().await.unwrap();
    registry.take_lines();

    registry.answers(&format!("PUT {PATH}"), Answer::Is(404, String::new()));
    running.hand.advance_ms(30_000).await.unwrap();
    let seen = registry.take_seen();
    assert_eq!(seen[0].line, heartbeat(PATH, START_MS));
    assert_eq!(seen[1].line, "POST /eureka/apps/JAVA-SERVICE");
    let posted: serde_json::Value = serde_json::from_str(&seen[1].body).unwrap();
    assert_eq!(posted["instance"]["lastDirtyTimestamp"], (START_MS + 30_000).to_string());

    accepting(&registry, PATH);
    running.hand.advance_ms(30_000).await.unwrap();
    assert_eq!(registry.take_lines(), [heartbeat(PATH, START_MS + 30_000)]);
    running.stop().await;
}

#[tokio::test]
async fn a_registry_that_is_not_ready_at_the_start_is_asked_again_soon() {
    let registry = Scripted::start().await;
    registry.answers("POST /eureka/apps/JAVA-SERVICE", Answer::Is(503, "starting".into()));
    let running = Running::start(vec![registry.url()], "host:8080", Timeouts::default());
    running.hand.settle().await.unwrap();
    assert_eq!(registry.take_lines().len(), 1);
    running.hand.advance_ms(1_000).await.unwrap();
    assert_eq!(registry.take_lines().len(), 1);
    let away = running.client.health().registration.unwrap().away.unwrap();
    assert_eq!((away.since_ms, away.failures), (START_MS, 2));

    accepting(&registry, PATH);
    running.hand.advance_ms(2_000).await.unwrap();
    assert_eq!(registry.take_lines(), ["POST /eureka/apps/JAVA-SERVICE"]);
    running.hand.advance_ms(30_000).await.unwrap();
    assert_eq!(registry.take_lines(), [heartbeat(PATH, START_MS)]);
    running.stop().await;
}

#[tokio::test]
async fn heartbeats_move_to_the_next_registry_when_one_dies() {
    let (first, second) = (Scripted::start().await, Scripted::start().await);
    accepting(&first, PATH);
    accepting(&second, PATH);
    let running = Running::start(vec![first.url(), second.url()], "host:8080", Timeouts::default());
    running.hand.settle().await.unwrap();
    assert_eq!((first.take_lines().len(), second.take_lines().len()), (1, 0));

    first.die().await;
    running.hand.advance_ms(30_000).await.unwrap();
    assert_eq!(second.take_lines(), [heartbeat(PATH, START_MS)]);
    running.stop().await;
    assert_eq!(second.take_lines(), [format!("DELETE {PATH}")]);
}

#[tokio::test]
async fn time_outs_in_a_row_make_the_waits_longer_until_one_is_answered() {
    let registry = Scripted::start().await;
    accepting(&registry, PATH);
    let timeouts = Timeouts { connect_ms: 50, read_ms: 50 };
    let running = Running::start(vec![registry.url()], "host:8080", timeouts);
    running.hand.settle().await.unwrap();
    registry.take_lines();

    registry.answers(&format!("PUT {PATH}"), Answer::Never);
    let mut seen_at_ms = Vec::new();
    for _ in 0..21 {
        running.hand.advance_ms(10_000).await.unwrap();
        running.hand.settle().await.unwrap();
        for _ in registry.take_lines() {
            seen_at_ms.push(running.hand.now_ms() - START_MS);
        }
    }
    assert_eq!(seen_at_ms, [30_000, 90_000, 210_000]);

    accepting(&registry, PATH);
    running.hand.advance_ms(240_000).await.unwrap();
    assert_eq!(registry.take_lines().len(), 1);
    running.hand.advance_ms(30_000).await.unwrap();
    assert_eq!(registry.take_lines().len(), 1, "back to the interval");
    running.stop().await;
}

#[tokio::test]
async fn ids_are_encoded_and_credentials_become_basic_authentication() {
    let registry = Scripted::start().await;
    let path = "/eureka/apps/JAVA-SERVICE/host:a%2Fb%20c:8080";
    accepting(&registry, path);
    let url = registry.url().replace("http://", "http://user:p%40ss@").trim_end_matches('/').to_owned();
    let running = Running::start(vec![url], "host:a/b c:8080", Timeouts::default());
    running.hand.advance_ms(30_000).await.unwrap();
    assert_eq!(running.client.health().registry_url, registry.url());
    running.stop().await;

    let seen = registry.take_seen();
    assert_eq!(seen[1].line, heartbeat(path, START_MS));
    assert_eq!(seen[2].line, format!("DELETE {path}"));
    for request in seen {
        // user:p@ss
        assert_eq!(request.headers["authorization"], "Basic dXNlcjpwQHNz");
    }
}

#[tokio::test]
async fn a_process_that_never_reached_a_registry_stops_without_waiting() {
    let registry = Scripted::start().await;
    registry.die().await;
    let running = Running::start(vec![registry.url()], "host:8080", Timeouts::default());
    running.hand.settle().await.unwrap();
    running.stop().await;
}
