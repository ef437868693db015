//! Who asked for what, from where, and what came of it.

use crate::support::log;
use crate::support::raw::RawConnection;
use crate::support::rules::rules;
use crate::support::service::{Service, World, as_json, client, send};
use eurus_sync_speed::access::Token;
use eurus_sync_speed::store::Store;
use serde_json::{Value, json};

const CI: &str = "token-of-ci-0987654321";
const PLAIN: &str = "plain-secret-4711";

fn start(world: &World) -> Service {
    log::keep();
    world.start_with(|config| {
        config.access = rules(&[
            ("apps", "*"),
            ("token", PLAIN),
            ("trusted-proxies", "127.0.0.2"),
            ("callers.ci.token", CI),
            ("callers.ci.apps", "java-service"),
        ]);
    })
}

async fn trail(service: &Service, query: &str) -> Vec<Value> {
    let get = client().get(format!("{}/audit{query}", service.url)).bearer_auth(PLAIN);
    send(get).await.expect(200)["entries"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_asked_and_what_came_of_it() {
    let world = World::with_three();
    let _gateway = world.gateway("g");
    let service = start(&world);
    let url = |path: &str| format!("{}{path}", service.url);
    let offline = |body: Value| as_json(client().post(url("/offline")), body.to_string());
    let done = send(offline(json!({"ip": "10.0.0.2", "reason": "deploy\n42"})).bearer_auth(CI)).await.expect(200);
    service.advance_ms(10).await;
    send(offline(json!({"app": "java-service"})).bearer_auth(CI)).await.expect(409);
    service.advance_ms(10).await;
    let groups = as_json(client().put(url("/gateway-groups/OTHER")), json!({"groups": ["g2", "g1"]}).to_string());
    send(groups.bearer_auth(PLAIN)).await.expect(200);
    send(offline(json!({"ip": "10.0.0.3"})).bearer_auth("wrong")).await.expect(401);
    send(client().delete(url("/nowhere")).bearer_auth(CI)).await.expect(404);
    send(client().get(url("/offline")).bearer_auth(CI)).await.expect(200);
    let mut proxied = RawConnection::from("127.0.0.2", &service.url).await;
    let bearer = format!("Authorization: Bearer {CI}");
    let headers = ["X-Forwarded-For: 127.0.0.7", "Content-Type: text/plain", bearer.as_str()];
    assert_eq!(proxied.ask("POST /online", &headers, "").await.status, 415);

    let newest = trail(&service, "").await;
    let common = |entry: &Value, keys: &[&str]| -> Value {
        keys.iter().map(|key| ((*key).to_owned(), entry[*key].clone())).collect::<serde_json::Map<_, _>>().into()
    };
    let shown: Vec<Value> =
        newest.iter().map(|entry| common(entry, &["caller", "address", "action", "status", "outcome"])).collect();
    let row = |caller: Value, address: &str, action: &str, status: u16, outcome: &str| json!({"caller": caller, "address": address, "action": action, "status": status, "outcome": outcome});
    assert_eq!(
        shown,
        [
            row(json!("ci"), "127.0.0.7", "POST /online", 415, "content-type"),
            row(json!("ci"), "127.0.0.1", "DELETE /nowhere", 404, "no-such-path"),
            row(Value::Null, "127.0.0.1", "POST /offline", 401, "token"),
            row(json!("(token)"), "127.0.0.1", "PUT /gateway-groups/OTHER", 200, "done"),
            row(json!("ci"), "127.0.0.1", "POST /offline", 409, "last-up-instance"),
            row(json!("ci"), "127.0.0.1", "POST /offline", 200, "done"),
        ]
    );
    // Entries say both in one.
    let entries = send(client().get(url("/offline")).bearer_auth(PLAIN)).await.expect(200);
    assert_eq!(entries["entries"][0]["caller"], "ci (127.0.0.1)");
    assert_eq!(newest[0]["proxy"], "127.0.0.2");
    assert_eq!(newest[3]["target"], "application OTHER: G1, G2");
    assert_eq!(newest[4]["target"], "application JAVA-SERVICE");
    let first = &newest[5];
    assert_eq!((&first["kind"], &first["target"]), (&json!("offline"), &json!("IP 10.0.0.2")));
    assert_eq!((&first["reason"], &first["entry"]), (&json!("deploy\n42"), &done["id"]));
    // The newest of a moment and later, so many.
    let at = first["at"].as_i64().unwrap();
    assert_eq!(trail(&service, &format!("?since={}", at + 1)).await.len(), 5);
    assert_eq!(trail(&service, "?limit=1").await, newest[..1]);
    for query in ["?limit=0", "?limit=501", "?limit=x", "?token=1"] {
        send(client().get(url(&format!("/audit{query}"))).bearer_auth(PLAIN)).await.expect(400);
    }
    assert_eq!(send(client().get(url("/audit")).bearer_auth(CI)).await.expect(403)["error"], "no-right");
    send(client().get(url("/audit"))).await.expect(401);
    // The log has it under a target of its own, in one line.
    let entry = done["id"].as_str().unwrap();
    let lines = log::lines(&format!("POST /offline of IP 10.0.0.2 because deploy\\n42: 200 done {entry}"));
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("INFO audit ci from 127.0.0.1"), "{lines:?}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_written_wherever_somebody_puts_it() {
    let world = World::with_three();
    let (ci, gateways) = ("token-of-ci-in-wrong-places", "token-of-gateways-in-wrong-places");
    log::keep();
    let service = world.start_with(|config| {
        config.access = rules(&[("apps", "*"), ("callers.ci.token", ci), ("callers.ci.apps", "*")]);
        config.notify.token = Token::new(gateways.to_owned());
    });
    let url = |path: &str| format!("{}{path}", service.url);
    for secret in [ci, gateways] {
        for body in [
            json!({"ip": "10.0.0.2", "reason": secret}),
            json!({"app": secret}),
            json!({"ip": "10.0.0.2", "instanceId": secret}),
            json!({"ip": "10.0.0.2", "token": secret}),
            json!({"ip": secret}),
        ] {
            for path in ["/offline".to_owned(), format!("/online?token={secret}"), format!("/{secret}")] {
                let request = as_json(client().post(url(&path)), body.to_string());
                let request = request.header("X-Token", secret).header("Idempotency-Key", secret);
                send(request.bearer_auth(ci)).await;
            }
        }
        let groups =
            as_json(client().put(url(&format!("/gateway-groups/{secret}"))), json!({"groups": [secret]}).to_string());
        send(groups.bearer_auth(ci)).await;
        send(as_json(client().post(url("/offline")), "{}".to_owned()).header("Authorization", secret))
            .await
            .expect(401);
    }
    service.stop().await;
    let store = Store::open(world.folder.path()).await.unwrap();
    let records = store.audited_since(0, 500).await.unwrap();
    assert!(records.len() > 30, "{}", records.len());
    let written = format!("{records:?}");
    for secret in [ci, gateways] {
        assert!(!written.contains(secret), "{written}");
        let lines = log::lines(secret);
        assert!(lines.iter().all(|line| !line.contains(" audit ")), "{lines:#?}");
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_refused_requests_is_counted_and_not_written() {
    let world = World::with_three();
    let service = start(&world);
    // Who has been in before is not held up by a neighbour's wrong credentials.
    assert!(trail(&service, "").await.is_empty());
    for _ in 0..100 {
        service.offline(json!({"ip": "10.0.0.2"})).await;
    }
    assert_eq!(trail(&service, "?limit=500").await.len(), 60);
    service.advance_ms(5_000).await;
    service.offline(json!({"ip": "10.0.0.2"})).await;
    assert_eq!(trail(&service, "?limit=1").await[0]["suppressed"], 40);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_hangs_up_is_in_the_trail_too() {
    let world = World::with_three();
    let service = world.start_with(|config| {
        config.access = rules(&[("apps", "*"), ("token", PLAIN)]);
        config.registry_within_ms = 300;
    });
    // The registry keeps it waiting long enough for the hang-up to be noticed.
    world.registry.hang_but_do("GET apps/JAVA-SERVICE/java-2");
    let mut connection = RawConnection::that_breaks_off("127.0.0.8", &service.url).await;
    let bearer = format!("Authorization: Bearer {PLAIN}");
    connection.send("POST /offline", &["Content-Type: application/json", &bearer], r#"{"ip": "10.0.0.2"}"#).await;
    world.events.wait_for(1, "GET apps/JAVA-SERVICE/java-2").await;
    drop(connection);
    let found = async {
        loop {
            if let Some(entry) = trail(&service, "").await.first() {
                return entry.clone();
            }
        }
    };
    let found = tokio::time::timeout(std::time::Duration::from_secs(20), found).await.unwrap();
    assert_eq!((&found["address"], &found["outcome"]), (&json!("127.0.0.8"), &json!("registry")));
    service.stop().await;
}
