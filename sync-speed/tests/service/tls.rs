//! sync-speed's port under TLS, and callers that are known by their certificates.

use std::sync::Arc;

use crate::support::raw::RawConnection;
use crate::support::rules::rules;
use crate::support::service::{Service, World};
use eurus_service::Properties;
use eurus_service::properties::Sources;
use eurus_service::tls::server::OF_SYNC_SPEED;
use eurus_service::tls::{ClientTls, ServerTls};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SanType};
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

const TOKEN: &str = "a-token-for-all-rights";
const JSON: &str = "Content-Type: application/json";

/// Certificates of two authorities, as files.
struct Certificates(TempDir);

impl Certificates {
    fn new() -> Self {
        let certificates = Self(tempfile::tempdir().unwrap());
        let (ours, theirs) = (certificates.authority("ca"), certificates.authority("other-ca"));
        certificates.issue("server", "localhost", &ours);
        certificates.issue("ci", "spiffe://cluster/ci", &ours);
        certificates.issue("nobody", "spiffe://cluster/nobody", &ours);
        certificates.issue("stranger", "spiffe://cluster/ci", &theirs);
        certificates
    }

    fn write(&self, name: &str, text: String) {
        std::fs::write(self.0.path().join(name), text).unwrap();
    }

    fn authority(&self, name: &str) -> Issuer<'static, KeyPair> {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        self.write(&format!("{name}.pem"), params.self_signed(&key).unwrap().pem());
        Issuer::new(params, key)
    }

    fn issue(&self, name: &str, alternative: &str, issuer: &Issuer<'static, KeyPair>) {
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.subject_alt_names.push(SanType::URI(alternative.try_into().unwrap()));
        let key = KeyPair::generate().unwrap();
        self.write(&format!("{name}.pem"), params.signed_by(&key, issuer).unwrap().pem());
        self.write(&format!("{name}-key.pem"), key.serialize_pem());
    }

    /// Settings whose values in `<…>` are files.
    fn properties(&self, settings: &[(&str, &str)]) -> Properties {
        let value = |text: &str| match text.strip_prefix('<').and_then(|text| text.strip_suffix('>')) {
            Some(name) => self.0.path().join(name).display().to_string(),
            None => text.to_owned(),
        };
        let flags = settings.iter().map(|(key, text)| ((*key).to_owned(), value(text))).collect();
        Properties::layered(Sources { flags, ..Sources::default() }).unwrap().0
    }

    fn server(&self, client_auth: &str) -> Option<ServerTls> {
        let settings = [
            ("eurus.sync-speed.ssl.certificate", "<server.pem>"),
            ("eurus.sync-speed.ssl.certificate-private-key", "<server-key.pem>"),
            ("eurus.sync-speed.ssl.trust-certificate", "<ca.pem>"),
            ("eurus.sync-speed.ssl.client-auth", client_auth),
        ];
        ServerTls::by_keys(&OF_SYNC_SPEED, &self.properties(&settings)).unwrap()
    }

    /// A connection by somebody who shows this certificate, or none.
    async fn connect(&self, shown: Option<&str>, service: &Service) -> Result<RawConnection, String> {
        let (certificate, key) = match shown {
            Some(name) => (format!("<{name}.pem>"), format!("<{name}-key.pem>")),
            None => Default::default(),
        };
        let mut settings = vec![("eurus.client.tls.trust-certificate", "<ca.pem>")];
        if shown.is_some() {
            settings.push(("eurus.client.tls.certificate", &certificate));
            settings.push(("eurus.client.tls.certificate-private-key", &key));
        }
        let tls = ClientTls::from_properties(&self.properties(&settings)).unwrap().config().unwrap();
        let tcp = TcpStream::connect(service.url.trim_start_matches("http://")).await.unwrap();
        let connecting = TlsConnector::from(Arc::new(tls)).connect("localhost".try_into().unwrap(), tcp).await;
        connecting.map(RawConnection::over).map_err(|error| error.to_string())
    }
}

fn start(world: &World, certificates: &Certificates, client_auth: &str) -> Service {
    world.start_with(|config| {
        config.tls = certificates.server(client_auth);
        config.access = rules(&[
            ("apps", "*"),
            ("token", TOKEN),
            ("callers.ci.certificate-names", "DNS:ci.example, URI:spiffe://cluster/ci"),
            ("callers.ci.apps", "java-service"),
        ]);
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_is_known_by_its_certificate_or_by_its_token() {
    let world = World::with_three();
    world.registry.add("OTHER", "other-9", "10.0.0.9", 80);
    let certificates = Certificates::new();
    let service = start(&world, &certificates, "want");
    let bearer = format!("Authorization: Bearer {TOKEN}");
    for (shown, headers, ip, status, word) in [
        (Some("ci"), &[JSON][..], "10.0.0.77", 404, "no-instance"),
        (Some("ci"), &[JSON], "10.0.0.9", 403, "application-not-allowed"),
        (Some("ci"), &[JSON, "Authorization: Bearer wrong"], "10.0.0.2", 401, "token"),
        (Some("nobody"), &[JSON], "10.0.0.2", 401, "token"),
        (None, &[JSON], "10.0.0.2", 401, "token"),
        (Some("nobody"), &[JSON, &bearer], "10.0.0.77", 404, "no-instance"),
        (None, &[JSON, &bearer], "10.0.0.77", 404, "no-instance"),
    ] {
        let mut connection = certificates.connect(shown, &service).await.unwrap();
        let answer = connection.ask("POST /offline", headers, &json!({"ip": ip}).to_string()).await;
        assert_eq!((answer.status, &answer.body["error"]), (status, &json!(word)), "{shown:?} {headers:?} {ip}");
    }
    assert!(world.registry.changes().is_empty());
    let mut ci = certificates.connect(Some("ci"), &service).await.unwrap();
    let done = ci.ask("POST /offline", &[JSON], r#"{"ip": "10.0.0.2"}"#).await;
    assert_eq!((done.status, world.registry.status("JAVA-SERVICE", "java-2").as_str()), (200, "OUT_OF_SERVICE"));
    // It is the same connection, and the trail names the caller.
    assert_eq!(ci.ask("GET /audit", &[], "").await.status, 403);
    let mut all = certificates.connect(None, &service).await.unwrap();
    let trail = all.ask("GET /audit?limit=1", &[&bearer], "").await;
    assert_eq!(trail.body["entries"][0]["caller"], "ci");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_certificate_that_is_needed_nothing_is_answered() {
    let world = World::with_three();
    let certificates = Certificates::new();
    let service = start(&world, &certificates, "need");
    for shown in [None, Some("stranger")] {
        let refused = match certificates.connect(shown, &service).await {
            Err(refused) => refused,
            // With TLS 1.3 a refused certificate shows with the answer.
            Ok(mut connection) => connection.try_ask("GET /offline", &[]).await.unwrap_err().to_string(),
        };
        assert!(refused.contains("received fatal alert"), "{shown:?}: {refused}");
    }
    let mut ci = certificates.connect(Some("ci"), &service).await.unwrap();
    assert_eq!(ci.ask("GET /actuator/health", &[], "").await.body, json!({"status": "UP"}));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_http_is_told_so() {
    let world = World::with_three();
    let service = start(&world, &Certificates::new(), "want");
    let mut plain = RawConnection::from("127.0.0.1", &service.url).await;
    let answer = String::from_utf8(plain.try_ask("GET /actuator/health", &[]).await.unwrap()).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 400 ") && answer.ends_with("this port speaks TLS: use https://\r\n"),
        "{answer}"
    );
    service.stop().await;
}
