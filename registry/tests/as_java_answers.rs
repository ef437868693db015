//! What only a stock Java server beside ours showed: small things that recorded exchanges do not hold.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // It is a test throughout.

mod rig;

use eurus_registry::RegistryConfig;
use serde_json::{Value, json};

use rig::Rig;

const JSON: [(&str, &str); 2] = [("Accept", "application/json"), ("Content-Type", "application/json")];

async fn rig() -> Rig {
    Rig::start(RegistryConfig::stock(), 1_795_317_120_000).await
}

fn item(action: &str, id: &str, dirty_ms: Option<i64>, instance: Value) -> Value {
    json!({
        "appName": "A", "id": id, "lastDirtyTimestamp": dirty_ms, "status": "UP", "instanceInfo": instance, "action": action,
    })
}

async fn batch(rig: &Rig, items: &[Value]) -> Value {
    let body = json!({ "replicationList": items }).to_string();
    let answer = rig.send("POST", "/eureka/peerreplication/batch", &JSON, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let outcomes = answer.json()["responseList"].as_array().unwrap().clone();
    outcomes.into_iter().map(|outcome| outcome["statusCode"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreadable_instance_fails_its_item_and_no_other() {
    let rig = rig().await;
    let instance = |port: Value| {
        json!({
            "instanceId": "one", "hostName": "one", "app": "A", "ipAddr": "10.0.0.1", "status": "UP",
            "port": {"$": port, "@enabled": "true"}, "metadata": {"zone": "z1"},
            "dataCenterInfo": {
                "@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"
            },
        })
    };
    let items = [
        item("Register", "bad", Some(1), instance(json!("abc"))),
        item("Register", "one", Some(1), instance(json!("8001"))),
        item("Heartbeat", "one", None, Value::Null),
    ];
    assert_eq!(batch(&rig, &items).await, json!([500, 200, 200]));
    assert_eq!(rig.instance("A", "one").await.unwrap(), "UP/ADDED/UNKNOWN");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_override_is_taken_back_by_a_replica_only_with_a_time() {
    let rig = rig().await;
    rig.register("A", "one", json!({})).await;
    let items = |dirty_ms| ["one", "nobody"].map(|id| item("DeleteStatusOverride", id, dirty_ms, Value::Null));
    assert_eq!(batch(&rig, &items(Some(1))).await, json!([200, 404]));
    assert_eq!(batch(&rig, &items(None)).await, json!([500, 500]), "before anybody is looked for");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_compressed_list_has_no_parameters_in_its_media_type() {
    let rig = rig().await;
    for (encoding, expected) in [("identity", "application/json;charset=utf-8"), ("gzip", "application/json")] {
        let headers = [("Accept", "application/json;charset=utf-8"), ("Accept-Encoding", encoding)];
        let answer = rig.send("GET", "/eureka/apps", &headers, "").await;
        assert_eq!(answer.header("content-type"), Some(expected), "{encoding}");
    }
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_batch_in_xml_has_an_empty_list() {
    let rig = rig().await;
    let headers = [("Accept", "application/xml"), ("Content-Type", "application/json")];
    let answer = rig.send("POST", "/eureka/peerreplication/batch", &headers, r#"{"replicationList": []}"#).await;
    assert!(answer.text().contains("\n  <responseList/>\n</"), "{}", answer.text());
    rig.stop().await;
}
