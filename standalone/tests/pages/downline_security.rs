//! The page about who may take what offline: its configuration for TLS starts `eurus`, and its curl with a certificate takes an
//! instance offline there.

use std::fs;
use std::path::Path;
use std::process::Command;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SanType};
use serde_json::{Value, json};

use crate::support::{page, start_all};

/// Whom the page's caller has for a name, and whose address the page takes offline.
const CALLER: &str = "spiffe://cluster/ns/platform/sa/controller";
const IP: &str = "10.1.2.3";

/// The first block of a kind behind a heading.
fn block<'a>(page: &'a str, heading: &str, kind: &str) -> &'a str {
    let part = page.split(&format!("## {heading}\n")).nth(1).unwrap_or_else(|| panic!("no heading '{heading}'"));
    part.split(&format!("```{kind}\n")).nth(1).unwrap().split("```").next().unwrap()
}

/// The files that the page names, made by two authorities.
fn make_certificates(folder: &Path) {
    let authority = |name: &str| {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        fs::write(folder.join(name), params.self_signed(&key).unwrap().pem()).unwrap();
        Issuer::new(params, key)
    };
    let issue = |name: &str, alternative: SanType, issuer: &Issuer<'static, KeyPair>| {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.subject_alt_names.push(alternative);
        let key = KeyPair::generate().unwrap();
        fs::write(folder.join(format!("{name}.pem")), params.signed_by(&key, issuer).unwrap().pem()).unwrap();
        fs::write(folder.join(format!("{name}-key.pem")), key.serialize_pem()).unwrap();
    };
    let (servers, callers) = (authority("ca.pem"), authority("callers-ca.pem"));
    issue("sync-speed", SanType::DnsName("sync-speed".try_into().unwrap()), &servers);
    issue("controller", SanType::URI(CALLER.try_into().unwrap()), &callers);
    // Vouched for by somebody who is not asked.
    issue("stranger", SanType::URI(CALLER.try_into().unwrap()), &servers);
}

fn bash(folder: &Path, command: &str) -> String {
    let output = Command::new("timeout").args(["60", "bash", "-c", command]).current_dir(folder).output().unwrap();
    format!("{}{}", String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

fn register(folder: &Path, registry: &str, ip: &str) {
    let instance = json!({"instance": {
        "instanceId": format!("orders-{ip}"), "hostName": ip, "app": "ORDERS", "ipAddr": ip, "status": "UP",
        "port": {"$": 8080, "@enabled": "true"}, "securePort": {"$": 443, "@enabled": "false"}, "vipAddress": "orders",
        "dataCenterInfo": {"@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"},
    }});
    fs::write(folder.join("instance.json"), instance.to_string()).unwrap();
    let said = bash(
        folder,
        &format!(
            "curl -sS -w '%{{http_code}}' -H 'Content-Type: application/json' -d @instance.json http://{registry}/eureka/apps/ORDERS"
        ),
    );
    assert_eq!(said, "204");
}

#[test]
fn its_curl_with_a_certificate() {
    let page = page("downline-security.md");
    let heading = "TLS, and certificates instead of tokens";
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    make_certificates(folder);
    fs::write(folder.join("application.yml"), block(&page, heading, "yaml")).unwrap();
    // Whoever registers is seen at once: with one of the two alone the offline would be refused.
    let seen_at_once = "--eureka.server.use-read-only-response-cache=false";
    let (_eurus, [registry, _, admin, sync_speed]) = start_all(folder, &[seen_at_once]);
    for ip in [IP, "10.1.2.4"] {
        register(folder, &registry, ip);
    }
    // Its own gateway speaks TLS with it too.
    let health = format!("until curl -s http://{admin}/actuator/health | grep last_announcement_age_ms; do :; done");
    assert!(bash(folder, &health).contains("last_announcement_age_ms"));
    let command = block(&page, heading, "sh");
    assert!(command.contains(IP) && command.contains("https://sync-speed:8090/"), "{command}");
    // The page's command goes to a machine of that name.
    let here = command.replace("curl ", &format!("curl -sS --connect-to sync-speed:8090:{sync_speed} "));
    let said = bash(folder, &here.replace("controller", "stranger"));
    assert!(!said.contains(r#""state""#), "{said}");
    let said = bash(folder, &here);
    let answer: Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
    assert_eq!((&answer["state"], &answer["instances"][0]["ip"]), (&json!("done"), &json!(IP)), "{answer:#}");
}
