//! Who may do what, seen from outside: every role on every kind of route, wrong credentials in every form.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // It is a test throughout.

mod bodies;
mod hashed;
#[path = "../rig/mod.rs"]
mod rig;
mod roles;

use eurus_registry::RegistryConfig;
use eurus_service::Properties;
use eurus_service::properties::Sources;
use serde_json::json;

use rig::{Answer, Rig};

const START_MS: i64 = 1_795_317_120_000;
const PASSWORD: (&str, &str) = ("spring.security.user.password", "pass:word");
/// `user:pass:word`
const USER: &str = "Basic dXNlcjpwYXNzOndvcmQ=";
/// The name is the role.
const TOKENS: [(&str, &str); 4] = [
    ("read", "read-0123456789abcdef"),
    ("register", "register-0123456789abcdef"),
    ("operate", "operate-0123456789abcdef"),
    ("replicate", "replicate-0123456789abcdef"),
];

fn config(settings: &[(&str, &str)]) -> RegistryConfig {
    let flags = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let (properties, _) = Properties::layered(Sources { flags, ..Sources::default() }).unwrap();
    RegistryConfig::from_properties(&properties).unwrap()
}

/// With the user and one token for each role.
async fn locked(more: &[(&str, &str)]) -> Rig {
    let mut settings: Vec<(String, String)> =
        [&PASSWORD].into_iter().chain(more).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    for (role, token) in TOKENS {
        settings.push((format!("eurus.registry.access.tokens.{role}.token"), token.to_owned()));
        settings.push((format!("eurus.registry.access.tokens.{role}.roles"), role.to_owned()));
    }
    let settings: Vec<_> = settings.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    Rig::start(config(&settings), START_MS).await
}

/// A registration of this application.
fn registration(app: &str) -> String {
    json!({"instance": {
        "instanceId": "one", "hostName": "h", "app": app, "ipAddr": "10.0.0.1", "status": "UP",
        "port": {"$": 8001, "@enabled": "true"},
        "dataCenterInfo": {"@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"},
    }})
    .to_string()
}

async fn send(rig: &Rig, method: &str, path: &str, authorization: Option<&str>, replica: bool) -> Answer {
    let mut headers = vec![("Accept", "application/json"), ("Content-Type", "application/json")];
    headers.extend(authorization.map(|value| ("Authorization", value)));
    if replica {
        headers.push(("x-netflix-discovery-replication", "true"));
    }
    let body = match (method, path) {
        ("POST", "/eureka/apps/A") => registration("A"),
        ("POST", "/eureka/peerreplication/batch") => r#"{"replicationList":[]}"#.to_owned(),
        _ => String::new(),
    };
    rig.send(method, path, &headers, &body).await
}
