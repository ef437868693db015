//! Every registration that was posted to a real server, and what it said; then what it listed of them.

#![allow(clippy::expect_used, reason = "helpers of tests fail as tests do")]

use std::collections::HashMap;

use eurus_model::{Detail, InstanceInfo, RegistrationDraft, json, xml};
use serde::Deserialize;
use serde_json::Value;

const NOW_MS: i64 = 1_795_317_445_080;

#[derive(Deserialize)]
struct Recorded {
    n: u32,
    app: String,
    format: String,
    body: String,
    status: u16,
    reply: String,
}

fn recorded() -> impl Iterator<Item = Recorded> {
    let lines = include_str!("golden/registrations.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).expect("a recorded line"))
}

/// The instance, or the words of the 400.
fn register(recorded: &Recorded) -> Result<InstanceInfo, String> {
    let body = recorded.body.as_bytes();
    let draft = match recorded.format.as_str() {
        "json" => json::decode_registration(body),
        _ => xml::decode_registration(body),
    };
    let draft = draft.map_err(|_| "cannot parse request body".to_owned())?;
    draft.into_instance(&recorded.app, NOW_MS).map_err(|error| error.to_string())
}

#[test]
fn each_is_taken_or_refused_as_recorded() {
    let mut refused = 0;
    for line in recorded() {
        let answer = register(&line);
        let expected = if line.status == 204 { Ok(()) } else { Err(line.reply.clone()) };
        assert_eq!(answer.map(|_| ()), expected, "exchange {}: {}", line.n, line.body);
        refused += usize::from(line.status != 204);
    }
    assert!(refused > 30, "the recording has many refusals");
}

#[test]
fn each_is_shown_as_recorded() {
    let mut taken: HashMap<(String, String), InstanceInfo> = HashMap::new();
    for instance in recorded().filter_map(|line| register(&line).ok()) {
        taken.insert((instance.app.clone(), instance.instance_id.clone()), instance);
    }
    for line in include_str!("golden/listed.jsonl").lines() {
        let mut listed: Value = serde_json::from_str(line).expect("a recorded line");
        let id = listed["instanceId"].as_str().expect("an id").to_owned();
        let key = (listed["app"].as_str().expect("an application").to_owned(), id.clone());
        let shown = json::encode_instance(&taken[&key], Detail::Full);
        let mut shown: Value = serde_json::from_slice(&shown).expect("JSON");
        mask(&mut listed);
        mask(&mut shown["instance"]);
        assert_eq!(shown["instance"], listed, "{id}");
    }
}

/// What the registry sets, and what was now then.
fn mask(instance: &mut Value) {
    for field in ["lastUpdatedTimestamp", "actionType"] {
        instance[field] = Value::Null;
    }
    for field in ["registrationTimestamp", "lastRenewalTimestamp", "serviceUpTimestamp"] {
        instance["leaseInfo"][field] = Value::Null;
    }
}

#[test]
fn what_real_clients_post_is_taken() {
    let [spring, netflix]: [&str; 2] =
        include_str!("golden/client-registrations.jsonl").lines().collect::<Vec<_>>().try_into().expect("two lines");
    let draft = json::decode_registration(spring.as_bytes()).expect("Spring's is readable");
    let instance = draft.into_instance("SPRINGCLI", NOW_MS).expect("Spring's is valid");
    assert_eq!(instance.last_dirty_ms, 1_795_318_183_539);
    assert_eq!(instance.app_group_name, None);
    assert_eq!(instance.metadata("management.port"), Some("9001"));

    let draft = json::decode_registration(netflix.as_bytes()).expect("Netflix's is readable");
    let instance = draft.into_instance("nfx", NOW_MS).expect("Netflix's is valid");
    assert!(instance.metadata.is_empty());
    // Ours posts just what Netflix's client posts.
    assert_eq!(String::from_utf8(json::encode_registration(&instance)).expect("UTF-8"), netflix);
}

#[test]
fn what_a_peer_replicates_is_taken() {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Batch {
        replication_list: Vec<Item>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Item {
        app_name: String,
        instance_info: Option<RegistrationDraft>,
    }
    let batch: Batch = serde_json::from_str(include_str!("golden/peer-batch.json")).expect("a batch");
    let [item] = batch.replication_list.try_into().unwrap_or_else(|_| panic!("one item"));
    let draft = item.instance_info.expect("an instance");
    let instance = draft.into_instance(&item.app_name, NOW_MS).expect("valid");
    assert_eq!(instance.lease.service_up_ms, 1_795_318_192_249);
}
