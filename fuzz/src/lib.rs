//! What must hold for any bytes at all: reading them ends, without a panic, and what was read can be written and read
//! again without change.
//!
//! Each function is one property. `fuzz/run` lets libFuzzer look for bytes that break it; `tests/slice.rs` tries a few
//! thousand seeded mutations of recorded requests in every test run.
#![allow(clippy::panic, clippy::expect_used)] // A broken property is a panic: that is what a fuzzer looks for.

pub mod http;
pub mod seeds;

use eurus_model::{Applications, Detail, InstanceInfo, RegistrationDraft, json, replication, xml};
use eurus_service::properties::{Files, Properties, Sources};

/// Any moment will do.
const NOW_MS: i64 = 1_795_317_444_118;

/// A registration, an instance or a list in JSON.
pub fn json(data: &[u8]) {
    if let Ok(draft) = json::decode_registration(data) {
        registered(draft);
    }
    if let Ok(instance) = json::decode_instance(data) {
        json_comes_back(&instance);
    }
    let _ = json::decode_application(data);
    if let Ok(list) = json::decode_applications(data) {
        delta_applies(&list);
    }
}

/// A registration, an instance or a list in XML.
pub fn xml(data: &[u8]) {
    if let Ok(draft) = xml::decode_registration(data) {
        registered(draft);
    }
    if let Ok(instance) = xml::decode_instance(data) {
        xml_comes_back(&instance);
    }
    let _ = xml::decode_application(data);
    if let Ok(list) = xml::decode_applications(data) {
        delta_applies(&list);
    }
}

/// A replication batch.
pub fn batch(data: &[u8]) {
    let Ok(Some(items)) = replication::decode_batch(data) else {
        return;
    };
    for item in items {
        if let Some(Ok(draft)) = item.instance_info {
            registered(draft);
        }
    }
}

/// A configuration: the first byte chooses where the text stands.
pub fn config(data: &[u8]) {
    let Some((place, text)) = data.split_first() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    let lines = || text.lines().filter_map(|line| line.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned()));
    let sources = match place % 5 {
        0 => Sources { files: Files::one("application.yml", text), ..Sources::default() },
        1 => Sources { environment: lines().collect(), ..Sources::default() },
        2 => Sources { flags: lines().collect(), ..Sources::default() },
        3 => Sources { files: Files::one("application.properties", text), ..Sources::default() },
        _ => {
            Sources { files: Files::one("application.yml", text), environment: lines().collect(), ..Sources::default() }
        }
    };
    if let Err(error) = Properties::layered(sources) {
        let line = error.to_string();
        assert!(!line.is_empty() && !line.contains('\n'), "not one line: {line:?}");
    }
}

fn registered(draft: RegistrationDraft) {
    match draft.into_instance("APP", NOW_MS) {
        Ok(instance) => {
            json_comes_back(&instance);
            xml_comes_back(&instance);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn json_comes_back(instance: &InstanceInfo) {
    let written = json::encode_instance(instance, Detail::Full);
    let read = json::decode_instance(&written).expect("what was written in JSON is readable");
    assert_eq!(text(&written), text(&json::encode_instance(&read, Detail::Full)), "JSON changes when it is read");
    let compact = json::encode_instance(instance, Detail::Compact);
    serde_json::from_slice::<serde_json::Value>(&compact).expect("compact JSON is JSON");
}

fn xml_comes_back(instance: &InstanceInfo) {
    let written = xml::encode_instance(instance, Detail::Full);
    let read = xml::decode_instance(&written).expect("what was written in XML is readable");
    assert_eq!(text(&written), text(&xml::encode_instance(&read, Detail::Full)), "XML changes when it is read");
    xml::decode_instance(&xml::encode_instance(instance, Detail::Compact)).expect("compact XML is readable");
}

/// A delta onto itself and onto nothing: it ends, and it repeats without effect.
fn delta_applies(list: &Applications) {
    let mut once = Applications::default();
    once.apply_delta(list);
    let mut twice = once.clone();
    twice.apply_delta(list);
    assert_eq!(once.reconcile_hash(), twice.reconcile_hash(), "a repeated delta has an effect");
}

fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}
