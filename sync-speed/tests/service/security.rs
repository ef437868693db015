//! Every way in that is no way in: each refused with its status and word, nothing changed at the registry, in the
//! journal and in the groups, nobody told; and what meant to change something is in the audit trail.

mod calls;
mod rate;

use std::path::Path;

use crate::support::gateway::FakeGateway;
use crate::support::raw::RawConnection;
use crate::support::service::{Service, World, as_json, client, send};
use eurus_service::properties::{Files, Rereading, Sources};
use eurus_sync_speed::access::AccessRules;
use serde_json::{Value, json};

use calls::*;

/// One segment is written as IPv6: it is the IPv4 one.
const RULES: &str = "
eurus.sync-speed:
  apps: java-service, other
  allow: 127.0.0.0/28, 10.0.0.0/8
  deny: ::ffff:127.0.0.9/128, 10.66.0.0/16
  trusted-proxies: 127.0.0.2, ::ffff:127.0.0.3/128
  token: plain-token-of-all-rights
  keep-percent: 60
  callers:
    ci: {token: token-of-ci-0123456789, apps: java-service}
    far: {token: token-of-far-0123456789, apps: '*', networks: 127.0.0.12/32}
    old: {token: token-of-old-0123456789, apps: '*', expires: 2026-11-18T11:06:39Z}
    slow: {token: token-of-slow-012345678, apps: '*', rate-per-minute: 1}
    auditor: {token: token-of-auditor-012345, rights: audit}
    groups: {token: token-of-groups-012345, apps: java-service, rights: gateway-groups}
    operations: {token: token-of-operations-01, apps: '*', rights: gateway-groups}
";

fn start(world: &World, file: &Path) -> Service {
    let sources = Sources { files: Files::Disk, only_file: Some(file.to_owned()), ..Sources::default() };
    let rereading = Rereading::new(sources);
    let access = AccessRules::from_properties(&rereading.read().unwrap().0).unwrap();
    world.start_with(|config| {
        config.access = access;
        config.rereading = Some(rereading);
    })
}

/// Three and two instances that may be touched, one that may not, and a gateway.
fn world() -> (World, FakeGateway) {
    let world = World::with_three();
    for (app, id, ip) in [("OTHER", "o-2", "10.0.0.2"), ("OTHER", "o-30", "10.0.0.30"), ("THIRD", "t-40", "10.0.0.40")]
    {
        world.registry.add(app, id, ip, 81);
    }
    let gateway = world.gateway("g");
    (world, gateway)
}

async fn put(service: &Service, call: &Call) -> Value {
    let mut connection = RawConnection::from(call.from, &service.url).await;
    let bearer = format!("Authorization: Bearer {}", call.token);
    let mut headers = call.headers.to_vec();
    if !call.token.is_empty() {
        headers.push(&bearer);
    }
    let answer = connection.ask(call.line, &headers, call.body).await;
    assert_eq!(
        (answer.status, &answer.body["error"]),
        (call.status, &json!(call.word)),
        "{}: {:#}",
        call.name,
        answer.body
    );
    assert!(
        answer.body["message"].as_str().is_some_and(|message| !message.is_empty()),
        "{}: {:#}",
        call.name,
        answer.body
    );
    answer.body
}

