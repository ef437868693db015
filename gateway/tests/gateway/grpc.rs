//! gRPC through the gateway, with tonic at both ends.

use std::time::Duration;

use bytes::Bytes;
use eurus_gateway::GatewayConfig;
use futures_util::stream;
use http::{HeaderMap, Request as HttpRequest};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tonic::metadata::MetadataValue;
use tonic::{Code, Request};

use crate::routes::routes;
use crate::support::gateway::{Gateway, order};
use crate::support::grpc::{Caller, serve, serve_on};
use crate::support::http2::{Client, body};
use crate::support::http2_instance::{registered, scripted};
use crate::support::producer::Producer;
use crate::support::registry::{Registry, SERVICE_UP_MS};
use crate::support::secure::{self, Authority, instances};
use crate::support::soon;

const SERVICE: &str = "/java-service";
/// Of a call's messages: one without compression, whose length follows.
const HALF: &[u8] = b"\0\0\0\0\x04half";

async fn of(instance: Value, adjust: impl FnOnce(&mut GatewayConfig)) -> (Gateway, Caller) {
    let registry = Registry::start(&[]).await;
    registry.put_instance(instance);
    let gateway = Gateway::start_with(&registry, adjust).await;
    let caller = Caller::new(gateway.data, SERVICE).await;
    (gateway, caller)
}

