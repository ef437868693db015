//! The generator against a server of a few lines: what it sends arrives, what it counts is true.

use std::io::{Read, Write};
use std::net::TcpListener;

use super::requests::{Repeat, Request, Requests, Stamps};
use super::*;

/// Answers every request (they have no body) with this; closes each connection after so many.
fn server(answer: &'static [u8], requests_per_connection: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || {
                let mut stream = stream.unwrap();
                let mut request = [0; 1_024];
                for _ in 0..requests_per_connection {
                    // A request is sent in one piece and nothing follows it before its answer.
                    if stream.read(&mut request).unwrap_or_default() == 0 || stream.write_all(answer).is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

fn load(address: SocketAddr, count: usize, repeat: Repeat, pace: Pace) -> Load {
    let request = Request { bytes: b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), stamps: Vec::new() };
    let requests = Requests::new(vec![request; count], repeat, &Arc::new(Stamps::from_ms(0)));
    Load { addresses: [address].into(), requests: Arc::new(requests), pace, connections: 8, threads: 2 }
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

#[tokio::test]
async fn each_request_is_sent_once_and_counted() {
    let load = load(server(OK, usize::MAX), 300, Repeat::Once, Pace::Closed);
    let counts = Running::start(&load, &Clock::system()).await.unwrap().finish().await.unwrap();
    assert_eq!((counts.answered, counts.body_bytes, counts.failed()), (300, 1_500, 0));
    assert!(counts.connections_made <= 8);
}

#[tokio::test]
async fn connections_that_the_server_closes_are_made_again() {
    let closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";
    let load = load(server(closing, 1), 50, Repeat::Once, Pace::Closed);
    let counts = Running::start(&load, &Clock::system()).await.unwrap().finish().await.unwrap();
    assert_eq!((counts.answered, counts.failed(), counts.connections_made), (50, 0, 50));
}

#[tokio::test]
async fn refusals_are_failures() {
    let load =
        load(server(b"HTTP/1.1 503 no\r\nContent-Length: 0\r\n\r\n", usize::MAX), 20, Repeat::Once, Pace::Closed);
    let failure = Running::start(&load, &Clock::system()).await.unwrap().finish().await.unwrap_err();
    assert!(failure.to_string().contains("answered 503"), "{failure}");
}

#[tokio::test]
async fn a_server_that_is_gone_ends_the_load() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let load = load(address, 1, Repeat::Forever, Pace::Closed);
    assert!(Running::start(&load, &Clock::system()).await.unwrap().finish().await.is_err());
}

#[tokio::test]
async fn an_open_loop_records_what_was_due_even_if_it_is_never_answered() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let load = load(listener.local_addr().unwrap(), 1, Repeat::Forever, Pace::Open { per_second: 2_000.0 });
    let clock = Clock::system();
    let running = Running::start(&load, &clock).await.unwrap();
    running.record_from(clock.now_us());
    clock.timer("test").sleep_ms(100).await;
    let latencies = running.stop().await.unwrap();
    // About 200 were due; on a machine that stalls, more.
    assert!(latencies.count() > 50, "{}", latencies.count());
}

#[tokio::test]
async fn an_open_loop_sends_what_is_due() {
    let load = load(server(OK, usize::MAX), 1, Repeat::Forever, Pace::Open { per_second: 1_000.0 });
    let clock = Clock::system();
    let started_us = clock.now_us();
    let running = Running::start(&load, &clock).await.unwrap();
    let recorded_from_us = clock.now_us();
    running.record_from(recorded_from_us);
    // At 1,000 a second one was due per ms until then; those are not recorded, and may be answered later. Connections
    // overtake each other by one request each.
    let due_before = u64::try_from((recorded_from_us - started_us) / 1_000).unwrap() + 2;
    while running.counts().answered < due_before + 8 + 50 {
        clock.timer("test").sleep_ms(1).await;
    }
    let latencies = running.stop().await.unwrap();
    assert!(latencies.count() >= 50 && latencies.quantile_us(0.5) > 0.0);
}
