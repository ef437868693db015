//! What changes in the configuration while the service runs.

use std::path::Path;

use crate::support::raw::{RawAnswer, RawConnection};
use crate::support::service::{Service, World};
use eurus_service::properties::{Files, Rereading, Sources};
use eurus_sync_speed::access::AccessRules;
use serde_json::json;

const FIRST: &str = "eurus.sync-speed: {apps: '*', allow: 127.0.0.0/8}\n";

fn start(world: &World, file: &Path) -> Service {
    let sources = Sources { files: Files::Disk, only_file: Some(file.to_owned()), ..Sources::default() };
    let rereading = Rereading::new(sources);
    let access = AccessRules::from_properties(&rereading.read().unwrap().0).unwrap();
    world.start_with(|config| {
        config.access = access;
        config.rereading = Some(rereading);
    })
}

async fn ask(connection: &mut RawConnection) -> RawAnswer {
    let body = json!({"ip": "10.0.0.77"}).to_string();
    connection.ask("POST /offline", &["Content-Type: application/json"], &body).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deny_holds_for_the_next_request_of_an_open_connection() {
    let world = World::with_three();
    let file = world.folder.path().join("application.yml");
    std::fs::write(&file, FIRST).unwrap();
    let service = start(&world, &file);
    let mut connection = RawConnection::from("127.0.0.9", &service.url).await;
    assert_eq!(ask(&mut connection).await.status, 404);
    std::fs::write(&file, "eurus.sync-speed: {apps: '*', allow: 127.0.0.0/8, deny: 127.0.0.9}\n").unwrap();
    service.advance_ms(1_000).await;
    let answer = ask(&mut connection).await;
    assert_eq!((answer.status, &answer.body["error"]), (403, &json!("caller-not-allowed")));
    assert!(answer.body["message"].as_str().unwrap().contains("the denied network segment 127.0.0.9/32"));
    // What is wrong changes nothing; mended, it counts. (Who was refused unread has lost the connection.)
    for wrong in ["deny: nobody", "dney: 127.0.0.8", "keep-percent: 101", "callers: {ci: {token: short}}", "{"] {
        std::fs::write(&file, format!("eurus.sync-speed: {{apps: '*', allow: 127.0.0.8, {wrong}}}\n")).unwrap();
        service.advance_ms(1_000).await;
        for (address, status) in [("127.0.0.9", 403), ("127.0.0.7", 404)] {
            let mut other = RawConnection::from(address, &service.url).await;
            assert_eq!(ask(&mut other).await.status, status, "{wrong} {address}");
        }
    }
    std::fs::write(&file, FIRST).unwrap();
    service.advance_ms(1_000).await;
    assert_eq!(ask(&mut RawConnection::from("127.0.0.9", &service.url).await).await.status, 404);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_and_applications_come_and_go() {
    let world = World::with_three();
    let folder = world.folder.path().join("config");
    std::fs::create_dir(&folder).unwrap();
    let service = start(&world, &folder);
    service.offline(json!({"ip": "10.0.0.2"})).await.expect(403);
    // A file that was not there.
    let file = folder.join("application.yml");
    std::fs::write(&file, "eurus.sync-speed.apps: java-service\n").unwrap();
    service.advance_ms(1_000).await;
    service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
    let caller = "eurus.sync-speed: {apps: '*', callers: {ci: {token: 0123456789abcdef, apps: '*'}}}\n";
    std::fs::write(&file, caller).unwrap();
    service.advance_ms(1_000).await;
    service.offline(json!({"ip": "10.0.0.3"})).await.expect(401);
    let mut connection = RawConnection::from("127.0.0.1", &service.url).await;
    let headers = ["Content-Type: application/json", "Authorization: Bearer 0123456789abcdef"];
    assert_eq!(connection.ask("POST /offline", &headers, r#"{"ip": "10.0.0.3"}"#).await.status, 200);
    std::fs::remove_file(&file).unwrap();
    service.advance_ms(1_000).await;
    // Nothing is opted in any more.
    service.offline(json!({"ip": "10.0.0.2"})).await.expect(403);
    service.stop().await;
}
