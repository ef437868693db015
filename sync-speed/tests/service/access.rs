//! Callers by name, and callers behind proxies.

use crate::support::raw::RawConnection;
use crate::support::rules::rules;
use crate::support::service::{GROUP, Service, World, as_json, client, client_from, send};
use serde_json::{Value, json};

const PLAIN: &str = "plain-token-of-all-rights";
const CI: &str = "token-of-ci-12345";
const AUDITOR: &str = "token-of-auditor-1";

async fn offline_with(service: &Service, token: &str, body: Value) -> crate::support::service::Answer {
    let url = format!("{}/offline", service.url);
    send(as_json(client().post(url), body.to_string()).bearer_auth(token)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_touches_its_own_applications_alone() {
    let world = World::with_three();
    world.registry.add("OTHER", "other-2", "10.0.0.2", 81);
    world.registry.add("OTHER", "other-3", "10.0.0.3", 81);
    world.registry.add("THIRD", "third-9", "10.0.0.9", 81);
    let service = world.start_with(|config| {
        config.access = rules(&[
            ("apps", "java-service, other"),
            ("callers.ci.token", CI),
            ("callers.ci.apps", "java-service, third"),
            ("callers.auditor.token", AUDITOR),
            ("callers.auditor.rights", "audit"),
        ]);
    });
    // What is behind the address and not its own is left alone, and named.
    let done = offline_with(&service, CI, json!({"ip": "10.0.0.2"})).await.expect(200);
    assert_eq!(done["instances"][0]["instanceId"], "java-2");
    assert_eq!(done["skipped"][0]["reason"], "the application is not one that this caller may touch");
    assert_eq!(world.registry.status("OTHER", "other-2"), "UP");
    for (body, word) in [
        (json!({"ip": "10.0.0.3", "app": "other"}), "application-not-allowed"),
        // Not even where it may: the list for all is above it.
        (json!({"ip": "10.0.0.9"}), "application-not-allowed"),
    ] {
        assert_eq!(offline_with(&service, CI, body.clone()).await.expect(403)["error"], word, "{body}");
    }
    let refused = offline_with(&service, AUDITOR, json!({"ip": "10.0.0.3"})).await.expect(403);
    assert_eq!(refused["error"], "no-right");
    let groups = as_json(client().put(format!("{}/gateway-groups/JAVA-SERVICE", service.url)), "{}".to_owned());
    assert_eq!(send(groups.bearer_auth(CI)).await.expect(403)["error"], "no-right");
    assert_eq!(service.offline(json!({"ip": "10.0.0.3"})).await.expect(401)["error"], "token");
    // An entry is seen by whom it belongs to, and by who may see all.
    let id = done["id"].as_str().unwrap();
    let get = |token: &str| client().get(format!("{}/offline/{id}", service.url)).bearer_auth(token);
    // It names an application that is not the caller's, as its answer did; the answer was the caller's own.
    send(get(CI)).await.expect(200);
    send(get(AUDITOR)).await.expect(200);
    assert_eq!(world.registry.status("JAVA-SERVICE", "java-3"), "UP");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_about_others_is_not_shown() {
    let world = World::with_three();
    let service = world.start_with(|config| {
        config.access =
            rules(&[("apps", "*"), ("token", PLAIN), ("callers.ci.token", CI), ("callers.ci.apps", "other")]);
    });
    let done = offline_with(&service, PLAIN, json!({"ip": "10.0.0.2"})).await.expect(200);
    let url = format!("{}/offline/{}", service.url, done["id"].as_str().unwrap());
    assert_eq!(send(client().get(&url).bearer_auth(CI)).await.expect(404)["error"], "no-such-entry");
    send(client().get(&url).bearer_auth(PLAIN)).await.expect(200);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_from_how_fast_and_until_when() {
    let world = World::with_three();
    let service = world.start_with(|config| {
        config.access = rules(&[
            ("apps", "*"),
            ("callers.ci.token", CI),
            ("callers.ci.apps", "*"),
            ("callers.ci.networks", "127.0.0.2/32"),
            ("callers.ci.rate-per-minute", "2"),
            // A minute and a half after the test begins.
            ("callers.ci.expires", "2026-11-18T12:08:10+01:00"),
        ]);
    });
    let url = format!("{}/offline", service.url);
    let from = |address: &str| {
        let body = json!({"ip": "10.0.0.77"}).to_string();
        as_json(client_from(address).post(&url), body).bearer_auth(CI)
    };
    let elsewhere = send(from("127.0.0.3")).await.expect(403);
    assert_eq!(elsewhere["message"], "ci may not call from 127.0.0.3; nothing was done");
    send(from("127.0.0.2")).await.expect(404);
    send(from("127.0.0.2")).await.expect(404);
    let answer = from("127.0.0.2").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (429, "30"));
    // Looking is not limited.
    let look = client_from("127.0.0.2").get(format!("{}/gateway-groups", service.url)).bearer_auth(CI);
    send(look).await.expect(200);
    service.advance_ms(30_000).await;
    send(from("127.0.0.2")).await.expect(404);
    service.advance_ms(60_000).await;
    let expired = send(from("127.0.0.2")).await.expect(401);
    assert!(expired["message"].as_str().unwrap().contains("the credentials of ci have expired"), "{expired:#}");
    assert!(world.registry.changes().is_empty());
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_guesses_is_told_to_wait() {
    let world = World::with_three();
    let service = world.start_with(|config| config.access = rules(&[("apps", "*"), ("token", PLAIN)]));
    for _ in 0..10 {
        offline_with(&service, "guess", json!({"ip": "10.0.0.2"})).await.expect(401);
    }
    let refused = offline_with(&service, PLAIN, json!({"ip": "10.0.0.2"})).await.expect(429);
    assert_eq!(refused["error"], "too-many-attempts");
    service.advance_ms(6_000).await;
    offline_with(&service, PLAIN, json!({"ip": "10.0.0.2"})).await.expect(200);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_trusted_proxy_the_callers_own_address_counts() {
    let world = World::with_three();
    let service = world.start_with(|config| {
        config.access = rules(&[
            ("apps", "*"),
            ("allow", "10.0.0.0/8"),
            ("deny", "10.6.6.0/24"),
            ("trusted-proxies", "127.0.0.2, ::ffff:127.0.0.3/128"),
        ]);
    });
    let body = json!({"ip": "10.0.0.77"}).to_string();
    for (peer, headers, status) in [
        ("127.0.0.2", &["X-Forwarded-For: 10.1.1.1"][..], 404),
        ("127.0.0.2", &["x-forwarded-for: 11.1.1.1, 10.1.1.1, 127.0.0.3"], 404),
        ("127.0.0.3", &["Forwarded: for=11.1.1.1, for=\"10.1.1.1:80\""], 404),
        ("127.0.0.3", &["X-Forwarded-For: ::ffff:10.1.1.1", "X-Forwarded-Proto: https", "Via: 1.1 p"], 404),
        ("127.0.0.2", &["X-Forwarded-For: 11.1.1.1"], 403),
        ("127.0.0.2", &["X-Forwarded-For: 10.6.6.1"], 403),
        ("127.0.0.2", &["X-Forwarded-For: 10.1.1.1", "X-Forwarded-For: 11.1.1.1"], 403),
        ("127.0.0.2", &[], 403),
        ("127.0.0.4", &["X-Forwarded-For: 10.1.1.1"], 403),
        ("127.0.0.4", &[], 403),
    ] {
        let mut connection = RawConnection::from(peer, &service.url).await;
        let mut all = vec!["Content-Type: application/json"];
        all.extend(headers);
        let answer = connection.ask("POST /offline", &all, &body).await;
        assert_eq!(answer.status, status, "{peer} {headers:?}: {:#}", answer.body);
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_belongs_to_others_is_neither_seen_nor_met_nor_changed() {
    const OTHER: &str = "token-of-other-123";
    let world = World::with_three();
    let _gateway = world.gateway("g");
    world.registry.add("OTHER", "other-9", "10.0.0.9", 81);
    world.registry.add("OTHER", "other-10", "10.0.0.10", 81);
    let service = world.start_with(|config| {
        config.access = rules(&[
            ("apps", "*"),
            ("callers.ci.token", CI),
            ("callers.ci.apps", "java-service"),
            ("callers.ci.rights", "offline, gateway-groups"),
            ("token", PLAIN),
            ("gateway-groups-allowed", "edge"),
            ("callers.other.token", OTHER),
            ("callers.other.apps", "other"),
        ]);
    });
    let url = |path: &str| format!("{}{path}", service.url);
    // Groups of its own applications alone.
    let groups = |app: &str| {
        let put = client().put(url(&format!("/gateway-groups/{app}"))).bearer_auth(CI);
        as_json(put, json!({"groups": [GROUP]}).to_string())
    };
    assert_eq!(send(groups("OTHER")).await.expect(403)["error"], "application-not-allowed");
    send(groups("java-service")).await.expect(200);
    // And sees no others.
    let of_other = as_json(client().put(url("/gateway-groups/OTHER")), json!({"groups": ["EDGE"]}).to_string());
    send(of_other.bearer_auth(PLAIN)).await.expect(200);
    let seen = |path: &'static str, token: &'static str| send(client().get(url(path)).bearer_auth(token));
    let of = |app: &str, group: &str| json!({"app": app, "groups": [group]});
    for (token, applications) in [
        (CI, json!([of("JAVA-SERVICE", GROUP)])),
        (OTHER, json!([of("OTHER", "EDGE")])),
        (PLAIN, json!([of("JAVA-SERVICE", GROUP), of("OTHER", "EDGE")])),
    ] {
        assert_eq!(seen("/gateway-groups", token).await.expect(200)["applications"], applications, "{token}");
    }
    assert_eq!(seen("/gateway-groups/OTHER", CI).await.expect(403)["error"], "application-not-allowed");
    assert_eq!(seen("/gateway-groups/other", OTHER).await.expect(200)["groups"], json!(["EDGE"]));
    // Groups that are allowed, and no others.
    let named = |group: &str| {
        let put = client().put(url("/gateway-groups/JAVA-SERVICE")).bearer_auth(CI);
        send(as_json(put, json!({"groups": [group]}).to_string()))
    };
    named("edge").await.expect(200);
    let refused = named("other").await.expect(403);
    assert!(refused["message"].as_str().unwrap().contains("those are EDGE, EURUS-GATEWAY"), "{refused:#}");
    assert_eq!(seen("/gateway-groups/JAVA-SERVICE", CI).await.expect(200)["groups"], json!(["EDGE"]));
    send(groups("java-service")).await.expect(200);
    let delete = client().delete(url("/gateway-groups/OTHER")).bearer_auth(CI);
    assert_eq!(send(delete).await.expect(403)["error"], "application-not-allowed");
    // The same key is another caller's own.
    let keyed = |token: &str, ip: &str| {
        let post = as_json(client().post(url("/offline")), json!({"ip": ip}).to_string());
        post.bearer_auth(token).header("Idempotency-Key", "deploy-42")
    };
    let of_ci = send(keyed(CI, "10.0.0.2")).await.expect(200);
    let of_other = send(keyed(OTHER, "10.0.0.9")).await.expect(200);
    assert_ne!(of_ci["id"], of_other["id"]);
    assert_eq!(send(keyed(CI, "10.0.0.2")).await.expect(200)["id"], of_ci["id"]);
    assert_eq!(send(keyed(CI, "10.0.0.3")).await.expect(422)["error"], "idempotency-key");
    // Entries, one by one, as a list and as a stream.
    let id = of_ci["id"].as_str().unwrap();
    for path in [format!("/offline/{id}"), format!("/offline/{id}/events")] {
        assert_eq!(
            send(client().get(url(&path)).bearer_auth(OTHER)).await.expect(404)["error"],
            "no-such-entry",
            "{path}"
        );
    }
    let list = send(client().get(url("/offline")).bearer_auth(OTHER)).await.expect(200);
    let ids: Vec<&Value> = list["entries"].as_array().unwrap().iter().map(|entry| &entry["id"]).collect();
    assert_eq!(ids, [&of_other["id"]]);
    service.stop().await;
}
