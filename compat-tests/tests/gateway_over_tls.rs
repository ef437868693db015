//! A gateway and a sync-speed whose port speaks TLS: configured by their properties, the gateway asks it for the live marks.
#![allow(clippy::unwrap_used)] // Helpers of tests.

use std::time::Duration;

use compat_tests::stack::{self, Stack};
use eurus_gateway::GatewayConfig;
use eurus_registry::RegistryConfig;
use eurus_service::properties::Sources;
use eurus_service::tls::ServerTls;
use eurus_service::tls::server::OF_SYNC_SPEED;
use eurus_service::{Clock, Properties, Shutdown};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType};
use serde_json::Value;
use tempfile::TempDir;

const START_MS: i64 = 1_795_317_500_000;
/// Real time: nothing that is awaited here takes as long.
const BOUND: Duration = Duration::from_secs(20);

/// An authority, and a certificate for this machine.
#[allow(clippy::disallowed_methods)] // Files of a test.
fn certificates() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    write("ca.pem", params.self_signed(&key).unwrap().pem());
    let authority = Issuer::new(params, key);
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.subject_alt_names.push(SanType::IpAddress([127, 0, 0, 1].into()));
    let key = KeyPair::generate().unwrap();
    write("own.pem", params.signed_by(&key, &authority).unwrap().pem());
    write("own-key.pem", key.serialize_pem());
    folder
}

/// Settings whose values in `<…>` are files.
fn properties(folder: &TempDir, settings: &[(&str, &str)]) -> Properties {
    let value = |text: &str| match text.strip_prefix('<').and_then(|text| text.strip_suffix('>')) {
        Some(name) => folder.path().join(name).display().to_string(),
        None => text.to_owned(),
    };
    let flags = settings.iter().map(|(key, text)| ((*key).to_owned(), value(text))).collect();
    Properties::layered(Sources { flags, ..Sources::default() }).unwrap().0
}

/// What a gateway's health says of sync-speed, once it has been asked.
async fn health(stack: &Stack, admin: &str) -> Value {
    let asked = async {
        loop {
            let answer = stack.http.get(format!("{admin}/actuator/health")).send().await.unwrap();
            let details = answer.json::<Value>().await.unwrap()["details"].clone();
            let waits = details["sync_speed"].as_str().is_some_and(|said| said.starts_with("waiting"));
            if !waits {
                return details;
            }
        }
    };
    tokio::time::timeout(BOUND, asked).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_live_marks_come_over_tls_to_whom_sync_speed_knows() {
    const NOT_ANSWERED: &str = "no sync-speed has answered";
    let files = certificates();
    let (clock, _hand) = Clock::manual(START_MS);
    let mut stack = Stack::new(clock.clone()).unwrap();
    let registry = stack.registry(RegistryConfig::stock()).await.unwrap();
    let data = tempfile::tempdir().unwrap();
    let mut config = stack::sync_speed_config(&registry, data.path());
    let tls = properties(
        &files,
        &[
            ("eurus.sync-speed.ssl.certificate", "<own.pem>"),
            ("eurus.sync-speed.ssl.certificate-private-key", "<own-key.pem>"),
            ("eurus.sync-speed.ssl.trust-certificate", "<ca.pem>"),
            ("eurus.sync-speed.ssl.client-auth", "need"),
        ],
    );
    config.tls = ServerTls::by_keys(&OF_SYNC_SPEED, &tls).unwrap();
    let (listener, address) = stack::bind(([127, 0, 0, 1], 0).into()).unwrap();
    let shutdown = Shutdown::new();
    let sync_speed = tokio::spawn(eurus_sync_speed::run(config, listener, clock.clone(), shutdown.clone()));
    let shown = [
        ("eurus.gateway.sync-speed.tls.certificate", "<own.pem>"),
        ("eurus.gateway.sync-speed.tls.certificate-private-key", "<own-key.pem>"),
    ];
    for (scheme, trusts, shown, expected) in [
        ("https", true, &shown[..], None),
        ("https", true, &[], Some(NOT_ANSWERED)),
        ("https", false, &[], Some(NOT_ANSWERED)),
        ("http", false, &[], Some(NOT_ANSWERED)),
    ] {
        let url = format!("{scheme}://{address}");
        let mut settings = vec![
            ("eureka.client.service-url.defaultZone", registry.as_str()),
            ("eurus.gateway.sync-speed.url", url.as_str()),
            ("eurus.gateway.sync-speed.wait-ms", "0"),
        ];
        if trusts {
            settings.push(("eurus.gateway.sync-speed.tls.trust-certificate", "<ca.pem>"));
        }
        settings.extend(shown);
        let config = GatewayConfig::from_properties(&properties(&files, &settings)).unwrap();
        let gateway = stack.gateway(config).await.unwrap();
        let details = health(&stack, &gateway.admin).await;
        let said = details["sync_speed"].as_str().map(|said| &said[..NOT_ANSWERED.len()]);
        assert_eq!(said, expected, "{url} {trusts} {shown:?}: {details}");
        assert_eq!(details["last_announcement_age_ms"].is_i64(), expected.is_none(), "{details}");
    }
    shutdown.trigger();
    sync_speed.await.unwrap().unwrap();
}
