//! Instances whose secure port is enabled: TLS, and what is agreed upon under it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::gateway::Gateway;
use crate::support::producer::Producer;
use crate::support::registry::Registry;
use crate::support::secure::{Authority, instances, producer, registered, scripted};
use crate::support::{raw, soon};

const NAME: &str = "orders.example";

/// A key below `eurus.gateway.instances`, and its value.
type Setting<'a> = (&'a str, &'a str);

async fn of(producer: &Producer, settings: &[Setting<'_>]) -> Gateway {
    let registry = Registry::start(&[]).await;
    registry.put_instance(registered(producer, NAME));
    Gateway::start_with(&registry, |config| config.edge.instances = instances(settings)).await
}

async fn seen(gateway: &Gateway) -> Value {
    let (status, body) = gateway.get("/java-service/seen").await;
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_spoken_what_the_instance_agrees_to() {
    let authority = Authority::new();
    let ca = authority.pem();
    let table: [(&[&str], Option<Setting<'_>>, &str); 4] = [
        (&[], None, "HTTP/1.1"),
        (&["http/1.1"], None, "HTTP/1.1"),
        (&["h2", "http/1.1"], None, "HTTP/2.0"),
        (&["h2", "http/1.1"], Some(("protocol", "http1")), "HTTP/1.1"),
    ];
    for (protocols, setting, expected) in table {
        let producer = producer(2, authority.server(NAME, protocols, false)).await;
        let trust = ("tls.trust-certificate", ca.as_str());
        let gateway = of(&producer, &[Some(trust), setting].into_iter().flatten().collect::<Vec<_>>()).await;
        for _ in 0..3 {
            let seen = seen(&gateway).await;
            assert_eq!(seen["version"], expected, "{protocols:?}");
            let called = format!("{NAME}:{}", producer.address.port());
            match expected {
                "HTTP/1.1" => assert_eq!(seen["headers"]["host"], called),
                _ => assert_eq!(seen["target"], format!("https://{called}/seen")),
            }
        }
        assert_eq!(gateway.get("/java-service/big").await.1.len(), 20_000_000);
        let echo = gateway.http.post(format!("http://{}/java-service/count", gateway.data)).body(vec![0; 3_000_000]);
        assert_eq!(soon("a count", echo.send()).await.unwrap().text().await.unwrap(), "3000000");
        gateway.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_nobody_vouches_for_and_who_has_another_name_gets_no_request() {
    let (authority, other) = (Authority::new(), Authority::new());
    let (ca, strange) = (authority.pem(), other.pem());
    // Why it gets none.
    let table: [(&str, &str, &[Setting<'_>], Option<&str>); 5] = [
        (NAME, &ca, &[], None),
        (NAME, &strange, &[], Some("invalid peer certificate")),
        ("other.example", &ca, &[], Some("as orders.example, failed")),
        ("other.example", &ca, &[("tls.server-name-of.java-service", "other.example")], None),
        ("127.0.0.2", &ca, &[("tls.server-name", "127.0.0.2")], None),
    ];
    for (name, trusted, settings, expected) in table {
        let producer = producer(2, authority.server(name, &["h2", "http/1.1"], false)).await;
        let settings: Vec<_> = settings.iter().copied().chain([("tls.trust-certificate", trusted)]).collect();
        let gateway = of(&producer, &settings).await;
        let (status, body) = gateway.get("/java-service/hello").await;
        match expected {
            None => assert_eq!((status, body.as_str()), (200, "p2"), "{name}"),
            Some(why) => assert!(status == 502 && body.contains(why), "{name}: {status} {body}"),
        }
        gateway.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_asks_for_a_certificate_is_shown_one() {
    let authority = Authority::new();
    let (ca, own) = (authority.pem(), authority.vouch_for("gateway.example"));
    let trust = ("tls.trust-certificate", ca.as_str());
    let shown =
        [trust, ("tls.certificate", own.certificate.as_str()), ("tls.certificate-private-key", own.key.as_str())];
    for protocols in [&["h2"][..], &["http/1.1"][..]] {
        let producer = producer(2, authority.server(NAME, protocols, true)).await;
        for (settings, expected) in [(&shown[..], 200), (&[trust][..], 502)] {
            let gateway = of(&producer, settings).await;
            assert_eq!(gateway.get("/java-service/hello").await.0, expected, "{protocols:?}");
            gateway.stop().await.unwrap();
        }
    }
}

/// A WebSocket's way: HTTP/1.1, although HTTP/2 would be agreed to.
#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_goes_over_http_1_1() {
    let authority = Authority::new();
    let producer = scripted(2, authority.server(NAME, &["h2", "http/1.1"], false), |mut stream| async move {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        assert!(String::from_utf8(head).unwrap().contains("upgrade: echo"));
        stream.write_all(b"HTTP/1.1 101 x\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n").await.unwrap();
        let (mut read, mut write) = tokio::io::split(stream);
        tokio::io::copy(&mut read, &mut write).await.unwrap();
        write.shutdown().await.unwrap();
    })
    .await;
    let gateway = of(&producer, &[("tls.trust-certificate", authority.pem().as_str())]).await;
    let mut caller = TcpStream::connect(gateway.data).await.unwrap();
    caller
        .write_all(b"GET /java-service/ws HTTP/1.1\r\nhost: g\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n")
        .await
        .unwrap();
    assert!(raw::read_head(&mut caller).await.starts_with("HTTP/1.1 101"));
    caller.write_all(b"there and back").await.unwrap();
    caller.shutdown().await.unwrap();
    let mut echo = String::new();
    soon("an echo", caller.read_to_string(&mut echo)).await.unwrap();
    assert_eq!(echo, "there and back");
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_used_again_and_a_dead_one_is_no_callers_error() {
    let authority = Authority::new();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    let producer = scripted(2, authority.server(NAME, &["http/1.1"], false), move |mut stream| {
        let count = counted.fetch_add(1, Ordering::SeqCst);
        async move {
            // The first one is closed in the midst of its third request.
            for request in 0.. {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let Ok(byte) = stream.read_u8().await else { return };
                    head.push(byte);
                }
                if (count, request) == (0, 2) {
                    return;
                }
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
            }
        }
    })
    .await;
    let gateway = of(&producer, &[("tls.trust-certificate", authority.pem().as_str())]).await;
    let mut caller = raw::Caller::connect(gateway.data).await;
    for _ in 0..5 {
        assert!(caller.get("/java-service/x").await.starts_with("HTTP/1.1 200"));
        let mut body = [0; 2];
        caller.read(&mut body).await;
    }
    assert_eq!(connections.load(Ordering::SeqCst), 2);
    let instance = gateway.instance(&producer).await;
    assert_eq!((&instance["requests"], &instance["under_way"]), (&Value::from(6), &Value::from(0)));
    gateway.stop().await.unwrap();
}
