//! A WebSocket over HTTP/2 (RFC 8441): to the instance it is one as any other.

use futures_util::{SinkExt as _, StreamExt as _};
use h2::Reason;
use http::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::routes::routes;
use crate::support::gateway::Gateway;
use crate::support::http2::{Client, body};
use crate::support::producer::Producer;
use crate::support::registry::Registry;
use crate::support::tls::Certificates;
use crate::support::tunnel::Caller;
use crate::support::{raw, soon, until};
use crate::web_socket::echo;

fn key(head: &str) -> &str {
    head.lines().find_map(|line| line.strip_prefix("sec-websocket-key: ")).unwrap()
}

fn switched(key: &str) -> String {
    let accept = derive_accept_key(key.as_bytes());
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: \
         {accept}\r\nsec-websocket-protocol: chat\r\n\r\n"
    )
}

/// An instance that switches what asks for it, and hands it over with the head of its request.
async fn switching(host: u8) -> (Producer, mpsc::UnboundedReceiver<(String, TcpStream)>) {
    let (hand_over, handed) = mpsc::unbounded_channel();
    let address = raw::server(host, move |_, mut stream| {
        let hand_over = hand_over.clone();
        async move {
            loop {
                let head = raw::read_head(&mut stream).await;
                if head.contains("sec-websocket-key") {
                    stream.write_all(switched(key(&head)).as_bytes()).await.unwrap();
                    return hand_over.send((head, stream)).unwrap();
                }
                if head.is_empty() {
                    return;
                }
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            }
        }
    })
    .await;
    (Producer::at(host, address), handed)
}

async fn start(
    adjust: impl FnOnce(&mut eurus_gateway::GatewayConfig),
) -> (Gateway, Caller, Producer, mpsc::UnboundedReceiver<(String, TcpStream)>) {
    let (producer, handed) = switching(2).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start_with(&registry, adjust).await;
    let caller = Caller::connect(&gateway).await;
    (gateway, caller, producer, handed)
}

