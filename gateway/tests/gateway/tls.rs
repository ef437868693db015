//! Callers over TLS: what is agreed upon, what instances hear of it, who may come in.

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http::Request;
use http_body_util::BodyExt as _;
use rustls::ProtocolVersion::{TLSv1_2, TLSv1_3};
use rustls::version::{TLS12, TLS13};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use crate::support::gateway::Gateway;
use crate::support::http2::{Client, body};
use crate::support::producer::Producer;
use crate::support::registry::Registry;
use crate::support::tls::{Certificates, HOST, start};
use crate::support::{raw, soon, until};
use crate::web_socket::echo;

fn seen(answer: &str) -> Value {
    serde_json::from_str(&answer[answer.find('{').unwrap()..=answer.rfind('}').unwrap()]).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_hears_of_https_and_so_does_the_access_log() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("access.log");
    let certificates = Certificates::new();
    let registry = Registry::start(&[&Producer::start(2).await]).await;
    let gateway = Gateway::start_with(&registry, |config| {
        certificates.configure(config, &[]);
        crate::watching::logged(config, &file, 1);
    })
    .await;
    let answer = certificates.caller().get(&gateway, "/java-service/seen").await.unwrap();
    let headers = &seen(&answer)["headers"];
    for (header, value) in [
        ("x-forwarded-proto", "https"),
        ("x-forwarded-port", "443"),
        ("x-forwarded-host", HOST),
        ("forwarded", "for=127.0.0.1;host=\"a.example\";proto=https"),
    ] {
        assert_eq!(headers[header], value, "{answer}");
    }
    // Beside it plain HTTP is spoken, and is what it is.
    assert_eq!(seen(&gateway.get("/java-service/seen").await.1)["headers"]["x-forwarded-proto"], "http");
    gateway.stop().await.unwrap();
    let log = crate::watching::read(&file);
    for scheme in ["https", "http"] {
        assert!(log.contains(&format!(" \"GET /java-service/seen\" {scheme} HTTP/1.1 200 ")), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn http_2_is_spoken_where_both_want_it() {
    let certificates = Certificates::new();
    let (producer, gateway) = start(&certificates, &[]).await;
    let caller = certificates.caller().offering(&["h2", "http/1.1"]);
    let stream = caller.connect(&gateway).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let client = Client::over(stream, gateway.tls.unwrap()).await;
    let request = Request::get("https://a.example:8443/java-service/seen").body(body("")).unwrap();
    let answer = client.send(request).await.unwrap();
    assert_eq!(answer.version(), http::Version::HTTP_2);
    let headers = serde_json::from_slice::<Value>(&answer.collect().await.unwrap().to_bytes()).unwrap();
    assert_eq!(headers["headers"]["x-forwarded-proto"], "https");
    assert_eq!(headers["headers"]["x-forwarded-port"], "8443");
    let large = Bytes::from(vec![7; 3_000_000]);
    let echoed = client.send(Request::post(client.url("/echo")).body(body(large.clone())).unwrap()).await.unwrap();
    assert_eq!(soon("an echo", echoed.collect()).await.unwrap().to_bytes(), large);
    for (offered, agreed) in [(&["http/1.1"][..], Some(&b"http/1.1"[..])), (&[], None)] {
        let caller = certificates.caller().offering(offered);
        assert_eq!(caller.connect(&gateway).await.unwrap().get_ref().1.alpn_protocol(), agreed);
        assert!(caller.get(&gateway, "/java-service/hello").await.unwrap().starts_with("HTTP/1.1 200 OK"));
    }
    let error = certificates.caller().offering(&["spdy/3"]).connect(&gateway).await.unwrap_err();
    assert!(error.to_string().contains("NoApplicationProtocol"), "{error}");
    assert_eq!(producer.requests(), 4);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_is_shown_the_certificate_for_the_host_it_asks_for() {
    let certificates = Certificates::new();
    certificates.issue("shop", &["*.shop.example"]);
    certificates.issue("pay", &["pay.shop.example"]);
    let further = [
        ("certificates.shop.certificate", "<shop>"),
        ("certificates.shop.certificate-private-key", "<shop-key>"),
        ("certificates.pay.certificate", "<pay>"),
        ("certificates.pay.certificate-private-key", "<pay-key>"),
    ];
    let (_, gateway) = start(&certificates, &further).await;
    for (host, expected) in
        [(HOST, "server"), ("127.0.0.1", "server"), ("x.shop.example", "shop"), ("pay.shop.example", "pay")]
    {
        assert_eq!(certificates.caller().at(host).shown(&gateway).await, expected, "{host}");
        let answer = certificates.caller().at(host).get(&gateway, "/java-service/hello").await.unwrap();
        assert!(answer.ends_with("p2"), "{answer}");
    }
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_show_certificates_where_that_is_wanted_or_needed() {
    let certificates = Certificates::new();
    certificates.issue("caller", &[]);
    certificates.issue_by_others("stranger");
    let answered = async |client_auth, shown: Option<&str>| {
        let (_, gateway) = start(&certificates, &[("client-auth", client_auth), ("trust-certificate", "<ca>")]).await;
        let caller = certificates.caller();
        let caller = match shown {
            Some(name) => caller.showing(&certificates, name),
            None => caller,
        };
        let answer = caller.get(&gateway, "/java-service/hello").await;
        let failed = gateway.metric("eurus_gateway_tls_handshakes_total{outcome=\"failed\"}").await.unwrap();
        assert_eq!(failed == 0.0, answer.is_ok());
        gateway.stop().await.unwrap();
        answer.is_ok_and(|answer| answer.ends_with("p2"))
    };
    for (client_auth, shown, is_answered) in [
        ("none", None, true),
        ("none", Some("stranger"), true),
        ("want", None, true),
        ("want", Some("caller"), true),
        ("want", Some("stranger"), false),
        ("need", None, false),
        ("need", Some("caller"), true),
        ("need", Some("stranger"), false),
    ] {
        assert_eq!(answered(client_auth, shown).await, is_answered, "{client_auth} {shown:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_are_those_that_are_asked_for_and_sessions_are_taken_up_again() {
    let certificates = Certificates::new();
    let (_, gateway) = start(&certificates, &[]).await;
    for (offered, agreed) in [(&TLS12, TLSv1_2), (&TLS13, TLSv1_3)] {
        let caller = certificates.caller_of(&[offered]);
        assert_eq!(caller.connect(&gateway).await.unwrap().get_ref().1.protocol_version(), Some(agreed));
        let resumed = "eurus_gateway_tls_handshakes_total{outcome=\"resumed\"}";
        let before = gateway.metric(resumed).await.unwrap();
        // To its end: the ticket is read with the answer.
        caller.get(&gateway, "/java-service/hello").await.unwrap();
        assert!(caller.get(&gateway, "/java-service/hello").await.unwrap().ends_with("p2"));
        assert!(gateway.metric(resumed).await.unwrap() > before, "{agreed:?}");
    }
    gateway.stop().await.unwrap();
    let (_, strict) = start(&certificates, &[("enabled-protocols", "TLSv1.3")]).await;
    let error = certificates.caller_of(&[&TLS12]).connect(&strict).await.unwrap_err();
    assert!(error.to_string().contains("ProtocolVersion"), "{error}");
    strict.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_socket_passes_and_its_end_too() {
    let certificates = Certificates::new();
    let producer = Producer::at(2, raw::server(2, echo).await);
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start_with(&registry, |config| certificates.configure(config, &[])).await;
    let stream = certificates.caller().connect(&gateway).await.unwrap();
    let (mut socket, _) =
        soon("the handshake", client_async("wss://a.example/java-service/echo", stream)).await.unwrap();
    for size in [0, 1, 65_536, 3_000_000] {
        let message = Message::binary(vec![7; size]);
        soon("sending", socket.send(message.clone())).await.unwrap();
        assert!(soon("an echo", socket.next()).await.unwrap().unwrap() == message, "{size}");
    }
    soon("the goodbye", socket.close(None)).await.unwrap();
    assert!(matches!(soon("its answer", socket.next()).await, Some(Ok(Message::Close(_)))));
    assert!(soon("the end", socket.next()).await.is_none());
    drop(socket);
    gateway.stop().await.unwrap();
}

/// What is refused is refused under TLS too, and its reason is read by who goes on sending.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_reaches_its_caller_and_idle_connections_end_with_the_gateway() {
    let certificates = Certificates::new();
    let (producer, gateway) = start(&certificates, &[]).await;
    let mut stream = certificates.caller().connect(&gateway).await.unwrap();
    let two_lengths =
        "POST /java-service/echo HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(two_lengths.as_bytes()).await.unwrap();
    let _ = stream.write_all(&[b'x'; 100_000]).await;
    let mut answer = String::new();
    soon("the refusal", stream.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("connection: close"), "{answer}");
    drop(stream);
    assert_eq!(producer.requests(), 0);
    let mut idle = certificates.caller().connect(&gateway).await.unwrap();
    until("both are open", async || gateway.metric("eurus_gateway_connections_open").await >= Some(1.0)).await;
    gateway.trigger_stop();
    // A clean end: TLS says goodbye.
    assert_eq!(soon("the end", idle.read(&mut [0; 8])).await.unwrap(), 0);
    gateway.stop().await.unwrap();
}
