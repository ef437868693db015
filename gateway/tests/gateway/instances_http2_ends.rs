//! How requests end that are under way at instances of HTTP/2: taken back, broken off, after a downline.

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt as _;
use tokio::sync::{mpsc, watch};

use crate::instances_http2::of;
use crate::support::gateway::order;
use crate::support::http2::body;
use crate::support::http2_instance::{answer, scripted};
use crate::support::{soon, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_takes_a_request_back_takes_it_from_the_instance_alone() {
    let (told, mut heard) = mpsc::channel(4);
    let instance = scripted(2, move |count, mut side| {
        let told = told.clone();
        async move {
            while let Some(Ok((request, mut respond))) = side.accept().await {
                if request.uri().path() == "/hang" {
                    let told = told.clone();
                    tokio::spawn(async move {
                        told.send((count, "asked".to_owned())).await.unwrap();
                        let reset = std::future::poll_fn(|cx| respond.poll_reset(cx)).await;
                        told.send((count, format!("{:?}", reset.unwrap()))).await.unwrap();
                    });
                } else {
                    answer(respond, "ok");
                }
            }
        }
    })
    .await;
    let (_, gateway, client) = of(&[&instance]).await;
    let mut sender = client.sender.clone();
    let request = Request::get(client.url("/hang")).body(body("")).unwrap();
    let waiting = tokio::spawn(async move { sender.send_request(request).await });
    assert_eq!(soon("the request", heard.recv()).await, Some((0, "asked".to_owned())));
    waiting.abort();
    assert_eq!(soon("its end", heard.recv()).await, Some((0, "CANCEL".to_owned())));
    // The connection goes on.
    assert_eq!(client.get("/").await, (200, Bytes::from_static(b"ok")));
    let mut sender = client.sender.clone();
    let request = Request::get(client.url("/hang")).body(body("")).unwrap();
    let _waiting = tokio::spawn(async move { sender.send_request(request).await });
    assert_eq!(soon("the request", heard.recv()).await, Some((0, "asked".to_owned())));
    gateway.kill().await;
}

/// Half an answer is never a whole one.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_breaks_off_is_a_reset_and_no_end() {
    let (read, half_read) = watch::channel(0);
    let instance = scripted(2, move |_, mut side| {
        let half_read = half_read.clone();
        async move {
            let (close, mut closing) = mpsc::channel(1);
            loop {
                let accepted = tokio::select! {
                    accepted = side.accept() => accepted,
                    _ = closing.recv() => return,
                };
                let Some(Ok((request, mut respond))) = accepted else { return };
                let (mut half_read, close) = (half_read.clone(), close.clone());
                tokio::spawn(async move {
                    let (number, reason) = match request.uri().path() {
                        "/1" => (1, Some(h2::Reason::INTERNAL_ERROR)),
                        "/2" => (2, Some(h2::Reason::NO_ERROR)),
                        "/3" => (3, Some(h2::Reason::ENHANCE_YOUR_CALM)),
                        _ => (4, None),
                    };
                    let mut stream = respond.send_response(http::Response::new(()), false).unwrap();
                    stream.send_data(Bytes::from_static(b"half"), false).unwrap();
                    // What is reset before it has left would not leave.
                    half_read.wait_for(|read| *read == number).await.unwrap();
                    match reason {
                        Some(reason) => stream.send_reset(reason),
                        None => {
                            close.send(()).await.unwrap();
                            // Dropped here, the stream might be reset before the connection ends.
                            std::future::pending::<()>().await;
                        }
                    }
                });
            }
        }
    })
    .await;
    let (_, gateway, client) = of(&[&instance]).await;
    let reasons = ["INTERNAL_ERROR", "INTERNAL_ERROR", "ENHANCE_YOUR_CALM", "INTERNAL_ERROR"];
    for (number, reason) in (1..).zip(reasons) {
        let request = Request::get(client.url(&format!("/{number}"))).body(body("")).unwrap();
        let mut answer = client.send(request).await.unwrap().into_body();
        assert_eq!(soon("half", answer.frame()).await.unwrap().unwrap().into_data().unwrap(), "half");
        read.send(number).unwrap();
        let error = soon("a reset", answer.frame()).await.unwrap().unwrap_err();
        assert!(format!("{error:?}").contains(reason), "{number}: {error:?}");
    }
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_downline_lets_what_is_under_way_end_and_nothing_else_begin() {
    let (release, released) = watch::channel(false);
    let instance = scripted(2, move |_, mut side| {
        let released = released.clone();
        async move {
            while let Some(Ok((_, mut respond))) = side.accept().await {
                let mut released = released.clone();
                tokio::spawn(async move {
                    let mut stream = respond.send_response(http::Response::new(()), false).unwrap();
                    stream.send_data(Bytes::from_static(b"half"), false).unwrap();
                    released.wait_for(|released| *released).await.unwrap();
                    stream.send_data(Bytes::from_static(b"rest"), true).unwrap();
                });
            }
        }
    })
    .await;
    let (_, gateway, client) = of(&[&instance]).await;
    let get = || client.send(Request::get(client.url("/")).body(body("")).unwrap());
    let (first, second) = (get().await.unwrap(), get().await.unwrap());
    assert_eq!(gateway.instance(&instance).await["under_way"], 2);
    let (status, _) = gateway.admin_post("/downline", order(1, &instance).to_string()).await;
    assert_eq!(status, 200);
    assert_eq!(client.get("/").await.0, 503);
    assert_eq!(gateway.instance(&instance).await["requests"], 2);
    assert_eq!(gateway.instance(&instance).await["under_way"], 2);
    release.send(true).unwrap();
    for answer in [first, second] {
        assert_eq!(soon("the rest", answer.collect()).await.unwrap().to_bytes(), "halfrest");
    }
    until("the end", async || gateway.instance(&instance).await["under_way"] == 0).await;
    gateway.stop().await.unwrap();
}
