//! The recorded exchanges, as bytes to send and answers to expect.

use std::path::Path;

use serde_json::Value;

/// One request and what the real server answered.
pub(crate) struct Exchange {
    pub(crate) n: u64,
    pub(crate) name: String,
    pub(crate) at_ms: i64,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) request: Vec<u8>,
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    /// Decompressed where it was compressed.
    pub(crate) body: String,
}

impl Exchange {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// All exchanges of all files in their order.
#[allow(clippy::disallowed_methods)] // A test reads its data.
pub(crate) fn history() -> Vec<Exchange> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../compat-tests/golden");
    let mut history = Vec::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            let text = std::fs::read_to_string(&path).unwrap();
            history.extend(text.lines().map(|line| exchange(&serde_json::from_str(line).unwrap())));
        }
    }
    history.sort_by_key(|exchange| exchange.n);
    assert_eq!(history.len(), 488, "the recording is incomplete");
    history
}

fn exchange(line: &Value) -> Exchange {
    let (request, response) = (&line["request"], &line["response"]);
    let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
    let (method, path) = (text(&request["method"]).unwrap(), text(&request["path"]).unwrap());
    let mut raw = format!("{method} {path} HTTP/1.1\r\n").into_bytes();
    for (name, value) in headers(request) {
        raw.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    raw.extend_from_slice(b"\r\n");
    raw.extend_from_slice(&request_body(request));
    Exchange {
        n: line["n"].as_u64().unwrap(),
        name: text(&line["name"]).unwrap(),
        at_ms: line["at_ms"].as_i64().unwrap(),
        method,
        path,
        request: raw,
        status: u16::try_from(response["status"].as_u64().unwrap()).unwrap(),
        headers: headers(response),
        body: text(&response["body_decoded"]).or_else(|| text(&response["body"])).unwrap_or_default(),
    }
}

fn headers(message: &Value) -> Vec<(String, String)> {
    let pairs = message["headers"].as_array().unwrap().iter();
    pairs.map(|pair| (pair[0].as_str().unwrap().to_owned(), pair[1].as_str().unwrap().to_owned())).collect()
}

fn request_body(request: &Value) -> Vec<u8> {
    if let Some(encoded) = request["body_base64"].as_str() {
        return base64(encoded);
    }
    let body = request["body"].as_str().unwrap_or_default();
    match body.split_once("...[") {
        Some((beginning, length)) => grown(beginning, length.trim_end_matches(" bytes]").parse().unwrap()),
        None => body.as_bytes().to_vec(),
    }
}

/// A body that was recorded by its beginning and length: one metadata value of many x.
fn grown(beginning: &str, length: usize) -> Vec<u8> {
    let beginning = beginning.trim_end_matches('x');
    let host = if beginning.contains("host1:") { 1 } else { 2 };
    let url = format!("http://host{host}:800{host}/");
    let end = format!(
        "\"}}, \"homePageUrl\": \"{url}\", \"statusPageUrl\": \"{url}actuator/info\", \
         \"healthCheckUrl\": \"{url}actuator/health\", \"vipAddress\": \"app-big\", \
         \"secureVipAddress\": \"s-app-big\", \"isCoordinatingDiscoveryServer\": \"false\", \
         \"lastUpdatedTimestamp\": \"1700000000000\", \"lastDirtyTimestamp\": \"1700000000000\"}}}}"
    );
    let filling = length - beginning.len() - end.len();
    assert_eq!(filling % 1_000_000, 0, "the body was not put together as it was recorded");
    [beginning.as_bytes(), &vec![b'x'; filling], end.as_bytes()].concat()
}

fn base64(encoded: &str) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let (mut held, mut bits) = (0u32, 0);
    for byte in encoded.bytes().filter(|byte| *byte != b'=') {
        let digit = DIGITS.iter().position(|known| *known == byte).unwrap();
        held = held << 6 | u32::try_from(digit).unwrap();
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).unwrap());
        }
    }
    bytes
}