/// With a library at both ends that knows WebSockets.
#[tokio::test(flavor = "multi_thread")]
async fn messages_pings_and_the_goodbye_pass() {
    let producer = Producer::at(2, raw::server(2, echo).await);
    let registry = Registry::start(&[&producer]).await;
    let certificates = Certificates::new();
    let gateway = Gateway::start_with(&registry, |config| certificates.configure(config, &[])).await;
    let secured = certificates.caller().offering(&["h2"]).connect(&gateway).await.unwrap();
    for client in [Client::connect(gateway.data).await, Client::over(secured, gateway.data).await] {
        // The first answer comes behind the gateway's leave to ask.
        let nobody = Request::get("http://g/nobody").body(body("")).unwrap();
        assert_eq!(client.send(nobody).await.unwrap().status(), 404);
        let request = Request::builder().method("CONNECT").uri(client.url("/echo?room=1"));
        let mut request = request.header("sec-websocket-version", "13").body(body("")).unwrap();
        request.extensions_mut().insert(hyper::ext::Protocol::from_static("websocket"));
        let answer = client.send(request).await.unwrap();
        assert_eq!(answer.status(), 200);
        let stream = TokioIo::new(soon("the tunnel", hyper::upgrade::on(answer)).await.unwrap());
        let mut socket = WebSocketStream::from_raw_socket(stream, Role::Client, None).await;
        for size in [0, 125, 65_536, 3_000_000] {
            for message in [Message::text("x".repeat(size)), Message::binary(vec![7; size])] {
                soon("sending", socket.send(message.clone())).await.unwrap();
                assert!(soon("an echo", socket.next()).await.unwrap().unwrap() == message, "{size}");
            }
        }
        socket.send(Message::Ping("there?".into())).await.unwrap();
        assert_eq!(soon("a pong", socket.next()).await.unwrap().unwrap(), Message::Pong("there?".into()));
        soon("the goodbye", socket.close(None)).await.unwrap();
        assert!(matches!(soon("its answer", socket.next()).await, Some(Ok(Message::Close(_)))));
        assert!(soon("the end", socket.next()).await.is_none());
    }
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_instance_is_asked_as_by_http_1_1_and_the_caller_answered_as_over_http_2() {
    // Routed as the GET that it is over HTTP/1.1.
    const ROUTE: &str = "spring.cloud.gateway.routes: [{id: chat, uri: 'lb://java-service', predicates: \
                         [Path=/java-service/chat, Method=GET], filters: [StripPrefix=1]}]";
    let (gateway, mut caller, producer, mut handed) = start(|config| config.routes = routes(ROUTE)).await;
    let (status, headers, mut tunnel) = caller.ask(Some("websocket")).await;
    let (head, mut instance) = handed.recv().await.unwrap();
    assert!(head.starts_with("GET /chat HTTP/1.1\r\n"), "{head}");
    for line in [
        "connection: upgrade\r\n",
        "upgrade: websocket\r\n",
        "sec-websocket-version: 13\r\n",
        "x-forwarded-host: g\r\n",
    ] {
        assert!(head.contains(line), "{line}: {head}");
    }
    assert_eq!((status, headers["sec-websocket-protocol"].as_bytes()), (StatusCode::OK, &b"chat"[..]));
    for name in ["sec-websocket-accept", "upgrade", "connection", "content-length"] {
        assert!(!headers.contains_key(name), "{name}");
    }
    instance.write_all(b"to the caller").await.unwrap();
    tunnel.hears("to the caller").await;
    let path = format!("/under-way?application=java-service&instanceId={}&withinMs=0", producer.id);
    assert_eq!(gateway.admin_get(&path).await.1["upgraded"], 1);
    assert_eq!(gateway.metric("eurus_gateway_upgraded_open").await, Some(1.0));
    assert_eq!(gateway.metric("eurus_gateway_route_answers_total{route=\"chat\",class=\"2xx\"}").await, Some(1.0));
    // Beside it other requests pass.
    assert_eq!(caller.hello().await, 200);

    // Each side ends for itself.
    tunnel.say("last of the caller", true);
    let mut seen = String::new();
    soon("the caller's end", instance.read_to_string(&mut seen)).await.unwrap();
    assert_eq!(seen, "last of the caller");
    instance.write_all(b"last of the instance").await.unwrap();
    drop(instance);
    tunnel.hears("last of the instance").await;
    assert!(tunnel.is_over().await);
    until("its end", async || gateway.metric("eurus_gateway_upgraded_open").await == Some(0.0)).await;
    assert_eq!(gateway.admin_get(&path).await.1["underWay"], 0);
    assert_eq!(gateway.metric("eurus_gateway_upgrades_total").await, Some(1.0));
    assert_eq!(caller.hello().await, 200);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_of_the_instance_and_a_reset_of_the_caller_are_passed_on() {
    let (gateway, mut caller, _, mut handed) = start(|_| ()).await;
    let (_, _, mut tunnel) = caller.ask(Some("websocket")).await;
    drop(handed.recv().await.unwrap());
    assert!(tunnel.is_over().await);
    drop(tunnel);
    let (_, _, mut tunnel) = caller.ask(Some("websocket")).await;
    let (_, mut instance) = handed.recv().await.unwrap();
    tunnel.send.send_reset(Reason::CANCEL);
    assert!(matches!(soon("the end", instance.read(&mut [0; 1])).await, Ok(0) | Err(_)));
    // Not for the instance to go on alone.
    until("its end", async || gateway.metric("eurus_gateway_upgraded_open").await == Some(0.0)).await;
    assert_eq!(caller.hello().await, 200);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_101_to_the_key_opens_no_tunnel() {
    let strange = switched("another key");
    let table = [
        ("HTTP/1.1 403 Forbidden\r\nx-why: you\r\ncontent-length: 2\r\n\r\nno", 403),
        ("HTTP/1.1 302 Found\r\nlocation: /a\r\ncontent-length: 2\r\n\r\nno", 302),
        ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno", 502),
        (strange.as_str(), 502),
    ];
    for (answer, expected) in table {
        let answer = answer.to_owned();
        let address = raw::server(2, move |_, mut stream| {
            let answer = answer.clone();
            async move {
                raw::read_head(&mut stream).await;
                stream.write_all(answer.as_bytes()).await.unwrap();
                // Until the gateway closes it.
                let _ = stream.read(&mut [0; 1]).await;
            }
        })
        .await;
        let registry = Registry::start(&[&Producer::at(2, address)]).await;
        let gateway = Gateway::start(&registry).await;
        let (status, _, mut tunnel) = Caller::connect(&gateway).await.ask(Some("websocket")).await;
        assert_eq!(status, expected);
        if expected < 500 {
            tunnel.hears("no").await;
            assert!(tunnel.is_over().await);
        }
        gateway.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_protocol_is_not_implemented_and_an_ordinary_connect_is_refused() {
    let (gateway, mut caller, _, _handed) = start(|_| ()).await;
    assert_eq!(caller.ask(Some("connect-udp")).await.0, 501);
    assert_eq!(gateway.metric("eurus_gateway_errors_total{kind=\"unknown_protocol\"}").await, Some(1.0));
    assert_eq!(caller.hello().await, 200);
    assert_eq!(caller.ask(None).await.0, 400);
    gateway.stop().await.unwrap();
}

/// Real time, as the limits.
#[tokio::test(flavor = "multi_thread")]
async fn silence_ends_it_by_its_own_limit_and_its_connection_is_not_idle() {
    let (gateway, mut caller, _, mut handed) = start(|config| config.edge.upgrade_idle_timeout_ms = 50).await;
    let (_, _, mut tunnel) = caller.ask(Some("websocket")).await;
    let (_, mut instance) = handed.recv().await.unwrap();
    assert!(tunnel.is_over().await);
    assert!(matches!(soon("the end", instance.read(&mut [0; 1])).await, Ok(0) | Err(_)));
    assert_eq!(caller.hello().await, 200);
    gateway.stop().await.unwrap();

    let short = |config: &mut eurus_gateway::GatewayConfig| {
        (config.edge.keep_alive_timeout_ms, config.edge.stall_timeout_ms) = (100, 20);
    };
    let (gateway, mut caller, _, mut handed) = start(short).await;
    let mut tunnel = loop {
        match caller.try_ask(Some("websocket")).await {
            Ok((_, _, tunnel)) => break tunnel,
            Err(_) => caller = Caller::connect(&gateway).await,
        }
    };
    let (_, mut instance) = handed.recv().await.unwrap();
    let silence = std::time::Duration::from_millis(400);
    assert!(tokio::time::timeout(silence, tunnel.receive.data()).await.is_err());
    instance.write_all(b"still there").await.unwrap();
    tunnel.hears("still there").await;
    drop((instance, tunnel));
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_for_it() {
    let (gateway, mut caller, _, mut handed) = start(|_| ()).await;
    let (_, _, mut tunnel) = caller.ask(Some("websocket")).await;
    let (_, mut instance) = handed.recv().await.unwrap();
    gateway.trigger_stop();
    until("no further request", async || {
        caller.0.clone().ready().await.is_err() || {
            let request = Request::get("http://g/java-service/hello").body(()).unwrap();
            match caller.0.send_request(request, true) {
                Ok((answer, _)) => answer.await.is_err(),
                Err(_) => true,
            }
        }
    })
    .await;
    instance.write_all(b"still there").await.unwrap();
    tunnel.hears("still there").await;
    tunnel.say("bye", true);
    let mut seen = String::new();
    soon("the caller's end", instance.read_to_string(&mut seen)).await.unwrap();
    assert_eq!(seen, "bye");
    drop(instance);
    assert!(tunnel.is_over().await);
    gateway.stop().await.unwrap();
}
