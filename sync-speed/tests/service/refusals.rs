//! What is not carried out, and that nothing happens then.

use std::collections::BTreeSet;

use crate::support::service::{World, as_json, client, client_from, send};
use eurus_sync_speed::access::Token;
use eurus_sync_speed::selection::OptedIn;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_requests() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    let service = world.start();
    for (body, status, error, part) in [
        ("", 400, "body", "not understood"),
        ("{}", 400, "body", "neither \"ip\", \"ips\" nor \"app\""),
        (r#"{"ip": "10.0.0"}"#, 400, "ip", "'10.0.0' is not an IP address"),
        (r#"{"ip": "10.0.0.999"}"#, 400, "ip", "is not an IP address"),
        (r#"{"ip": "10.0.0.2", "prot": 80}"#, 400, "body", "unknown field `prot`"),
        (r#"{"ip": "10.0.0.77"}"#, 404, "no-instance", "no registered instance matches IP 10.0.0.77"),
        (r#"{"ip": "10.0.0.2", "port": 81}"#, 404, "no-instance", "port 81"),
        (r#"{"ip": "10.0.0.2", "app": "other"}"#, 404, "no-instance", "application OTHER"),
    ] {
        for path in ["/offline", "/online"] {
            let answer = service.post(path, body.to_owned()).await.expect(status);
            assert_eq!(answer["error"], error, "{body}");
            assert!(answer["message"].as_str().unwrap().contains(part), "{body}: {answer:#}");
        }
    }
    let large = format!(r#"{{"ip": "10.0.0.2", "app": "{}"}}"#, "x".repeat(20_000));
    assert_eq!(service.post("/offline", large).await.expect(413)["error"], "body-too-large");
    assert_eq!(service.get("/offline/nothing").await.expect(404)["error"], "no-such-entry");
    assert_eq!(service.get("/nowhere").await.expect(404)["error"], "no-such-path");
    assert!(world.registry.changes().is_empty());
    assert!(gateway.told().is_empty());
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_outside_changes_nothing() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    let service = world.start_with(|config| config.access.segments.allow = vec!["127.0.0.1/32".parse().unwrap()]);
    service.offline(json!({"ip": "10.0.0.77"})).await.expect(404);
    world.events.clear();
    let outside = client_from("127.0.0.9");
    let url = |path: &str| format!("{}{path}", service.url);
    let body = json!({"ip": "10.0.0.2"}).to_string();
    for request in [
        outside.post(url("/offline")).body(body.clone()),
        outside.post(url("/online")).body(body.clone()),
        outside.post(url("/offline")).header("X-Forwarded-For", "127.0.0.1").body(body.clone()),
        outside.post(url("/offline")).header("Forwarded", "for=127.0.0.1").body(body.clone()),
        outside.get(url("/offline/x")),
        outside.get(url("/gateway-groups")),
        outside.get(url("/gateway-groups/A")),
        outside.put(url("/gateway-groups/A")).body(json!({"groups": ["G"]}).to_string()),
        outside.delete(url("/gateway-groups/A")),
        outside.get(url("/nowhere")),
        outside.get(url("//actuator/health")),
    ] {
        let answer = send(request).await.expect(403);
        assert_eq!(answer["error"], "caller-not-allowed");
        assert_eq!(answer["message"], "127.0.0.9 is in no allowed network segment; nothing was done");
    }
    assert!(world.events.matching("").is_empty(), "{:?}", world.events.matching(""));
    assert!(gateway.told().is_empty());
    assert_eq!(service.get("/gateway-groups").await.expect(200)["applications"], json!([]));
    assert_eq!(send(outside.get(url("/actuator/health"))).await.expect(200), json!({"status": "UP"}));
    // The same request from inside does it.
    service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_through_a_proxy_or_from_a_page_is_refused() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    let service = world.start();
    let body = json!({"ip": "10.0.0.2"}).to_string();
    let groups = json!({"groups": ["G"]}).to_string();
    let offline = || as_json(client().post(format!("{}/offline", service.url)), body.clone());
    let put = || as_json(client().put(format!("{}/gateway-groups/A", service.url)), groups.clone());
    let delete = || client().delete(format!("{}/gateway-groups/A", service.url));
    for (header, value) in
        [("X-Forwarded-For", "127.0.0.1"), ("Forwarded", "for=127.0.0.1"), ("Via", "1.1 p"), ("Origin", "http://a.b")]
    {
        for request in [offline(), put(), delete()] {
            let answer = send(request.header(header, value)).await.expect(403);
            assert_eq!(answer["error"], "caller-not-allowed");
            let message = answer["message"].as_str().unwrap();
            assert!(message.contains(&header.to_lowercase()) && message.contains("nothing was done"), "{message}");
        }
    }
    let url = format!("{}/offline", service.url);
    for request in [client().post(&url).body(body.clone()), client().post(&url).header("Content-Type", "text/plain")] {
        let answer = send(request.body(body.clone())).await.expect(415);
        assert_eq!(answer["error"], "content-type");
        assert!(answer["message"].as_str().unwrap().contains("'Content-Type: application/json'"), "{answer:#}");
    }
    assert!(world.registry.changes().is_empty() && gateway.told().is_empty());
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_asked_for_when_there_is_one() {
    let world = World::with_three();
    let service = world.start_with(|config| config.access.token = Token::new("secret".to_owned()));
    let url = format!("{}/offline", service.url);
    let body = json!({"ip": "10.0.0.2"}).to_string();
    assert_eq!(
        service.post("/offline", body.clone()).await.expect(401)["message"].as_str().unwrap().split(':').next(),
        Some("no token")
    );
    send(as_json(client().post(&url).bearer_auth("wrong"), body.clone())).await.expect(401);
    assert!(world.registry.changes().is_empty());
    send(as_json(client().post(&url).bearer_auth("secret"), body)).await.expect(200);
    service.get("/actuator/health").await.expect(200);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn applications_that_are_not_opted_in() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    world.registry.add("OTHER", "other-2", "10.0.0.2", 81);
    world.registry.add("OTHER", "other-3", "10.0.0.30", 81);
    let service = world.start_with(|config| {
        config.access.apps = OptedIn::Listed(BTreeSet::from(["JAVA-SERVICE".to_owned()]));
    });
    let body = service.offline(json!({"ip": "10.0.0.30"})).await.expect(403);
    assert_eq!(body["error"], "application-not-allowed");
    assert_eq!(body["skipped"][0]["instanceId"], "other-3");
    // Nor are gateways, whatever is opted in.
    let body = service.offline(json!({"ip": "127.0.0.1", "force": true})).await.expect(403);
    assert_eq!(body["skipped"][0]["reason"], "the application is a gateway group");
    assert!(world.registry.changes().is_empty());
    // The rest is done, and what is left out is named.
    let body = service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
    assert_eq!(body["state"], "done");
    assert_eq!(body["instances"].as_array().unwrap().len(), 1);
    assert_eq!(
        body["skipped"],
        json!([{
            "app": "OTHER", "instanceId": "other-2",
            "reason": "the application is not listed in eurus.sync-speed.apps",
        }])
    );
    assert_eq!(world.registry.status("OTHER", "other-2"), "UP");
    assert_eq!(gateway.told().len(), 1);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_up_instance_needs_force() {
    let world = World::with_three();
    let gateway = world.gateway("g");
    let service = world.start();
    service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
    service.offline(json!({"ip": "10.0.0.3"})).await.expect(200);
    // Whatever the copy shows: two are gone, nobody else would be left.
    let body = service.offline(json!({"ip": "10.0.0.4"})).await.expect(409);
    assert_eq!((&body["error"], &body["app"]), (&json!("last-up-instance"), &json!("JAVA-SERVICE")));
    assert!(body["message"].as_str().unwrap().contains("the last UP instance of JAVA-SERVICE"), "{body:#}");
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-4"), "UP");
    assert_eq!(gateway.told().len(), 2);
    // Taking again what is out already takes nothing away.
    service.offline(json!({"ip": "10.0.0.3"})).await.expect(200);
    let body = service.offline(json!({"ip": "10.0.0.4", "force": true})).await.expect(200);
    assert_eq!(body["state"], "done");
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-4"), "OUT_OF_SERVICE");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_guard_asks_the_registry_who_is_left() {
    let world = World::with_three();
    let service = world.start();
    service.offline(json!({"ip": "10.0.0.77"})).await.expect(404);
    // Somebody else takes the others; the copy does not know.
    world.registry.freeze_lists();
    for id in ["java-3", "java-4"] {
        world.registry.change("JAVA-SERVICE", id, |instance| instance.status = "DOWN".to_owned());
    }
    service.offline(json!({"ip": "10.0.0.2"})).await.expect(409);
    world.registry.change("JAVA-SERVICE", "java-4", |instance| instance.status = "UP".to_owned());
    service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_requests_at_once_do_not_take_the_last_two() {
    let world = World::new();
    world.registry.add("A", "a1", "10.0.0.1", 80);
    world.registry.add("A", "a2", "10.0.0.2", 80);
    let service = world.start();
    for _ in 0..5 {
        let both = [
            service.offline_in_background(json!({"ip": "10.0.0.1"})),
            service.offline_in_background(json!({"ip": "10.0.0.2"})),
        ];
        let mut statuses = Vec::new();
        for request in both {
            statuses.push(request.await.unwrap().status.as_u16());
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        for ip in ["10.0.0.1", "10.0.0.2"] {
            service.online(json!({"ip": ip})).await.expect(200);
        }
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_guard_looks_into_a_fresh_copy_before_it_refuses() {
    let world = World::new();
    world.registry.add("A", "a1", "10.0.0.1", 80);
    let service = world.start();
    service.offline(json!({"ip": "10.0.0.77"})).await.expect(404);
    service.offline(json!({"ip": "10.0.0.1"})).await.expect(409);
    world.registry.add("A", "a2", "10.0.0.2", 80);
    service.offline(json!({"ip": "10.0.0.1"})).await.expect(200);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_copy_is_fetched_anew_before_it_is_believed() {
    let world = World::with_three();
    let service = world.start();
    service.offline(json!({"ip": "10.0.0.77"})).await.expect(404);
    world.registry.fail("GET apps", 503);
    service.advance_ms(45_000).await;
    world.registry.mend();
    // A second instance behind the address, which the copy does not know.
    world.registry.add("JAVA-SERVICE", "java-2b", "10.0.0.2", 81);
    let body = service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
    assert_eq!(body["instances"].as_array().unwrap().len(), 2, "{body:#}");
    let body = service.offline(json!({"ip": "10.0.0.77"})).await.expect(404);
    assert!(body["message"].as_str().unwrap().contains("fetched 0 ms ago"), "{body:#}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_says_how_old_the_copy_is() {
    let world = World::with_three();
    let service = world.start();
    service.offline(json!({"ip": "10.0.0.77"})).await.expect(404);
    assert_eq!(service.get("/actuator/health").await.expect(200), json!({"status": "UP"}));
    world.registry.fail("GET apps", 503);
    service.advance_ms(301_000).await;
    let body = service.get("/actuator/health").await.expect(200);
    assert!(body["details"]["registry"].as_str().unwrap().contains("last fetched 301 s ago"), "{body:#}");
    service.stop().await;
}