fn message(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

async fn all_four_kinds(caller: &Caller) {
    let mut request = Request::new(message("hello"));
    request.metadata_mut().insert("x-text", "some text".parse().unwrap());
    request.metadata_mut().insert_bin("x-some-bin", MetadataValue::from_bytes(&[0, 255, 7]));
    let answer = soon("a unary call", caller.unary("Echo", request)).await.unwrap();
    assert_eq!(answer.metadata().get("x-seen").unwrap(), "some text");
    assert_eq!(answer.metadata().get_bin("x-seen-bin").unwrap().to_bytes().unwrap(), &[0_u8, 255, 7][..]);
    assert_eq!(answer.metadata().get("x-te").unwrap(), "trailers");
    assert_eq!(answer.into_inner(), "hello");
    let large = Bytes::from(vec![b'x'; 3_000_000]);
    let parts = vec![message("a"), large.clone(), message("b")];
    let joined = soon("a client's stream", caller.client_streaming("Join", parts)).await;
    // tonic's own limit is 4 MiB.
    assert_eq!(joined.unwrap().into_inner().len(), 3_000_002);
    let numbers = soon("a server's stream", caller.server_streaming("Count", Bytes::from_static(&[200]))).await;
    assert_eq!(numbers.unwrap().concat(), (0..200).collect::<Vec<u8>>());
    let (say, said) = mpsc::channel(1);
    let words = stream::unfold(said, |mut said| async move { said.recv().await.map(|word| (word, said)) });
    let mut echo = soon("both ways", caller.call("Echo", Request::new(words))).await.unwrap().into_inner();
    for word in ["one", "two", "three"] {
        say.send(message(word)).await.unwrap();
        assert_eq!(soon("an echo", echo.message()).await.unwrap().unwrap(), word);
    }
    drop(say);
    assert!(soon("the end", echo.message()).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn all_four_kinds_pass_to_an_instance_that_speaks_http_2() {
    let instance = registered(&Producer::at(2, serve(2).await));
    let (gateway, caller) = of(instance, |_| ()).await;
    all_four_kinds(&caller).await;
    gateway.stop().await.unwrap();
}

/// As grpc-spring registers: a web server's port, and in the metadata that of gRPC.
#[tokio::test(flavor = "multi_thread")]
async fn all_four_kinds_pass_to_the_port_that_the_metadata_names() {
    let web = Producer::start(2).await;
    let mut instance = web.instance("UP", SERVICE_UP_MS);
    instance["metadata"] = json!({"gRPC_port": serve(2).await.port().to_string()});
    let (gateway, caller) = of(instance, |_| ()).await;
    all_four_kinds(&caller).await;
    assert_eq!(gateway.get("/java-service/hello").await, (200, "p2".to_owned()));
    assert_eq!(web.requests(), 1);
    // Both are the one instance that a downline speaks of.
    let (status, _) = gateway.admin_post("/downline", order(1, &web).to_string()).await;
    assert_eq!(status, 200);
    let refused = caller.unary("Echo", Request::new(message("x"))).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn all_four_kinds_pass_under_tls() {
    let authority = Authority::new();
    let producer = secure::scripted(2, authority.server("orders.example", &["h2"], false), serve_on).await;
    let ca = authority.pem();
    let (gateway, caller) = of(secure::registered(&producer, "orders.example"), |config| {
        config.edge.instances = instances(&[("tls.trust-certificate", ca.as_str())]);
    })
    .await;
    all_four_kinds(&caller).await;
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_instance_says_of_its_errors_passes() {
    let (gateway, caller) = of(registered(&Producer::at(2, serve(2).await)), |_| ()).await;
    let failed = caller.unary("Fail", Request::new(message("x"))).await.unwrap_err();
    assert_eq!((failed.code(), failed.message()), (Code::NotFound, "no such thing: ä, 100 %"));
    let late = caller.server_streaming("FailLate", message("x")).await.unwrap_err();
    assert_eq!((late.code(), late.message()), (Code::DataLoss, "lost the rest"));
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateways_own_errors_are_such_that_callers_of_grpc_read_them() {
    let (gateway, absent) = of(registered(&Producer::absent(2)), |_| ()).await;
    let unknown = Caller::new(gateway.data, "/unknown").await;
    let nowhere = Client::connect(gateway.data).await;
    for (caller, code, why) in [
        (&absent, Code::Unavailable, "Connection refused"),
        (&unknown, Code::Unavailable, "no service UNKNOWN is registered"),
    ] {
        let failed = caller.unary("Echo", Request::new(message("x"))).await.unwrap_err();
        assert_eq!(failed.code(), code, "{failed:?}");
        assert!(failed.message().contains(why), "{failed:?}");
        assert!(failed.metadata().contains_key("x-request-id"));
    }
    let request = HttpRequest::post(format!("http://{}/", gateway.data)).header("content-type", "application/grpc");
    let answer = nowhere.send(request.body(body("x")).unwrap()).await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["grpc-status"]), (200, &"12".parse().unwrap()));
    gateway.stop().await.unwrap();
}

/// What has come of a call that is sent by hand: its messages, and how it ended.
async fn by_hand(gateway: &Gateway, method: &str, timeout: &str) -> (Bytes, HeaderMap) {
    let client = Client::connect(gateway.data).await;
    let request = HttpRequest::post(client.url(&format!("/eurus.Test/{method}")))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("grpc-timeout", timeout)
        .body(body(HALF))
        .unwrap();
    let answer = client.send(request).await.unwrap();
    let head = answer.headers().clone();
    let collected = soon("its end", answer.collect()).await.unwrap();
    let end = collected.trailers().cloned().unwrap_or(head);
    (collected.to_bytes(), end)
}

/// By a caller that does not look at the time itself, at an instance that does not either.
#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_ends_a_call_before_its_answer_and_in_the_midst_of_it() {
    let (gateway, _) = of(registered(&Producer::at(2, serve(2).await)), |_| ()).await;
    for (method, expected) in [("Silent", &b""[..]), ("Half", HALF)] {
        let (messages, end) = by_hand(&gateway, method, "150m").await;
        assert_eq!((&messages[..], end["grpc-status"].as_bytes()), (expected, &b"4"[..]), "{method}");
        let why = end["grpc-message"].to_str().unwrap();
        assert!(why.contains("its caller gave it 150 ms"), "{why}");
    }
    let (messages, end) = by_hand(&gateway, "Echo", "20S").await;
    assert_eq!((&messages[..], end["grpc-status"].as_bytes()), (HALF, &b"0"[..]));
    gateway.stop().await.unwrap();
}

/// Whichever of the two is shorter.
#[tokio::test(flavor = "multi_thread")]
async fn a_routes_time_in_all_ends_a_call_before_its_answer_and_in_the_midst_of_it() {
    const ROUTE: &str = "spring.cloud.gateway.routes: [{id: calls, uri: 'lb://java-service', filters: [StripPrefix=1],
        predicates: [Path=/java-service/**], metadata: {whole-timeout: 300}}]";
    let adjust = |config: &mut GatewayConfig| config.routes = routes(ROUTE);
    let (gateway, _) = of(registered(&Producer::at(2, serve(2).await)), adjust).await;
    for (method, expected) in [("Silent", &b""[..]), ("Half", HALF)] {
        for (timeout, why) in [("20S", "longer than 300 ms in all"), ("100m", "its caller gave it 100 ms")] {
            let (messages, end) = by_hand(&gateway, method, timeout).await;
            assert_eq!((&messages[..], end["grpc-status"].as_bytes()), (expected, &b"4"[..]), "{method} {timeout}");
            let said = end["grpc-message"].to_str().unwrap();
            assert!(said.contains(why), "{method} {timeout}: {said}");
        }
    }
    gateway.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_in_which_little_is_said_is_not_cut_and_one_in_which_nothing_is_said_is() {
    let hurried = |config: &mut GatewayConfig| {
        config.edge.limits.body_read_timeout_ms = 30;
        config.edge.response_timeout_ms = 30;
        config.edge.stall_timeout_ms = 30;
    };
    let (gateway, caller) = of(registered(&Producer::at(2, serve(2).await)), hurried).await;
    let (say, said) = mpsc::channel(1);
    let words = stream::unfold(said, |mut said| async move { said.recv().await.map(|word| (word, said)) });
    let mut echo = caller.call("Echo", Request::new(words)).await.unwrap().into_inner();
    for word in ["one", "two"] {
        let silence = tokio::time::timeout(Duration::from_millis(200), echo.message()).await;
        assert!(silence.is_err(), "{silence:?}");
        say.send(message(word)).await.unwrap();
        assert_eq!(soon("an echo", echo.message()).await.unwrap().unwrap(), word);
    }
    gateway.kill().await;

    let (gateway, caller) = of(registered(&Producer::at(2, serve(2).await)), |config| {
        hurried(config);
        config.edge.grpc_idle_timeout_ms = 100;
    })
    .await;
    let cut = soon("its end", caller.unary("Silent", Request::new(message("x")))).await.unwrap_err();
    assert_eq!(cut.code(), Code::DeadlineExceeded);
    assert!(cut.message().contains("no answer after 100 ms"), "{cut:?}");
    let cut = soon("its end", caller.server_streaming("Half", message("x"))).await.unwrap_err();
    assert_eq!(cut.code(), Code::Cancelled, "{cut:?}");
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_dies_in_the_midst_of_an_answer_is_unavailable_and_a_reset_is_what_it_was() {
    let instance = scripted(2, |_, mut side| async move {
        while let Some(Ok((request, mut respond))) = side.accept().await {
            let head = http::Response::builder().header("content-type", "application/grpc").body(()).unwrap();
            let mut stream = respond.send_response(head, false).unwrap();
            stream.send_data(Bytes::from_static(HALF), false).unwrap();
            if request.uri().path().ends_with("Reset") {
                let mut body = request.into_body();
                tokio::spawn(async move {
                    // The caller has the message by then: it asks for the rest.
                    while body.data().await.is_some() {}
                    stream.send_reset(h2::Reason::ENHANCE_YOUR_CALM);
                });
            } else {
                let closing = std::future::poll_fn(|cx| side.poll_closed(cx));
                drop(tokio::time::timeout(Duration::from_millis(50), closing).await);
                return;
            }
        }
    })
    .await;
    let (gateway, caller) = of(registered(&instance), |_| ()).await;
    let died = soon("its end", caller.server_streaming("Die", message("x"))).await.unwrap_err();
    assert_eq!(died.code(), Code::Unavailable, "{died:?}");
    assert!(died.message().contains("the instance broke off its answer"), "{died:?}");
    let (say, said) = mpsc::channel::<Bytes>(1);
    let words = stream::unfold(said, |mut said| async move { said.recv().await.map(|word| (word, said)) });
    let mut answer = soon("a head", caller.call("Reset", Request::new(words))).await.unwrap().into_inner();
    assert_eq!(soon("a message", answer.message()).await.unwrap().unwrap(), "half");
    drop(say);
    let reset = soon("its end", answer.message()).await.unwrap_err();
    assert_eq!(reset.code(), Code::ResourceExhausted, "{reset:?}");
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_downline_leaves_a_stream_open_and_lets_no_other_begin() {
    let producer = Producer::at(2, serve(2).await);
    let (gateway, caller) = of(registered(&producer), |_| ()).await;
    let (say, said) = mpsc::channel(1);
    let words = stream::unfold(said, |mut said| async move { said.recv().await.map(|word| (word, said)) });
    let mut echo = caller.call("Echo", Request::new(words)).await.unwrap().into_inner();
    let (status, _) = gateway.admin_post("/downline", order(1, &producer).to_string()).await;
    assert_eq!(status, 200);
    let refused = caller.unary("Echo", Request::new(message("x"))).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    say.send(message("still there")).await.unwrap();
    assert_eq!(soon("an echo", echo.message()).await.unwrap().unwrap(), "still there");
    assert_eq!(gateway.instance(&producer).await["under_way"], 1);
    drop(say);
    assert!(soon("the end", echo.message()).await.unwrap().is_none());
    crate::support::until("no call", async || gateway.instance(&producer).await["under_way"] == 0).await;
    gateway.stop().await.unwrap();
}
