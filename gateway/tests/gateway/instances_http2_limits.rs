//! How much is asked of an instance that speaks HTTP/2, and for how long it may be silent.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use eurus_gateway::GatewayConfig;
use futures_util::future::join_all;
use http::{Request, Response};
use hyper::body::Incoming;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{mpsc, watch};

use crate::support::gateway::{FETCH_MS, Gateway};
use crate::support::http2::{Client, SETTINGS, body, frame};
use crate::support::http2_instance::{registered, serve};
use crate::support::producer::Producer;
use crate::support::registry::Registry;
use crate::support::{Body, raw, soon, text, until};

async fn of(producer: &Producer, adjust: impl FnOnce(&mut GatewayConfig)) -> (Gateway, Client) {
    let registry = Registry::start(&[]).await;
    registry.put_instance(registered(producer));
    let gateway = Gateway::start_with(&registry, adjust).await;
    let client = Client::connect(gateway.data).await;
    (gateway, client)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_carries_no_more_requests_than_it_says() {
    let now = Arc::new(AtomicUsize::new(0));
    let (release, released) = watch::channel(false);
    let counted = Arc::clone(&now);
    let answer = move |_: Request<Incoming>| {
        let (now, mut released) = (Arc::clone(&counted), released.clone());
        async move {
            now.fetch_add(1, Ordering::SeqCst);
            released.wait_for(|released| *released).await.unwrap();
            now.fetch_sub(1, Ordering::SeqCst);
            Response::new(text("ok"))
        }
    };
    let (producer, connections) = serve(2, 3, answer).await;
    let (gateway, client) = of(&producer, |config| {
        config.edge.instances.http2.connections_max = 2;
        config.edge.connect_timeout_ms = 20_000;
    })
    .await;
    let get_many = join_all((0..90).map(|_| client.get("/")));
    let fill_then_release = async {
        // More than the library lets in on two connections would be refused, and tried again.
        until("two full connections", async || now.load(Ordering::SeqCst) == 6).await;
        release.send(true).unwrap();
    };
    let (answers, ()) = tokio::join!(get_many, fill_then_release);
    assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:?}");
    assert_eq!(connections.load(Ordering::SeqCst), 2);
    gateway.stop().await.unwrap();
}

async fn never(_: Request<Incoming>) -> Response<Body> {
    std::future::pending().await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_place_is_told_that_there_is_none() {
    let (producer, _) = serve(2, 100, never).await;
    let (gateway, client) = of(&producer, |config| {
        config.edge.instances.http2.connections_max = 1;
        config.edge.instances.http2.streams_max = 1;
        config.edge.instances.http2.pending_max = 1;
        config.edge.connect_timeout_ms = 300;
    })
    .await;
    let mut sender = client.sender.clone();
    let hanging = Request::get(client.url("/hang")).body(body("")).unwrap();
    let _hanging = tokio::spawn(async move { sender.send_request(hanging).await });
    until("the request", async || gateway.instance(&producer).await["requests"] == 1).await;
    let answers = join_all((0..4).map(|_| client.get("/"))).await;
    assert!(answers.iter().all(|(status, _)| *status == 503), "{answers:?}");
    let said = |part: &str| answers.iter().filter(|(_, body)| String::from_utf8_lossy(body).contains(part)).count();
    assert!(said("none ended within 300 ms") >= 1 && said("instances.http2.pending-max") >= 1, "{answers:?}");
    // It is there, and busy: that is no instance to be passed over.
    assert_eq!(gateway.instance(&producer).await["requests"], 1);
    let metrics = gateway.http.get(format!("http://{}/metrics", gateway.admin)).send().await.unwrap();
    assert!(metrics.text().await.unwrap().contains("limit=\"pending_requests\"} "));
    gateway.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_answers_no_ping_is_given_up() {
    let address = raw::server(2, |_, mut stream| async move {
        // It says that it speaks HTTP/2, and nothing more.
        stream.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
        drop(stream.read_to_end(&mut Vec::new()).await);
    })
    .await;
    let (gateway, client) = of(&Producer::at(2, address), |config| {
        config.edge.instances.http2.ping_interval_ms = 10;
        config.edge.instances.http2.ping_timeout_ms = 50;
    })
    .await;
    assert_eq!(client.get("/").await.0, 502);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_without_requests_is_closed_in_time() {
    let (told, mut ended) = mpsc::channel(1);
    let address = raw::server(2, move |_, stream| {
        let told = told.clone();
        async move {
            let mut side = h2::server::handshake(stream).await.unwrap();
            while let Some(Ok((_, respond))) = side.accept().await {
                crate::support::http2_instance::answer(respond, "ok");
            }
            told.send(()).await.unwrap();
        }
    })
    .await;
    let (gateway, client) = of(&Producer::at(2, address), |config| config.edge.idle_ms = FETCH_MS).await;
    assert_eq!(client.get("/").await.0, 200);
    gateway.fetch().await;
    gateway.fetch().await;
    soon("its end", ended.recv()).await.unwrap();
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_speaks_no_http_2_is_no_instance_to_call() {
    for http1 in [true, false] {
        let address = raw::server(2, move |_, mut stream| async move {
            stream.read_exact(&mut [0; 24]).await.unwrap();
            if http1 {
                stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await.unwrap();
                drop(stream.read_to_end(&mut Vec::new()).await);
            }
        })
        .await;
        let (gateway, client) = of(&Producer::at(2, address), |_| ()).await;
        let (status, body) = client.get("/").await;
        assert_eq!(status, 502);
        assert!(String::from_utf8_lossy(&body).contains("does not speak HTTP/2"), "{body:?}");
        assert_eq!(gateway.instance(&Producer::at(2, address)).await["requests"], 0);
        gateway.stop().await.unwrap();
    }
}
