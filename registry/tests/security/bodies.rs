//! What a refused request brings along is neither waited for nor in the way of the answer.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{USER, locked};

/// Reads until the head of an answer is complete; the other side may keep the connection.
async fn head_of_answer(stream: &mut TcpStream) -> String {
    let mut seen = Vec::new();
    let mut chunk = [0; 4_096];
    while !seen.windows(4).any(|four| four == b"\r\n\r\n") {
        let count = tokio::time::timeout(Duration::from_secs(20), stream.read(&mut chunk)).await.expect("an answer");
        let count = count.unwrap();
        assert!(count > 0, "closed after {:?}", String::from_utf8_lossy(&seen));
        seen.extend_from_slice(&chunk[..count]);
    }
    String::from_utf8(seen).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_never_arrives_is_not_waited_for() {
    let rig = locked(&[]).await;
    for length in ["Content-Length: 1000000", "Transfer-Encoding: chunked"] {
        let mut stream = TcpStream::connect(rig.address).await.unwrap();
        let head =
            format!("POST /eureka/apps/A HTTP/1.1\r\nHost: r\r\nContent-Type: application/json\r\n{length}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let answer = head_of_answer(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    }
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_body_that_is_not_read_does_not_swallow_the_answer() {
    let rig = locked(&[]).await;
    for size in [100, 100_000, 4_000_000] {
        let mut stream = TcpStream::connect(rig.address).await.unwrap();
        let head = format!(
            "POST /eureka/apps/A HTTP/1.1\r\nHost: r\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        // A client writes all before it reads; it may find the other side closed on its way.
        let _ = stream.write_all(&vec![b' '; size]).await;
        let answer = head_of_answer(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{size}: {answer}");
    }
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_serves_on_after_a_refused_heartbeat() {
    let rig = locked(&[]).await;
    let mut stream = TcpStream::connect(rig.address).await.unwrap();
    let request = |authorization: &str| format!("PUT /eureka/apps/A/one HTTP/1.1\r\nHost: r\r\n{authorization}\r\n");
    for (authorization, status) in [("", 401), (&format!("Authorization: {USER}\r\n"), 404), ("", 401)] {
        stream.write_all(request(authorization).as_bytes()).await.unwrap();
        let answer = head_of_answer(&mut stream).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    }
    rig.stop().await;
}
