//! Instances that answer before they have all of a request.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::support::gateway::Gateway;
use crate::support::producer::Producer;
use crate::support::raw;
use crate::support::registry::Registry;
use crate::support::soon;

const HALF: usize = 512 * 1024;

fn head(framing: &str) -> String {
    format!("POST /java-service/x HTTP/1.1\r\nhost: g\r\n{framing}\r\n\r\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_of_a_request_goes_on_behind_its_answer() {
    let (received, mut has_received) = mpsc::unbounded_channel();
    let address = raw::server(2, move |_, mut stream| {
        let received = received.clone();
        async move {
            raw::read_head(&mut stream).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
            let mut body = vec![0; 2 * HALF];
            stream.read_exact(&mut body).await.unwrap();
            received.send(body).unwrap();
        }
    })
    .await;
    let registry = Registry::start(&[&Producer::at(2, address)]).await;
    let gateway = Gateway::start(&registry).await;
    let mut caller = TcpStream::connect(gateway.data).await.unwrap();
    caller.write_all(head(&format!("content-length: {}", 2 * HALF)).as_bytes()).await.unwrap();
    caller.write_all(&vec![b'1'; HALF]).await.unwrap();
    let answer = soon("its answer", raw::read_head(&mut caller)).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    caller.write_all(&vec![b'2'; HALF]).await.unwrap();
    let body = soon("the rest", has_received.recv()).await.unwrap();
    assert!(body[..HALF].iter().all(|byte| *byte == b'1') && body[HALF..].iter().all(|byte| *byte == b'2'));
    gateway.stop().await.unwrap();
}

/// As servers do with what is too large for them: they say so and close, whatever is on its way.
#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_takes_no_more_of_a_request_may_still_say_why() {
    let address = raw::server(2, |_, mut stream| async move {
        raw::read_head(&mut stream).await;
        // Some of the body is there, and unread: the close is a reset.
        stream.readable().await.unwrap();
        stream.write_all(b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno").await.unwrap();
    })
    .await;
    let registry = Registry::start(&[&Producer::at(2, address)]).await;
    let gateway = Gateway::start(&registry).await;
    for _ in 0..20 {
        let (mut reading, mut writing) = TcpStream::connect(gateway.data).await.unwrap().into_split();
        let sending = tokio::spawn(async move {
            writing.write_all(head("content-length: 8388608").as_bytes()).await.unwrap();
            // The gateway may close before all has been taken.
            while writing.write_all(&[b'x'; 65_536]).await.is_ok() {}
        });
        let mut answer = vec![0; 12];
        soon("its answer", reading.read_exact(&mut answer)).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 413");
        sending.abort();
    }
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_a_request_that_breaks_is_not_passed_for_whole() {
    let address = raw::server(2, |_, mut stream| async move {
        raw::read_head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello").await.unwrap();
        // Until the gateway closes.
        while matches!(stream.read(&mut [0; 1024]).await, Ok(1..)) {}
        // Too late to be taken for the rest.
        let _ = stream.write_all(b"hello").await;
    })
    .await;
    let registry = Registry::start(&[&Producer::at(2, address)]).await;
    let gateway = Gateway::start_with(&registry, |config| config.edge.limits.body_bytes_max = 1_000).await;
    let mut caller = TcpStream::connect(gateway.data).await.unwrap();
    caller.write_all(head("transfer-encoding: chunked").as_bytes()).await.unwrap();
    caller.write_all(&[b"1f4\r\n".as_slice(), &[b'x'; 500], b"\r\n"].concat()).await.unwrap();
    let answer = soon("its answer", raw::read_head(&mut caller)).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    soon("what there is of it", caller.read_exact(&mut [0; 5])).await.unwrap();
    caller.write_all(&[b"3e8\r\n".as_slice(), &[b'x'; 1_000], b"\r\n"].concat()).await.unwrap();
    let mut rest = Vec::new();
    // Closed, or reset.
    let _ = soon("its end", caller.read_to_end(&mut rest)).await;
    assert_eq!(String::from_utf8_lossy(&rest), "");
    gateway.stop().await.unwrap();
}
