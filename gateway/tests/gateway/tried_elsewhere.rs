//! An instance in trouble is no caller's trouble while another one answers, as long as the request may be repeated.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::gateway::Gateway;
use crate::support::producer::Producer;
use crate::support::raw;
use crate::support::registry::Registry;

/// How an instance fails at a request whose head it has read.
const TROUBLES: [&[u8]; 6] = [
    // Nothing: it closes.
    b"",
    b"SMTP ready\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-len",
    b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
];

/// An instance that does so with each request, and how many it has had.
async fn in_trouble(host: u8, trouble: &'static [u8]) -> (Producer, Arc<AtomicUsize>) {
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    let address = raw::server(host, move |_, mut stream| {
        let counted = Arc::clone(&counted);
        async move {
            if raw::read_head(&mut stream).await.is_empty() {
                return;
            }
            counted.fetch_add(1, Ordering::SeqCst);
            stream.write_all(trouble).await.unwrap();
            // What has not been read when it closes would be a reset, which could overtake the answer.
            let _ = stream.shutdown().await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    })
    .await;
    (Producer::at(host, address), requests)
}

/// An instance that reads and says nothing.
async fn silent(host: u8) -> (Producer, Arc<AtomicUsize>) {
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    let address = raw::server(host, move |_, mut stream| {
        let counted = Arc::clone(&counted);
        async move {
            if !raw::read_head(&mut stream).await.is_empty() {
                counted.fetch_add(1, Ordering::SeqCst);
            }
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    })
    .await;
    (Producer::at(host, address), requests)
}

async fn status_and_body(gateway: &Gateway, method: Method, path: &str, body: &str) -> (u16, String) {
    let url = format!("http://{}/java-service{path}", gateway.data);
    let answer = gateway.http.request(method, url).body(body.to_owned()).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// As many requests as reach each of two instances in turn, whichever thread has them.
const REQUESTS: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_repeated_never_fails_while_one_instance_answers() {
    for trouble in TROUBLES {
        let ((bad, asked), good) = (in_trouble(2, trouble).await, Producer::start(3).await);
        let registry = Registry::start(&[&bad, &good]).await;
        let gateway = Gateway::start(&registry).await;
        let may_be_repeated =
            [(Method::GET, ""), (Method::DELETE, ""), (Method::PUT, "body"), (Method::DELETE, "body")];
        for (method, body) in may_be_repeated {
            for _ in 0..REQUESTS {
                let (status, answer) = status_and_body(&gateway, method.clone(), "/echo", body).await;
                let of = (status, answer.as_str());
                assert_eq!(of, (200, body), "{method} {:?}", String::from_utf8_lossy(trouble));
            }
        }
        assert!(asked.load(Ordering::SeqCst) > 0, "nothing reached the instance in trouble");
        gateway.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_repeated_fails_and_reaches_nobody_else() {
    for trouble in TROUBLES {
        let ((bad, asked), good) = (in_trouble(2, trouble).await, Producer::start(3).await);
        let registry = Registry::start(&[&bad, &good]).await;
        let gateway = Gateway::start(&registry).await;
        for (method, body) in [(Method::POST, "body"), (Method::POST, ""), (Method::PATCH, "body")] {
            let (had_bad, had_good) = (asked.swap(0, Ordering::SeqCst), good.requests());
            let mut failed = 0;
            for _ in 0..REQUESTS {
                let (status, _) = status_and_body(&gateway, method.clone(), "/echo", body).await;
                assert!(matches!(status, 200 | 502), "{status}");
                failed += usize::from(status == 502);
            }
            let answered = usize::try_from(good.requests() - had_good).unwrap();
            assert_eq!((asked.load(Ordering::SeqCst), answered), (failed, REQUESTS - failed), "{method}");
            assert!(failed > 0, "{method}: nothing reached the instance in trouble, which had {had_bad} before");
        }
        gateway.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_longer_than_what_is_kept_is_not_sent_again() {
    let ((bad, _), good) = (in_trouble(2, b"").await, Producer::start(3).await);
    let registry = Registry::start(&[&bad, &good]).await;
    let gateway = Gateway::start_with(&registry, |config| config.edge.limits.replay_bytes_max = 4).await;
    for (body, all_answered) in [("four", true), ("five!", false)] {
        let mut statuses = Vec::new();
        for _ in 0..REQUESTS {
            statuses.push(status_and_body(&gateway, Method::PUT, "/echo", body).await.0);
        }
        let is_answered = |status: &u16| *status == 200;
        assert_eq!(statuses.iter().all(is_answered), all_answered, "{body}: {statuses:?}");
        assert!(statuses.iter().any(is_answered), "{body}: {statuses:?}");
    }
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_that_let_their_time_pass_are_no_callers_trouble_as_far_as_tries_go() {
    let ((mute, asked), good) = (silent(2).await, Producer::start(3).await);
    let registry = Registry::start(&[&mute, &good]).await;
    let short = |config: &mut eurus_gateway::GatewayConfig| config.edge.response_timeout_ms = 50;
    let gateway = Gateway::start_with(&registry, short).await;
    for (method, body) in [(Method::GET, ""), (Method::PUT, "body")] {
        for _ in 0..REQUESTS / 2 {
            let (status, answer) = status_and_body(&gateway, method.clone(), "/echo", body).await;
            assert_eq!((status, answer.as_str()), (200, body), "{method}");
        }
    }
    assert!(asked.load(Ordering::SeqCst) > 0, "nothing reached the silent instance");
    gateway.stop().await.unwrap();

    let mutes = [silent(2).await, silent(3).await, silent(4).await, silent(5).await];
    let registry = Registry::start(&mutes.each_ref().map(|(mute, _)| mute)).await;
    let gateway = Gateway::start_with(&registry, short).await;
    let (status, answer) = status_and_body(&gateway, Method::GET, "/echo", "").await;
    assert_eq!(status, 504, "{answer}");
    assert!(answer.contains("3 tries failed: "), "{answer}");
    assert_eq!(mutes.iter().map(|(_, asked)| asked.load(Ordering::SeqCst)).sum::<usize>(), 3);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn tries_are_limited() {
    let bad = [in_trouble(2, b"").await, in_trouble(3, b"").await, in_trouble(4, b"").await, in_trouble(5, b"").await];
    let registry = Registry::start(&bad.each_ref().map(|(one, _)| one)).await;
    let gateway = Gateway::start(&registry).await;
    // The first one finds out who is well: nobody.
    for tries in [4, 3, 3] {
        let (status, answer) = status_and_body(&gateway, Method::GET, "/echo", "").await;
        assert_eq!(status, 502, "{answer}");
        assert!(answer.contains(&format!("{tries} tries failed: ")), "{answer}");
    }
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_answer_nonsense_the_one_that_does_not_is_found() {
    let mut bad = Vec::new();
    for host in 2..9 {
        bad.push(in_trouble(host, b"nonsense\r\n\r\n").await);
    }
    let good = Producer::start(9).await;
    let registry = Registry::start(&bad.iter().map(|(one, _)| one).chain([&good]).collect::<Vec<_>>()).await;
    let gateway = Gateway::start(&registry).await;
    for _ in 0..REQUESTS {
        let (status, answer) = status_and_body(&gateway, Method::GET, "/echo", "").await;
        assert_eq!(status, 200, "{answer}");
    }
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_are_gone_the_one_that_is_there_answers() {
    let (gone, good) = ((2..8).map(Producer::absent).collect::<Vec<_>>(), Producer::start(8).await);
    let registry = Registry::start(&gone.iter().chain([&good]).collect::<Vec<_>>()).await;
    let gateway = Gateway::start(&registry).await;
    let pause_ms = eurus_gateway::GatewayConfig::stock().edge.refused_pause_ms;
    // In the first round nobody knows of them. In each other one the pauses of all are over together.
    for round in 0..4 {
        for request in 0..8 {
            // Not idempotent: nothing was sent to any that is gone.
            let (status, answer) = status_and_body(&gateway, Method::POST, "/echo", "body").await;
            assert_eq!((status, answer.as_str()), (200, "body"), "round {round}, request {request}");
        }
        gateway.hand.advance_ms(pause_ms).await.unwrap();
    }
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_does_not_answer_is_soon_passed_over_and_comes_back_with_an_answer() {
    const PAUSE_MS: i64 = 10_000;
    for is_silent in [true, false] {
        let (bad, asked) = if is_silent { silent(2).await } else { in_trouble(2, b"nonsense\r\n\r\n").await };
        let good = Producer::start(3).await;
        let registry = Registry::start(&[&bad, &good]).await;
        let adjust = |config: &mut eurus_gateway::GatewayConfig| {
            config.edge.response_timeout_ms = 50;
            (config.edge.failures_in_a_row_max, config.edge.failing_pause_ms) = (3, PAUSE_MS);
        };
        let gateway = Gateway::start_with(&registry, adjust).await;
        let post = async || status_and_body(&gateway, Method::POST, "/echo", "body").await.0;
        let mut failed = 0;
        for _ in 0..20 {
            failed += usize::from(post().await != 200);
        }
        assert_eq!((failed, asked.load(Ordering::SeqCst)), (3, 3), "silent: {is_silent}");
        // One request after the pause.
        gateway.hand.advance_ms(PAUSE_MS).await.unwrap();
        for _ in 0..20 {
            failed += usize::from(post().await != 200);
        }
        assert_eq!((failed, asked.load(Ordering::SeqCst)), (4, 4), "silent: {is_silent}");
        gateway.stop().await.unwrap();
    }
}
