//! Who sends requests and takes no answers costs no memory. One test in a process of its own: it measures the process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // It is a test throughout.

mod rig;

use std::time::Duration;

use eurus_registry::RegistryConfig;
use eurus_service::Properties;
use eurus_service::properties::Sources;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use rig::Rig;

const START_MS: i64 = 1_795_317_120_000;
/// When nothing moves for so long, nothing will.
const REST: Duration = Duration::from_secs(3);

/// More than the system takes of what nobody reads.
const WRITTEN_MAX: usize = 8 << 20;

/// Bytes of this process.
fn resident_bytes() -> u64 {
    procfs::process::Process::myself().unwrap().status().unwrap().vmrss.unwrap() * 1024
}

/// Sends a request again and again until nobody takes any more, and reads nothing.
async fn flood(rig: &Rig, request: &str) -> TcpStream {
    // Small buffers: the registry's own are what is measured, not the system's.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4 << 10).unwrap();
    socket.set_send_buffer_size(32 << 10).unwrap();
    let mut stream = socket.connect(rig.address).await.unwrap();
    let before = resident_bytes();
    let requests = request.repeat(100);
    let mut written = 0_usize;
    // When the registry reads no more, the system takes no more.
    while let Ok(taken) = timeout(REST, stream.write(&requests.as_bytes()[written % requests.len()..])).await {
        written += taken.unwrap();
        assert!(written < WRITTEN_MAX, "{written} bytes of requests were taken, and no answer");
    }
    let grown = resident_bytes().saturating_sub(before);
    assert!(grown < 16 << 20, "{grown} bytes are held for one connection");
    stream
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_takes_no_answer_is_not_listened_to() {
    let flags = [("spring.security.user.password".to_owned(), "secret".to_owned())].into();
    let (properties, _) = Properties::layered(Sources { flags, ..Sources::default() }).unwrap();
    let locked = RegistryConfig::from_properties(&properties).unwrap();
    for (config, status) in [(RegistryConfig::stock(), "404"), (locked, "401")] {
        let rig = Rig::start(config, START_MS).await;
        let mut stream = flood(&rig, "PUT /eureka/apps/A/1 HTTP/1.1\r\nHost: r\r\n\r\n").await;
        // It is not forgotten either: what it takes now is in order.
        let mut answers = vec![0; 64 << 10];
        stream.read_exact(&mut answers).await.unwrap();
        assert!(answers.starts_with(format!("HTTP/1.1 {status} ").as_bytes()));
        assert_eq!(rig.get("/actuator/health").await.status, 200);
        rig.stop().await;
    }
}
