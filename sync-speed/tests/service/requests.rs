//! What can be asked besides one address: several, whole applications, share by share, later, again, and until the last
//! request has ended.

use crate::support::service::{Service, World, as_json, client, send};
use serde_json::{Value, json};

fn told_ids(world: &World) -> Vec<String> {
    let told = world.events.matching("/downline");
    let mut ids: Vec<String> = told.iter().map(|event| event.split('"').nth(1).unwrap().to_owned()).collect();
    ids.sort();
    ids
}

fn outcomes(body: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let instances = body["instances"].as_array().unwrap().iter();
    instances.map(|instance| (text(&instance["instanceId"]), text(&instance["outcome"]))).collect()
}

/// Follows an entry's events until the last.
pub(crate) async fn at_its_end(service: &Service, path: &str) -> Value {
    let events = client().get(format!("{}{path}/events", service.url)).send().await.unwrap().text().await.unwrap();
    assert!(events.ends_with("event: end\ndata: {}\n\n"), "{events}");
    let last = events.lines().rfind(|line| line.starts_with("data: {\"id\"")).unwrap();
    serde_json::from_str(last.trim_start_matches("data: ")).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_addresses_and_whole_applications() {
    let world = World::with_three();
    let _gateway = world.gateway("g");
    world.registry.add("OTHER", "other-1", "10.0.0.9", 80);
    world.registry.add("OTHER", "other-2", "10.0.0.10", 80);
    let service = world.start();
    let body = service.offline(json!({"ips": ["10.0.0.2", "10.0.0.9"]})).await.expect(200);
    assert_eq!(body["state"], "done");
    assert_eq!(told_ids(&world), ["java-2", "other-1"]);
    let refused = service.offline(json!({"app": "java-service"})).await.expect(409);
    assert_eq!(refused["error"], "last-up-instance");
    world.events.clear();
    let body = service.offline(json!({"app": "java-service", "force": true})).await.expect(200);
    assert_eq!(body["instances"].as_array().unwrap().len(), 3);
    assert_eq!(told_ids(&world), ["java-2", "java-3", "java-4"]);
    assert_eq!(world.registry.status("OTHER", "other-2"), "UP");
    let body = service.online(json!({"app": "java-service", "port": 80})).await.expect(200);
    assert_eq!(body["state"], "done");
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-4"), "UP");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn later() {
    let world = World::with_three();
    let _gateway = world.gateway("g");
    let service = world.start();
    world.registry.hang_but_do("PUT apps/JAVA-SERVICE/java-2/status");
    let url = format!("{}/offline?async=true", service.url);
    let response = as_json(client().post(&url), json!({"ip": "10.0.0.2"}).to_string()).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 202, "the registry has not answered yet");
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let body: Value = response.json().await.unwrap();
    assert_eq!(location, format!("/offline/{}", body["id"].as_str().unwrap()));
    assert_eq!(body["state"], "recorded");
    world.events.wait_for(1, "g /downline").await;
    assert_eq!(at_its_end(&service, &location).await["state"], "done");

    let bad = as_json(client().post(&url), "{}".to_owned());
    assert_eq!(send(bad).await.expect(400)["error"], "body", "refused at once");
    let nobody = as_json(client().post(&url), json!({"ip": "10.0.0.77"}).to_string());
    assert_eq!(send(nobody).await.expect(404)["error"], "no-instance");
    let odd = as_json(client().post(format!("{url}&more=1")), json!({"ip": "10.0.0.2"}).to_string());
    let odd = send(odd).await.expect(400);
    let message = "in the query, there is no parameter 'more': allowed is ?async=true or false; nothing was done";
    assert_eq!((odd["error"].as_str(), odd["message"].as_str()), (Some("query"), Some(message)));
    service.get("/offline/offline-7/events").await.expect(404);
    for path in ["/online", "/gateways"] {
        let refused = service.get(path).await.expect(405);
        assert_eq!(refused["error"], "no-such-method", "{path}");
        assert_eq!(refused["message"], format!("GET is not possible for {path}; allowed: POST"));
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newest_first() {
    let world = World::with_three();
    let _gateway = world.gateway("g");
    let service = world.start();
    let mut first = service.offline(json!({"ip": "10.0.0.2", "reason": "deploy"})).await.expect(200);
    let mut second = service.online(json!({"ip": "10.0.0.2"})).await.expect(200);
    // Listed, each says also when, from where and why.
    for entry in [&mut first, &mut second] {
        (entry["at"], entry["caller"]) = (json!(service.hand.now_ms()), json!("127.0.0.1"));
    }
    first["reason"] = json!("deploy");
    assert_eq!(service.get("/offline").await.expect(200), json!({"entries": [second, first]}));
    assert_eq!(service.get("/offline?limit=1").await.expect(200), json!({"entries": [second]}));
    for query in ["limit=0", "limit=201", "limit=x", "offset=1"] {
        service.get(&format!("/offline?{query}")).await.expect(400);
    }
    service.stop().await;
}

async fn with_key(service: &Service, path: &str, key: &str, body: Value) -> crate::support::service::Answer {
    let request = client().post(format!("{}{path}", service.url)).header("Idempotency-Key", key);
    send(as_json(request, body.to_string())).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_request_again() {
    let world = World::with_three();
    let _gateway = world.gateway("g");
    let service = world.start();
    let body = json!({"ip": "10.0.0.2"});
    let first = with_key(&service, "/offline", "deploy-7", body.clone()).await.expect(200);
    let again = with_key(&service, "/offline", "deploy-7", body.clone()).await.expect(200);
    assert_eq!(first, again);
    assert_eq!((world.registry.changes().len(), told_ids(&world).len()), (1, 1), "done once");
    let other = with_key(&service, "/offline", "deploy-7", json!({"ip": "10.0.0.3"})).await.expect(422);
    assert_eq!((&other["error"], &other["id"]), (&json!("idempotency-key"), &first["id"]));
    with_key(&service, "/online", "deploy-7", body.clone()).await.expect(422);
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-3"), "UP");
    let another = with_key(&service, "/offline", "deploy-8", body.clone()).await.expect(200);
    assert_ne!(first["id"], another["id"]);
    for key in ["", "with space", &"k".repeat(129)] {
        with_key(&service, "/offline", key, body.clone()).await.expect(400);
    }
    // Two at one time are one as well.
    let twice = (0..8).map(|_| with_key(&service, "/offline", "deploy-9", json!({"ip": "10.0.0.3"})));
    let answers = futures_util::future::join_all(twice).await;
    let ids: std::collections::BTreeSet<String> =
        answers.into_iter().map(|answer| answer.expect(200)["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 1);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_request_again_after_a_failure() {
    let world = World::with_three();
    let _gateway = world.gateway("g");
    let service = world.start_with(|config| config.registry_within_ms = 400);
    let body = json!({"ip": "10.0.0.2"});
    world.registry.fail("PUT apps/JAVA-SERVICE/java-2/status", 403);
    let failed = with_key(&service, "/offline", "deploy-7", body.clone()).await.expect(502);
    world.registry.mend();
    let done = with_key(&service, "/offline", "deploy-7", body.clone()).await.expect(200);
    assert_ne!(failed["id"], done["id"]);
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-2"), "OUT_OF_SERVICE");
    assert_eq!(with_key(&service, "/offline", "deploy-7", body).await.expect(200), done, "once");
    // What is not known yet stays what it is, and is not asked twice.
    world.registry.hang_but_do("PUT apps/JAVA-SERVICE/java-3/status");
    world.registry.fail("DELETE apps/JAVA-SERVICE/java-3/status", 500);
    let body = json!({"ip": "10.0.0.3"});
    let unknown = with_key(&service, "/offline", "deploy-8", body.clone()).await.expect(502);
    let again = with_key(&service, "/offline", "deploy-8", body).await.expect(502);
    assert_eq!((&again["id"], &again["error"]), (&unknown["id"], &json!("registry")), "{again:#}");
    assert_eq!(world.events.matching("registry PUT apps/JAVA-SERVICE/java-3").len(), 1);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn share_by_share() {
    let world = World::new();
    let _gateway = world.gateway("g");
    for n in 1..=5 {
        world.registry.add("A", &format!("a-{n}"), &format!("10.0.1.{n}"), 80);
    }
    let service = world.start();
    let asked = service.offline_in_background(json!({"app": "a", "rolling": {"percent": 40}}));
    world.events.wait_for(2, "g /downline").await;
    service.advance_ms(2_000).await;
    let body = asked.await.unwrap().expect(200);
    assert_eq!((&body["state"], &body["retrying"]), (&json!("rolling"), &json!(true)), "{body:#}");
    let of = |steps: [&str; 5]| -> Vec<(String, String)> {
        (1..).zip(steps).map(|(n, step)| (format!("a-{n}"), step.to_owned())).collect()
    };
    assert_eq!(outcomes(&body), of(["done", "done", "pending", "pending", "pending"]));
    let path = format!("/offline/{}", body["id"].as_str().unwrap());
    // Five were UP: three others must be before two more are taken, and only one would be.
    service.advance_ms(60_000).await;
    assert_eq!(told_ids(&world).len(), 2);
    // What comes instead, as a deployment does it. Its old self under a new registration is not touched.
    world.registry.add("A", "b-1", "10.0.1.11", 80);
    world.registry.add("A", "b-2", "10.0.1.12", 80);
    world.registry.change("A", "a-4", |instance| instance.service_up_ms = 2_000);
    service.advance_ms(5_000).await;
    world.events.wait_for(3, "g /downline").await;
    assert_eq!(
        outcomes(&service.get(&path).await.expect(200))[..4],
        of(["done", "done", "done", "passed-over", ""])[..4]
    );
    service.stop().await;

    // A restart goes on with the same.
    let service = world.start_at(1_795_000_100_000, |_| {});
    world.registry.add("A", "b-3", "10.0.1.13", 80);
    service.advance_ms(30_000).await;
    world.events.wait_for(4, "g /downline").await;
    let body = at_its_end(&service, &path).await;
    assert_eq!(outcomes(&body), of(["done", "done", "done", "passed-over", "done"]));
    assert_eq!(body["state"], "done", "{body:#}");
    assert_eq!(world.registry.status("A", "a-4"), "UP");
    assert_eq!(told_ids(&world).len(), 4, "nobody twice");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_rolling_one_does_not_get_to_stays() {
    let world = World::new();
    let _gateway = world.gateway("g");
    for n in 1..=3 {
        world.registry.add("A", &format!("a-{n}"), &format!("10.0.1.{n}"), 80);
    }
    let service = world.start();
    let body = json!({"app": "a", "rolling": {"percent": 33, "minUp": 2, "withinMs": 10_000}});
    let asked = service.offline_in_background(body);
    world.events.wait_for(1, "g /downline").await;
    service.advance_ms(15_000).await;
    let body = asked.await.unwrap().expect(200);
    let body = at_its_end(&service, &format!("/offline/{}", body["id"].as_str().unwrap())).await;
    assert_eq!(body["state"], "partial", "{body:#}");
    assert!(body["note"].as_str().unwrap().contains("its time is over: A has 1 instances UP"), "{body:#}");
    assert_eq!(world.registry.status("A", "a-3"), "UP");
    service.stop().await;
}
