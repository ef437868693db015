//! What fuzzing starts from: the bodies of recorded requests and answers, messages of HTTP, and a few hostile ones.

mod http;

use std::path::Path;

use serde_json::Value;

/// Bodies longer than this only slow the search down.
const SEED_BYTES_MAX: usize = 16 << 10;

/// Hostile bodies that chance does not find soon.
const HOSTILE: [(&str, &str); 8] = [
    ("xml", "<!DOCTYPE a [<!ENTITY x \"y\">]><instance><app>&x;</app></instance>"),
    ("xml", "<?xml version=\"1.1\" encoding=\"UTF-16\"?><instance/>"),
    ("xml", "<instance><metadata><a><![CDATA[]]]]><![CDATA[>]]></a><_x0031_>&#x41;</_x0031_></metadata></instance>"),
    ("json", "{\"instance\":{\"app\":\"A\",\"port\":{\"$\":1e400,\"@enabled\":true},\"metadata\":{\"@class\":null}}}"),
    ("json", "{\"applications\":{\"application\":{\"name\":\"A\",\"instance\":{}},\"versions__delta\":1}}"),
    ("config", "\0a: &a [*a]\n"),
    ("config", "\u{1}EUREKA_CLIENT_SERVICEURL_DEFAULTZONE=${A:${B:c}}\nA=${A}"),
    ("config", "\0eureka:\n  server:\n    evictionIntervalTimerInMs: 1_000\n---\nspring.config.activate.on-profile: x"),
];

/// Every seed with the target that it is for.
///
/// # Panics
/// When a recording cannot be read.
pub fn all() -> Vec<(&'static str, Vec<u8>)> {
    let hostile = HOSTILE.map(|(target, text)| (target, text.as_bytes().to_vec()));
    recorded().into_iter().chain(hostile).chain(http::all()).collect()
}

#[allow(clippy::disallowed_methods)] // Before anything runs.
fn recorded() -> Vec<(&'static str, Vec<u8>)> {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../compat-tests/golden");
    let mut seeds = Vec::new();
    for file in std::fs::read_dir(&golden).expect("the recordings are in the repository") {
        let path = file.expect("a folder's entry").path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            let text = std::fs::read_to_string(&path).expect("a recording is text");
            seeds.extend(text.lines().flat_map(seeds_of));
        }
    }
    seeds.sort();
    seeds.dedup();
    seeds
}

/// Request's and answer's body of one recorded exchange.
fn seeds_of(line: &str) -> Vec<(&'static str, Vec<u8>)> {
    let exchange: Value = serde_json::from_str(line).expect("a recorded exchange is JSON");
    let bodies = [&exchange["request"]["body"], &exchange["response"]["body"], &exchange["response"]["body_decoded"]];
    let texts = bodies.into_iter().filter_map(Value::as_str).filter(|text| text.len() <= SEED_BYTES_MAX);
    texts
        .map(|text| {
            let target = match text {
                text if text.contains("replicationList") => "batch",
                text if text.trim_start().starts_with('<') => "xml",
                _ => "json",
            };
            (target, text.as_bytes().to_vec())
        })
        .collect()
}
