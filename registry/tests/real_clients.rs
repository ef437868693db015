//! What real clients and peers send, replayed: each request is answered with the recorded status.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // It is a test throughout.

mod rig;

use std::path::Path;

use eurus_registry::RegistryConfig;
use serde_json::Value;

use rig::{Answer, Rig};

/// Spring's client was answered 404 here because somebody had removed an override; that request is not recorded.
const AFTER_AN_UNRECORDED_CHANGE_MS: i64 = 1_795_318_201_688;

#[allow(clippy::disallowed_methods)] // A test reads its data.
fn exchanges(names: &[&str]) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../compat-tests/golden/clients");
    let files = names.iter().map(|name| std::fs::read_to_string(folder.join(name)).unwrap());
    let lines: Vec<String> = files.flat_map(|text| text.lines().map(ToOwned::to_owned).collect::<Vec<_>>()).collect();
    let mut exchanges: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    exchanges.sort_by_key(|exchange| exchange["at_ms"].as_i64());
    exchanges
}

async fn replay(rig: &Rig, exchange: &Value) -> Answer {
    rig.advance_ms((exchange["at_ms"].as_i64().unwrap() - rig.hand.now_ms()).max(0)).await;
    let request = &exchange["request"];
    let (method, rest) = request["line"].as_str().unwrap().split_once(' ').unwrap();
    let path = rest.strip_suffix(" HTTP/1.1").unwrap();
    let own = ["connection", "content-length", "transfer-encoding", "host"];
    let headers: Vec<(&str, &str)> = request["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap()))
        .filter(|(name, _)| !own.contains(&name.to_lowercase().as_str()))
        .collect();
    rig.send(method, path, &headers, request["body"].as_str().unwrap_or_default()).await
}

fn recorded_status(exchange: &Value) -> u16 {
    exchange["response"]["line"].as_str().unwrap().split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn java_clients_are_answered_as_by_java() {
    let exchanges = exchanges(&["spring-client.jsonl", "netflix-client.jsonl"]);
    let config = RegistryConfig { response_cache_update_interval_ms: 1_000, ..RegistryConfig::stock() };
    let rig = Rig::start(config, exchanges[0]["at_ms"].as_i64().unwrap()).await;
    for exchange in exchanges.iter().filter(|one| one["at_ms"] != AFTER_AN_UNRECORDED_CHANGE_MS) {
        let answer = replay(&rig, exchange).await;
        assert_eq!(answer.status, recorded_status(exchange), "{}", exchange["request"]["line"]);
        for name in ["content-type", "content-encoding"] {
            let headers = exchange["response"]["headers"].as_array().unwrap();
            let recorded = headers.iter().find(|pair| pair[0].as_str().unwrap().eq_ignore_ascii_case(name));
            assert_eq!(answer.header(name), recorded.map(|pair| pair[1].as_str().unwrap()), "{name}");
        }
    }
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_java_peers_batches_are_applied_as_by_java() {
    let exchanges = exchanges(&["peer-8765-to-8766.jsonl"]);
    let rig = Rig::start(RegistryConfig::stock(), exchanges[0]["at_ms"].as_i64().unwrap()).await;
    for exchange in &exchanges {
        let answer = replay(&rig, exchange).await;
        assert_eq!(answer.status, recorded_status(exchange));
        let recorded: Value = serde_json::from_str(exchange["response"]["body"].as_str().unwrap()).unwrap();
        assert_eq!(answer.json(), recorded, "{}", exchange["request"]["body"]);
    }
    rig.stop().await;
}
