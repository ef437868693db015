//! Gateways that announce themselves: told of what comes, and answered what holds.

use eurus_sync_speed::points;
use serde_json::{Value, json};

use crate::support::gateway::{FakeGateway, Mode};
use crate::support::holding::Holding;
use crate::support::service::{GROUP, Service, World, as_json, client, client_from, send};

fn unregistered(world: &World, node: &str) -> FakeGateway {
    FakeGateway::start(node, "127.0.0.1", world.events.clone())
}

async fn announce(service: &Service, body: &Value) -> Value {
    service.post("/gateways", body.to_string()).await.expect(200)
}

/// Kind, number and instance of each live mark.
fn marks(answer: &Value) -> Vec<(String, i64, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let marks = answer["marks"].as_array().unwrap().iter();
    marks.map(|mark| (text(&mark["kind"]), mark["number"].as_i64().unwrap(), text(&mark["instanceId"]))).collect()
}

fn number(entry: &Value) -> i64 {
    entry["id"].as_str().unwrap().rsplit('-').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_announced_itself_is_told_until_it_leaves_or_falls_silent() {
    let world = World::with_three();
    let gateway = unregistered(&world, "new");
    let service = world.start();
    assert_eq!(announce(&service, &gateway.announcement()).await["ttlMs"], 90_000);
    let body = service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
    assert_eq!((&body["state"], &body["gateways"][0]["node"]), (&json!("done"), &json!("new")), "{body:#}");
    assert_eq!(body.get("note"), None, "{body:#}");
    assert_eq!(gateway.told()[0]["instanceId"], "java-2");
    // Also after a restart.
    service.advance_ms(89_000).await;
    let now_ms = service.hand.now_ms();
    service.stop().await;
    let service = world.start_at(now_ms, |_| {});
    let body = service.online(json!({"ip": "10.0.0.2"})).await.expect(200);
    assert_eq!((&body["state"], &body["gateways"][0]["node"]), (&json!("done"), &json!("new")), "{body:#}");
    service.advance_ms(1_000).await;
    let body = service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
    assert_eq!((&body["gateways"], &body["retrying"]), (&json!([]), &json!(true)), "silent for too long: {body:#}");
    // Renewed, it is told what waits for it, without that time passes.
    announce(&service, &gateway.announcement()).await;
    world.events.wait_for(3, "new /").await;
    service.hand.settle().await.unwrap();
    let body = service.get(&format!("/offline/{}", body["id"].as_str().unwrap())).await.expect(200);
    assert_eq!((&body["state"], &body["gateways"][0]["outcome"]), (&json!("done"), &json!("applied")), "{body:#}");
    let mut leaving = gateway.announcement();
    leaving["leaving"] = json!(true);
    announce(&service, &leaving).await;
    let body = service.offline(json!({"ip": "10.0.0.3"})).await.expect(200);
    assert_eq!(body["gateways"], json!([]), "{body:#}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_does_not_answer_is_asked_again_as_long_as_its_word_holds() {
    let world = World::with_three();
    let (gateway, registered) = (unregistered(&world, "new"), world.gateway("g"));
    let service = world.start();
    announce(&service, &gateway.announcement()).await;
    gateway.go_away().await;
    let request = service.offline_in_background(json!({"ip": "10.0.0.2"}));
    world.events.wait_for(1, "g /downline").await;
    service.advance_ms(2_000).await;
    let answer = request.await.unwrap();
    assert_eq!((&answer.body["state"], &answer.body["retrying"]), (&json!("partial"), &json!(true)));
    assert_eq!(answer.body["gateways"].as_array().unwrap().len(), 2, "{:#}", answer.body);
    service.advance_ms(100_000).await;
    let body = service.entry(&answer).await.expect(200);
    assert_eq!(body["state"], "done", "it is gone: {body:#}");
    assert_eq!(registered.told().len(), 1);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_live_marks_are_what_holds() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    let service = world.start();
    let asks = json!({"node": "asks", "group": "eurus-gateway"});
    assert_eq!(announce(&service, &asks).await, json!({"number": 0, "ttlMs": 90_000, "marks": [], "truncated": false}));
    let mut numbers = Vec::new();
    for ip in ["10.0.0.2", "10.0.0.3", "10.0.0.4"] {
        numbers.push(number(&service.offline(json!({"ip": ip, "force": true})).await.expect(200)));
    }
    numbers.push(number(&service.offline(json!({"ip": "10.0.0.2", "force": true})).await.expect(200)));
    numbers.push(number(&service.online(json!({"ip": "10.0.0.3"})).await.expect(200)));
    let down = |place: usize, id: &str| ("downline".to_owned(), numbers[place], id.to_owned());
    let up = ("upline".to_owned(), numbers[4], "java-3".to_owned());
    let answer = announce(&service, &asks).await;
    assert_eq!(marks(&answer), [up, down(3, "java-2"), down(2, "java-4")], "the last word about each");
    assert_eq!(answer["number"], numbers[4]);
    // In the form of an order.
    let mut order = gateway.told().last().unwrap().clone();
    order["kind"] = json!("upline");
    assert_eq!(answer["marks"][0], order);
    // Later, the online is no news, and what the registry shows otherwise counts.
    world.registry.change("JAVA-SERVICE", "java-4", |instance| instance.status = "UP".to_owned());
    service.advance_ms(301_000).await;
    assert_eq!(marks(&announce(&service, &asks).await), [down(3, "java-2")]);
    // Nobody asked for a gateway of this group.
    service.put("/gateway-groups/JAVA-SERVICE", json!({"groups": ["OTHER"]})).await.expect(200);
    assert_eq!(marks(&announce(&service, &asks).await), []);
    assert_eq!(marks(&announce(&service, &json!({"node": "o", "group": "OTHER"})).await), [down(3, "java-2")]);
    assert_eq!(gateway.told().len(), 5, "who gave no address is not told");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_entry_is_no_mark() {
    let world = World::with_three();
    let _gateway = world.gateway("g");
    let service = world.start();
    world.registry.fail("PUT", 500);
    service.offline(json!({"ip": "10.0.0.2"})).await.expect(502);
    world.registry.mend();
    assert_eq!(marks(&announce(&service, &json!({"node": "n", "group": GROUP})).await), []);
    service.stop().await;
}

/// Before the entry is in the journal as done: it names the gateway. After: the marks hold it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_entry_falls_between_the_marks_and_the_nodes() {
    for (point, is_in_marks) in [(&points::NODES_RECORD, false), (&points::ANNOUNCED_READ, true)] {
        let world = World::with_three();
        let (gateway, registered) = (unregistered(&world, "new"), world.gateway("g"));
        let holding = Holding::at(point);
        let service = world.start_with(|config| config.faults = holding.faults());
        let request = service.offline_in_background(json!({"ip": "10.0.0.2"}));
        holding.reached().await;
        let answer = announce(&service, &gateway.announcement()).await;
        assert_eq!(!marks(&answer).is_empty(), is_in_marks, "{point:?}");
        holding.release();
        let body = request.await.unwrap().expect(200);
        assert_eq!(body["state"], "done", "{body:#}");
        assert_eq!((gateway.told().len(), registered.told().len()), (1, 1), "{point:?}: {body:#}");
        service.stop().await;
    }
}

/// The one step between remembering the gateway and reading the marks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_remembered_is_told_before_he_has_the_marks() {
    let world = World::with_three();
    let gateway = unregistered(&world, "new");
    let holding = Holding::at(&points::LIVE_MARKS_READ);
    let service = world.start_with(|config| config.faults = holding.faults());
    let call = as_json(client().post(format!("{}/gateways", service.url)), gateway.announcement().to_string());
    let announcing = tokio::spawn(send(call));
    holding.reached().await;
    let body = service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
    assert_eq!(body["gateways"][0]["node"], "new", "{body:#}");
    holding.release();
    assert_eq!(marks(&announcing.await.unwrap().expect(200)).len(), 1);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_between_done_and_told_loses_no_announced_gateway() {
    let world = World::with_three();
    let (gateway, registered) = (unregistered(&world, "new"), world.gateway("g"));
    registered.answer_with(Mode::Status(503));
    let holding = Holding::at(&points::ANNOUNCED_READ);
    let service = world.start_with(|config| config.faults = holding.faults());
    announce(&service, &gateway.announcement()).await;
    drop(service.offline_in_background(json!({"ip": "10.0.0.2"})));
    holding.reached().await;
    service.abort().await;
    let service = world.start();
    world.events.wait_for(1, "new /downline").await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gateways_are_callers_of_their_own() {
    let world = World::with_three();
    let service = world.start_with(|config| {
        config.access.token = eurus_sync_speed::access::Token::new("platform".to_owned());
        config.notify.token = eurus_sync_speed::access::Token::new("gateway".to_owned());
        config.notify.networks = vec!["127.0.0.1/32".parse().unwrap()];
    });
    let url = format!("{}/gateways", service.url);
    let body = json!({"node": "n", "group": GROUP, "admin": "http://127.0.0.1:9"}).to_string();
    let post = |client: reqwest::Client| as_json(client.post(&url), body.clone());
    send(post(client()).bearer_auth("gateway")).await.expect(200);
    send(post(client())).await.expect(401);
    send(post(client()).bearer_auth("platform")).await.expect(401);
    let outside = send(post(client_from("127.0.0.9")).bearer_auth("gateway")).await.expect(403);
    assert!(outside["message"].as_str().unwrap().contains("eurus.sync-speed.gateway-networks"), "{outside}");
    for header in ["x-forwarded-for", "forwarded", "origin"] {
        send(post(client()).bearer_auth("gateway").header(header, "x")).await.expect(403);
    }
    send(client().post(&url).body(body.clone()).bearer_auth("gateway")).await.expect(415);
    // Nor is a gateway a platform.
    let offline = as_json(client().post(format!("{}/offline", service.url)), json!({"ip": "10.0.0.2"}).to_string());
    send(offline.bearer_auth("gateway")).await.expect(401);
    for (body, status, word) in [
        (json!({}), 400, "body"),
        (json!({"node": "n"}), 400, "body"),
        (json!({"node": "n", "group": "G", "more": 1}), 400, "body"),
        (json!({"node": "", "group": "G"}), 400, "node"),
        (json!({"node": "n\n", "group": "G"}), 400, "node"),
        (json!({"node": "n", "group": "a b"}), 400, "group"),
        (json!({"node": "n", "group": "G", "admin": "http://localhost:9"}), 400, "admin"),
        (json!({"node": "n", "group": "G", "admin": "http://127.0.0.1:9/x"}), 400, "admin"),
        (json!({"node": "n", "group": "G", "admin": "http://10.0.0.1:9"}), 403, "admin-not-allowed"),
    ] {
        let call = as_json(client().post(&url), body.to_string()).bearer_auth("gateway");
        assert_eq!(send(call).await.expect(status)["error"], word, "{body}");
    }
    service.stop().await;
}
