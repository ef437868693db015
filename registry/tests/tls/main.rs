//! TLS over real connections: PEM and PKCS12, certificates of clients, plain HTTP at a TLS port, and our own client.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)] // It is a test throughout.

mod rig;

use std::time::Duration;

use eurus_client::config::Timeouts;
use eurus_client::{FailureKind, InstanceInfo, Registries};
use eurus_service::tls::ClientTls;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use rig::{Files, Running};

const PEM: [(&str, &str); 2] =
    [("server.ssl.certificate", "<server.pem>"), ("server.ssl.certificate-private-key", "<server-key.pem>")];
const PKCS12: [(&str, &str); 2] =
    [("server.ssl.key-store", "<server.p12>"), ("server.ssl.key-store-password", "secret")];
const TRUST_PEM: (&str, &str) = ("eurus.client.tls.trust-certificate", "<ca.pem>");

/// When nothing moves for so long, nothing will.
const REST: Duration = Duration::from_secs(3);
/// More than the system takes of what nobody reads.
const WRITTEN_MAX: usize = 48 << 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pem_and_pkcs12_serve_those_who_trust_them() {
    let files = Files::new();
    let trusts = [
        vec![TRUST_PEM],
        vec![
            ("eureka.client.tls.enabled", "true"),
            ("eureka.client.tls.trust-store", "<ca.p12>"),
            ("eureka.client.tls.trust-store-password", "secret"),
        ],
    ];
    for server in [PEM, PKCS12] {
        for protocol in ["TLSv1.2", "TLSv1.3"] {
            let registry =
                Running::start(&files, &[&server[..], &[("server.ssl.enabled-protocols", protocol)]].concat());
            for trust in &trusts {
                let answer = registry.health(&files.client(trust)).await.unwrap();
                assert!(answer.starts_with("HTTP/1.1 200"), "{server:?} {trust:?}: {answer}");
            }
            let stranger = files.client(&[("eurus.client.tls.trust-certificate", "<stranger-ca.pem>")]);
            let error = registry.health(&stranger).await.unwrap_err();
            assert!(error.contains("UnknownIssuer"), "{error}");
            registry.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_of_clients_are_needed_or_wanted() {
    let files = Files::new();
    let shown = |name: &str| {
        let (certificate, key) = (format!("<{name}.pem>"), format!("<{name}-key.pem>"));
        files.client(&[
            TRUST_PEM,
            ("eurus.client.tls.certificate", &certificate),
            ("eurus.client.tls.certificate-private-key", &key),
        ])
    };
    let by_store = files.client(&[
        TRUST_PEM,
        ("eureka.client.tls.enabled", "true"),
        ("eureka.client.tls.key-store", "<client.p12>"),
        ("eureka.client.tls.key-store-password", "secret"),
    ]);
    let clients = [
        ("nothing", files.client(&[TRUST_PEM])),
        ("one of the authority", shown("client")),
        ("the same by its store", by_store),
        ("the server's own", shown("server")),
        ("a stranger's", shown("stranger")),
    ];
    let trusts = [
        vec![("server.ssl.trust-certificate", "<ca.pem>")],
        vec![("server.ssl.trust-store", "<ca.p12>"), ("server.ssl.trust-store-password", "secret")],
    ];
    for trust in trusts {
        for (mode, expected) in [
            ("need", [false, true, true, true, false]),
            ("want", [true, true, true, true, false]),
            ("none", [true, true, true, true, true]),
        ] {
            let registry = Running::start(&files, &[&PEM[..], &trust, &[("server.ssl.client-auth", mode)]].concat());
            for ((name, client), expected) in clients.iter().zip(expected) {
                let answer = registry.health(client).await;
                assert_eq!(answer.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")), expected, "{mode} {name}");
            }
            registry.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_http_is_told_that_a_tls_port_speaks_tls() {
    let files = Files::new();
    let registry = Running::start(&files, &PEM);
    let mut stream = TcpStream::connect(registry.address).await.unwrap();
    stream.write_all(b"GET /eureka/apps HTTP/1.1\r\nHost: r\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.ends_with("\r\n\r\nthis port speaks TLS: use https://\r\n"), "{answer}");
    assert!(registry.health(&files.client(&[TRUST_PEM])).await.is_ok(), "others are served");
    registry.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_list_comes_whole_and_who_takes_no_answer_is_not_listened_to() {
    let files = Files::new();
    let registry = Running::start(&files, &PEM);
    let trusting = files.client(&[TRUST_PEM]);
    let url = format!("https://localhost:{}/eureka/", registry.address.port());
    let client = Registries::over_tls(vec![url], Timeouts::default(), &trusting).unwrap();
    let mut large = InstanceInfo::new("A", "one", "h", "10.0.0.1");
    let text: String = (0..1 << 18).map(|place| format!("{place:08x}")).collect();
    large.metadata.push(("text".to_owned(), text.clone()));
    client.register(&large).await.unwrap();
    for _ in 0..5 {
        let list = registry.get("/eureka/apps", &trusting).await.unwrap();
        assert!(list.contains(&text), "{} bytes", list.len());
    }
    let mut stream = registry.connect(&trusting).await.unwrap();
    let requests = "PUT /eureka/apps/A/none HTTP/1.1\r\nHost: r\r\n\r\n".repeat(100);
    let mut written = 0;
    while let Ok(taken) = timeout(REST, stream.write(&requests.as_bytes()[written % requests.len()..])).await {
        written += taken.unwrap();
        assert!(written < WRITTEN_MAX, "{written} bytes of requests were taken, and no answer");
    }
    assert!(registry.health(&trusting).await.is_ok(), "others are served");
    registry.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_fails_at_the_door_is_counted() {
    let files = Files::new();
    let trust = [("server.ssl.trust-certificate", "<ca.pem>"), ("server.ssl.client-auth", "need")];
    let registry = Running::start(&files, &[&PEM[..], &trust].concat());
    let identity = [
        ("eurus.client.tls.certificate", "<client.pem>"),
        ("eurus.client.tls.certificate-private-key", "<client-key.pem>"),
        TRUST_PEM,
    ];
    let known = files.client(&identity);
    // Without a certificate; without trust in ours; not TLS at all.
    assert!(registry.health(&files.client(&[TRUST_PEM])).await.is_err());
    let stranger = files.client(&[("eurus.client.tls.trust-certificate", "<stranger-ca.pem>")]);
    assert!(registry.health(&stranger).await.is_err());
    let mut nonsense = TcpStream::connect(registry.address).await.unwrap();
    nonsense.write_all(&[0; 100]).await.unwrap();
    drop(nonsense.read_to_end(&mut Vec::new()).await);
    let failed = "eurus_registry_misdirected_connections_total{kind=\"tls_handshake_failed\"} ";
    let metrics = registry.get("/metrics", &known).await.unwrap();
    assert_eq!(metrics.lines().find_map(|line| line.strip_prefix(failed)), Some("3"), "{metrics}");
    registry.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_client_registers_over_https_with_a_password() {
    let files = Files::new();
    let registry = Running::start(&files, &[&PKCS12[..], &[("spring.security.user.password", "pass:w@rd")]].concat());
    let registries = |credentials: &str, tls: &ClientTls| {
        let url = format!("https://{credentials}localhost:{}/eureka/", registry.address.port());
        Registries::over_tls(vec![url], Timeouts::default(), tls).unwrap()
    };
    let trusting = files.client(&[TRUST_PEM]);
    let client = registries("user:pass%3Aw%40rd@", &trusting);
    client.register(&InstanceInfo::new("A", "one", "h", "10.0.0.1")).await.unwrap();
    assert_eq!(client.instance("A", "one").await.unwrap().unwrap().ip_addr, "10.0.0.1");
    assert_eq!(client.apps().await.unwrap().by_name.len(), 1);
    let error = registries("user:TOPSECRET@", &trusting).apps().await.unwrap_err();
    assert_eq!(error.kind(), FailureKind::Refused(401));
    let text = error.to_string();
    assert!(text.contains("Check the user and password") && !text.contains("TOPSECRET"), "{text}");
    let stranger = files.client(&[("eurus.client.tls.trust-certificate", "<stranger-ca.pem>")]);
    let error = registries("user:pass%3Aw%40rd@", &stranger).apps().await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("UnknownIssuer") && text.contains("eurus.client.tls.trust-certificate"), "{text}");
    assert!(!text.contains("pass"), "{text}");
    // http:// to the TLS port.
    let url = format!("http://user:pass%3Aw%40rd@{}/eureka/", registry.address);
    let error = Registries::new(vec![url], Timeouts::default()).unwrap().apps().await.unwrap_err();
    assert_eq!(error.kind(), FailureKind::Refused(400), "{error}");
    registry.stop().await;
}
