//! Few bytes sent must not become many in memory, nor may one peer keep the others out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // It is a test throughout.

mod rig;

use std::net::SocketAddr;

use eurus_registry::RegistryConfig;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use rig::{Answer, Rig};

const START_MS: i64 = 1_795_317_120_000;
const MIB: usize = 1 << 20;
const JSON: &[(&str, &str)] = &[("Accept", "application/json"), ("Content-Type", "application/json")];

async fn limit_hits(rig: &Rig, limit: &str) -> String {
    let metrics = rig.get("/metrics").await.text();
    let series = format!("eurus_registry_limit_hits_total{{limit=\"{limit}\"}} ");
    metrics.lines().find_map(|line| line.strip_prefix(&series)).expect(limit).to_owned()
}

fn old_heartbeats(count: usize) -> String {
    let item = json!({"appName": "A", "id": "large", "action": "Heartbeat", "lastDirtyTimestamp": 1});
    json!({ "replicationList": vec![item; count] }).to_string()
}

async fn replicate(rig: &Rig, items: usize) -> Answer {
    rig.send("POST", "/eureka/peerreplication/batch", JSON, &old_heartbeats(items)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_batch_is_not_answered_with_hundreds_of_megabytes() {
    let rig = Rig::start(RegistryConfig::stock(), START_MS).await;
    let metadata = json!({"metadata": {"size": "x".repeat(MIB)}});
    assert_eq!(rig.register("A", "large", metadata).await.status, 204);
    let batch = old_heartbeats(200);
    assert!(batch.len() < 20_000, "{} bytes", batch.len());
    let answer = replicate(&rig, 200).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.len() < 9 * MIB, "{} bytes answered", answer.body.len());
    let list = answer.json()["responseList"].as_array().unwrap().clone();
    assert_eq!(list.len(), 200);
    assert!(list.iter().all(|item| item["statusCode"] == 409));
    let with_entity: Vec<bool> = list.iter().map(|item| item["responseEntity"]["instanceId"] == "large").collect();
    assert!(with_entity[0] && !with_entity[199], "the first ones are whole");
    assert_eq!(limit_hits(&rig, "batch_answer_bytes").await, "1");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_instance_is_answered_however_large_it_is() {
    let rig = Rig::start(RegistryConfig::stock(), START_MS).await;
    let metadata = json!({"metadata": {"size": "x".repeat(10 * MIB)}});
    assert_eq!(rig.register("A", "large", metadata).await.status, 204);
    let answer = replicate(&rig, 2).await.json();
    let metadata = |place: usize| answer["responseList"][place]["responseEntity"]["metadata"]["size"].as_str();
    assert_eq!((metadata(0).map(str::len), metadata(1)), (Some(10 * MIB), None));
    rig.stop().await;
}

/// A body of 15 MiB whose end does not come, from an address of this machine.
async fn unfinished(rig: &Rig, from: &str, head: &str) -> TcpStream {
    let mut stream = connect(rig, from).await;
    stream.write_all(format!("{head}\r\nHost: r\r\nContent-Length: {}\r\n\r\n", 16 * MIB).as_bytes()).await.unwrap();
    // Refused bodies are not read on.
    let _ = stream.write_all(&vec![b'x'; 15 * MIB]).await;
    stream
}

async fn connect(rig: &Rig, from: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(from.parse().unwrap(), 0)).unwrap();
    socket.connect(rig.address).await.unwrap()
}

async fn register_from(rig: &Rig, from: &str) -> u16 {
    let body = json!({"instance": {
        "instanceId": "i", "hostName": "h", "app": "A", "ipAddr": "10.0.0.1", "status": "UP",
        "dataCenterInfo": {"@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"},
        "metadata": {"size": "x".repeat(MIB)},
    }})
    .to_string();
    let head = format!(
        "POST /eureka/apps/A HTTP/1.1\r\nHost: r\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = connect(rig, from).await;
    let _ = stream.write_all([head.as_bytes(), body.as_bytes()].concat().as_slice()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).split(' ').nth(1).expect("a status").parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_nobody_needs_takes_no_room_from_others() {
    let rig = Rig::start(RegistryConfig::stock(), START_MS).await;
    let mut open = Vec::new();
    for head in ["GET /actuator/health HTTP/1.1", "PUT /eureka/apps/A/i HTTP/1.1"] {
        for from in ["127.0.0.2", "127.0.0.3"] {
            for _ in 0..6 {
                open.push(unfinished(&rig, from, head).await);
            }
        }
    }
    assert_eq!(register_from(&rig, "127.0.0.2").await, 204);
    assert_eq!(limit_hits(&rig, "bodies_bytes").await, "0");
    drop(open);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_peer_does_not_take_the_room_of_all() {
    let rig = Rig::start(RegistryConfig::stock(), START_MS).await;
    let mut open = Vec::new();
    for _ in 0..20 {
        open.push(unfinished(&rig, "127.0.0.2", "POST /eureka/apps/A HTTP/1.1").await);
    }
    assert_ne!(limit_hits(&rig, "bodies_bytes").await, "0");
    // Peers are told apart by a hash: not all of these share its place.
    let mut statuses = Vec::new();
    for number in 3..8 {
        statuses.push(register_from(&rig, &format!("127.0.0.{number}")).await);
    }
    assert!(statuses.contains(&204), "{statuses:?}");
    drop(open);
    rig.stop().await;
}
