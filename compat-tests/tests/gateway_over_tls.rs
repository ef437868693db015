//! A gateway and a sync-speed over TLS, configured by their properties: the gateway asks for the live marks, sync-speed sends its
//! orders.
#![allow(clippy::unwrap_used)] // Helpers of tests.

use std::time::Duration;

use compat_tests::stack::{self, Stack};
use eurus_gateway::{DataListeners, GatewayConfig, GatewayListeners};
use eurus_registry::RegistryConfig;
use eurus_service::properties::Sources;
use eurus_service::tls::ServerTls;
use eurus_service::tls::server::OF_SYNC_SPEED;
use eurus_service::{Clock, Properties, Shutdown};
use eurus_sync_speed::SyncSpeedConfig;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType};
use serde_json::{Value, json};
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
    params.subject_alt_names.push(SanType::DnsName("gateway.internal".try_into().unwrap()));
    let key = KeyPair::generate().unwrap();
    write("own.pem", params.signed_by(&key, &authority).unwrap().pem());
    write("own-key.pem", key.serialize_pem());
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    write("other-ca.pem", params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem());
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

/// The last word of the one gateway about an order, once there is one.
async fn told(http: &reqwest::Client, entry: &str) -> String {
    let asked = async {
        loop {
            let entry: Value = http.get(entry).send().await.unwrap().json().await.unwrap();
            match entry["gateways"][0]["outcome"].as_str() {
                None | Some("pending") => {}
                Some(said) => return said.to_owned(),
            }
        }
    };
    tokio::time::timeout(BOUND, asked).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_reach_gateways_over_tls_and_no_other_way() {
    const TRUSTS: (&str, &str) = ("eurus.sync-speed.gateways.tls.trust-certificate", "<ca.pem>");
    const NAMED: (&str, &str) = ("eurus.sync-speed.gateways.tls.server-name", "gateway.internal");
    const SHOWN: [(&str, &str); 2] = [
        ("eurus.sync-speed.gateways.tls.certificate", "<own.pem>"),
        ("eurus.sync-speed.gateways.tls.certificate-private-key", "<own-key.pem>"),
    ];
    const OTHER_NAME: (&str, &str) = ("eurus.sync-speed.gateways.tls.server-name", "other.internal");
    const OTHER_AUTHORITY: (&str, &str) = ("eurus.sync-speed.gateways.tls.trust-certificate", "<other-ca.pem>");
    const SPEAKS: [(&str, &str); 2] = [
        ("eurus.gateway.admin.ssl.certificate", "<own.pem>"),
        ("eurus.gateway.admin.ssl.certificate-private-key", "<own-key.pem>"),
    ];
    const ASKS: [(&str, &str); 2] =
        [("eurus.gateway.admin.ssl.trust-certificate", "<ca.pem>"), ("eurus.gateway.admin.ssl.client-auth", "need")];
    let files = certificates();
    let both = [&SPEAKS[..], &ASKS].concat();
    let known = [&[TRUSTS][..], &SHOWN].concat();
    type Settings<'a> = &'a [(&'a str, &'a str)];
    let rows: [(Settings<'_>, Settings<'_>, &str); 9] = [
        (&SPEAKS, &[TRUSTS], "applied"),
        (&SPEAKS, &[TRUSTS, NAMED], "applied"),
        (&both, &known, "applied"),
        (&[], &[], "applied"),
        (&SPEAKS, &[TRUSTS, OTHER_NAME], "certificates are called by .server-name"),
        (&SPEAKS, &[OTHER_AUTHORITY], "named by eurus.sync-speed.gateways.tls.trust-certificate"),
        (&both, &[TRUSTS], "eurus.sync-speed.gateways.tls.certificate names ours"),
        (&SPEAKS, &[], "set eurus.sync-speed.gateways.tls.trust-certificate here"),
        (&[], &[TRUSTS], "does its admin API speak TLS (eurus.gateway.admin.ssl.*)?"),
    ];
    for (gateways, ours, expected) in rows {
        let (clock, _hand) = Clock::manual(START_MS);
        let mut stack = Stack::new(clock.clone()).unwrap();
        let registry = stack.registry(RegistryConfig::stock()).await.unwrap();
        let shop = json!({"instance": {
            "instanceId": "s1", "app": "SHOP", "hostName": "h", "ipAddr": "127.0.0.9", "status": "UP", "vipAddress": "shop",
            "port": {"$": 9, "@enabled": "true"}, "securePort": {"$": 443, "@enabled": "false"},
            "dataCenterInfo": {"@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"},
        }});
        stack.http.post(format!("{registry}apps/SHOP")).json(&shop).send().await.unwrap().error_for_status().unwrap();
        let data = tempfile::tempdir().unwrap();
        let mut settings = vec![
            ("eureka.client.service-url.defaultZone", registry.as_str()),
            ("eurus.sync-speed.apps", "*"),
            ("eurus.sync-speed.default-gateway-group", "EURUS-GATEWAY"),
        ];
        settings.extend(ours);
        let config = SyncSpeedConfig::from_properties(&properties(&files, &settings), data.path().to_owned()).unwrap();
        let sync_speed = stack.sync_speed(config).await.unwrap();
        let mut settings = vec![
            ("eureka.client.service-url.defaultZone", registry.as_str()),
            ("eurus.gateway.sync-speed.url", sync_speed.as_str()),
        ];
        settings.extend(gateways);
        let config = GatewayConfig::from_properties(&properties(&files, &settings)).unwrap();
        let (traffic, _) = stack::bind(stack::ANY_PORT).unwrap();
        let (admin, _) = stack::bind(stack::ANY_PORT).unwrap();
        let listeners = GatewayListeners { data: DataListeners::plain(vec![traffic]), admin };
        let shutdown = Shutdown::new();
        let gateway = tokio::spawn(eurus_gateway::run(config, listeners, clock.clone(), shutdown.clone()));
        let asked = stack.http.post(format!("{sync_speed}/offline?async=true"));
        let asked = asked.json(&json!({"ip": "127.0.0.9", "force": true})).send().await.unwrap();
        let entry: Value = asked.json().await.unwrap();
        let said = told(&stack.http, &format!("{sync_speed}/offline/{}", entry["id"].as_str().unwrap())).await;
        assert!(said.starts_with("applied") == (expected == "applied") && said.contains(expected), "{ours:?}: {said}");
        shutdown.trigger();
        gateway.await.unwrap().unwrap();
        stack.stop().await.unwrap();
    }
}