async fn read(service: &Service, path: &str) -> Value {
    send(client().get(format!("{}{path}", service.url)).bearer_auth(PLAIN)).await.expect(200)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_way_in_that_is_no_way_in() {
    assert!(CALLS.len() >= 45);
    let (world, gateway) = world();
    let file = world.folder.path().join("application.yml");
    std::fs::write(&file, RULES).unwrap();
    let service = start(&world, &file);
    for call in CALLS {
        let before = read(&service, "/audit?limit=1").await;
        put(&service, call).await;
        let after = read(&service, "/audit?limit=1").await;
        let record = &after["entries"][0];
        if call.line.starts_with("GET") {
            assert_eq!(before, after, "{}: nothing was to be changed", call.name);
        } else {
            assert_ne!(before, after, "{}: not in the trail", call.name);
            assert_eq!(
                (&record["status"], &record["outcome"]),
                (&json!(call.status), &json!(call.word)),
                "{}",
                call.name
            );
            assert!(record.get("entry").is_none(), "{}: {record:#}", call.name);
        }
        // So that the trail has room for the next one.
        service.advance_ms(5_000).await;
    }
    nothing_happened(&world, &gateway, &service).await;
    // The same request, as it should be, does it.
    let mut connection = RawConnection::from("127.0.0.3", &service.url).await;
    let bearer = format!("Authorization: Bearer {CI}");
    let headers = [JSON, "X-Forwarded-For: 192.0.2.1, 10.0.0.1, ::ffff:127.0.0.2", bearer.as_str()];
    let done = connection.ask("POST /offline", &headers, BODY).await;
    assert_eq!((done.status, &done.body["state"]), (200, &json!("done")), "{:#}", done.body);
    service.stop().await;
}

async fn nothing_happened(world: &World, gateway: &FakeGateway, service: &Service) {
    assert!(world.registry.changes().is_empty(), "{:?}", world.registry.changes());
    assert!(gateway.told().is_empty());
    assert_eq!(read(service, "/offline").await["entries"], json!([]));
    assert_eq!(read(service, "/gateway-groups").await["applications"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_much_too_often_and_after_a_change_of_the_rules() {
    let (world, gateway) = world();
    let file = world.folder.path().join("application.yml");
    std::fs::write(&file, RULES).unwrap();
    let service = start(&world, &file);
    // Too large: what a body may be is sixteen kibibytes.
    let large = format!(r#"{{"ip": "10.0.0.2", "app": "{}"}}"#, "x".repeat(20_000));
    let answer = RawConnection::from("127.0.0.1", &service.url).await;
    let mut answer = answer;
    let bearer = format!("Authorization: Bearer {CI}");
    let answer = answer.ask("POST /offline", &[JSON, &bearer], &large).await;
    assert_eq!((answer.status, &answer.body["error"]), (413, &json!("body-too-large")));
    // Too often.
    let slow = Call { token: SLOW, ..body("the first", r#"{"ip": "10.0.0.99"}"#, 404, "no-instance") };
    put(&service, &slow).await;
    put(&service, &Call { name: "the second", status: 429, word: "too-fast", ..slow }).await;
    // Too many guesses, and the right token among them.
    for _ in 0..10 {
        put(&service, &unknown("a guess", "127.0.0.11", &[JSON], "guess")).await;
    }
    for token in ["guess", CI] {
        let call = Call { status: 429, word: "too-many-attempts", ..unknown("one more", "127.0.0.11", &[JSON], token) };
        put(&service, &call).await;
    }
    // Denied meanwhile, on a connection that is open.
    let mut open = RawConnection::from("127.0.0.13", &service.url).await;
    let bearer = format!("Authorization: Bearer {CI}");
    let missing = r#"{"ip": "10.0.0.99"}"#;
    assert_eq!(open.ask("POST /offline", &[JSON, &bearer], missing).await.status, 404);
    std::fs::write(&file, RULES.replace("10.66.0.0/16", "10.66.0.0/16, 127.0.0.13")).unwrap();
    service.advance_ms(1_000).await;
    let denied = open.ask("POST /offline", &[JSON, &bearer], BODY).await;
    assert_eq!((denied.status, &denied.body["error"]), (403, &json!("caller-not-allowed")));
    // A token that was taken away.
    std::fs::write(&file, RULES.replace(CI, "another-token-of-ci-123")).unwrap();
    service.advance_ms(1_000).await;
    put(&service, &unknown("a token of yesterday", "127.0.0.14", &[JSON], CI)).await;
    nothing_happened(&world, &gateway, &service).await;
    let outcomes: Vec<Value> = read(&service, "/audit?limit=500").await["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["outcome"].clone())
        .collect();
    for word in ["body-too-large", "too-fast", "too-many-attempts", "caller-not-allowed", "token"] {
        assert!(outcomes.contains(&json!(word)), "{word}: {outcomes:?}");
    }
    service.stop().await;
}
