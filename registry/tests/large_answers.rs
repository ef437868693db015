//! Bodies that the connection sends by itself: byte for byte, in their order, whatever the caller does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // It is a test throughout.

mod rig;

use eurus_registry::RegistryConfig;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use rig::{Answer, Rig};

const START_MS: i64 = 1_795_317_120_000;
const LIST: &str = "/eureka/apps";
/// More than any socket's buffers take.
const LARGE: usize = 5 << 20;
/// A list in a file is there after so many looks; each look is an exchange.
const LOOKS_MAX: usize = 10_000;

/// A registry whose list is this large.
async fn with_list_of(bytes: usize) -> Rig {
    let config = RegistryConfig { use_read_only_response_cache: false, ..RegistryConfig::stock() };
    let rig = Rig::start(config, START_MS).await;
    let piece = bytes.min(1 << 20);
    for number in 0..bytes / piece {
        // No byte may be taken for its neighbour a period further on.
        let text: String = (0..piece / 8).map(|place| format!("{:08x}", place * 31 + number)).collect();
        assert_eq!(rig.register("A", &format!("i{number}"), json!({"metadata": {"text": text}})).await.status, 204);
    }
    rig
}

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: r\r\nAccept: application/json\r\n{headers}\r\n")
}

/// The next answer of a connection that stays open.
async fn next(stream: &mut TcpStream) -> Answer {
    let mut raw = Vec::new();
    while !raw.ends_with(b"\r\n\r\n") {
        raw.push(stream.read_u8().await.unwrap());
    }
    let mut answer = Answer::parse(&raw);
    let length = answer.header("content-length").expect("a length").parse().unwrap();
    answer.body = vec![0; length];
    stream.read_exact(&mut answer.body).await.unwrap();
    answer
}

async fn metric(rig: &Rig, name: &str) -> f64 {
    let text = rig.get("/metrics").await.text();
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).expect(name).parse().unwrap()
}

async fn await_file(rig: &Rig) {
    for _ in 0..LOOKS_MAX {
        if metric(rig, "eurus_registry_memory_files").await > 0.0 {
            return;
        }
    }
    panic!("no list became a file");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_memory_and_from_a_file_it_is_the_same() {
    for bytes in [20 << 10, 100 << 10, LARGE] {
        let rig = with_list_of(bytes).await;
        let first = rig.get(LIST).await;
        assert!(first.body.len() > bytes, "{} bytes", first.body.len());
        assert_eq!(first.json()["applications"]["application"][0]["name"], "A");
        assert_eq!(first.header("content-length"), Some(first.body.len().to_string().as_str()));
        for _ in 0..8 {
            assert!(rig.get(LIST).await.body == first.body, "{bytes} bytes");
        }
        if bytes >= 64 << 10 {
            await_file(&rig).await;
            assert!(rig.get(LIST).await.body == first.body, "{bytes} bytes, from the file");
            // A change makes another list; the file goes with the old one.
            rig.register("A", "late", json!({})).await;
            let later = rig.get(LIST).await;
            assert!(later.body.len() > first.body.len());
            assert_eq!(metric(&rig, "eurus_registry_memory_files").await, 0.0);
            assert_eq!(metric(&rig, "eurus_registry_memory_file_bytes").await, 0.0);
        } else {
            assert_eq!(metric(&rig, "eurus_registry_memory_files").await, 0.0);
        }
        rig.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_connection_gets_every_answer_in_its_order() {
    let rig = with_list_of(LARGE).await;
    let whole = rig.get(LIST).await;
    let compressed = rig.send("GET", LIST, &[("Accept", "application/json"), ("Accept-Encoding", "gzip")], "").await;
    assert!(compressed.body.len() < whole.body.len());
    let single = rig.get("/eureka/apps/A/i1").await;
    let requests = [
        get("/actuator/health", ""),
        get(LIST, ""),
        get("/eureka/apps/A/i1", ""),
        get(LIST, "Accept-Encoding: gzip\r\n"),
        get(LIST, ""),
        get(LIST, "").replace("GET", "HEAD"),
        get("/eureka/apps/A/none", ""),
    ];
    let mut stream = TcpStream::connect(rig.address).await.unwrap();
    // Seven requests at once, and several times: later ones are answered from the file.
    for _ in 0..4 {
        stream.write_all(requests.concat().as_bytes()).await.unwrap();
        assert_eq!(next(&mut stream).await.json()["status"], "UP");
        assert!(next(&mut stream).await.body == whole.body);
        assert!(next(&mut stream).await.body == single.body);
        let zipped = next(&mut stream).await;
        assert_eq!(zipped.header("content-encoding"), Some("gzip"));
        assert!(zipped.body == compressed.body);
        assert!(next(&mut stream).await.body == whole.body);
        let head = head_only(&mut stream).await;
        assert_eq!(head.header("content-length"), whole.header("content-length"));
        assert_eq!(next(&mut stream).await.status, 404);
    }
    rig.stop().await;
}

/// The answer to HEAD: a length, and no body.
async fn head_only(stream: &mut TcpStream) -> Answer {
    let mut raw = Vec::new();
    while !raw.ends_with(b"\r\n\r\n") {
        raw.push(stream.read_u8().await.unwrap());
    }
    Answer::parse(&raw)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_gets_all_of_it_and_keeps_nobody_waiting() {
    let rig = with_list_of(LARGE).await;
    let whole = rig.get(LIST).await;
    for is_from_file in [false, true] {
        if is_from_file {
            for _ in 0..4 {
                rig.get(LIST).await;
            }
            await_file(&rig).await;
        }
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4 << 10).unwrap();
        let mut slow = socket.connect(rig.address).await.unwrap();
        slow.write_all(get(LIST, "").as_bytes()).await.unwrap();
        let mut begun = [0; 100];
        slow.read_exact(&mut begun).await.unwrap();
        // The registry has one worker: if it waited for the slow one, nothing would come.
        assert!(rig.get(LIST).await.body == whole.body);
        assert_eq!(rig.put("/eureka/apps/A/i0").await.status, 200);
        slow.write_all(get("/eureka/apps/A/none", "Connection: close\r\n").as_bytes()).await.unwrap();
        let mut rest = begun.to_vec();
        slow.read_to_end(&mut rest).await.unwrap();
        let start = rest.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let (body, after) = rest[start..].split_at(whole.body.len());
        assert!(body == whole.body, "from a file: {is_from_file}");
        assert!(after.starts_with(b"HTTP/1.1 404 "), "the next answer follows");
    }
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_hangs_up_in_the_middle_leaves_the_others_alone() {
    let rig = with_list_of(LARGE).await;
    let whole = rig.get(LIST).await;
    for round in 0..10 {
        let mut stream = TcpStream::connect(rig.address).await.unwrap();
        stream.write_all(get(LIST, "").as_bytes()).await.unwrap();
        let mut begun = vec![0; 1 << round];
        stream.read_exact(&mut begun).await.unwrap();
        drop(stream);
        assert!(rig.get(LIST).await.body == whole.body, "round {round}");
    }
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_callers_and_those_who_close_their_side_get_it_too() {
    let rig = with_list_of(LARGE).await;
    let whole = rig.get(LIST).await;
    let old = b"GET /eureka/apps HTTP/1.0\r\nAccept: application/json\r\n\r\n";
    assert!(rig.exchange(old).await.body == whole.body);
    let answer = rig.exchange_and_break_off(&[get(LIST, "").as_bytes()]).await.unwrap();
    assert!(answer.body == whole.body);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_in_the_middle_of_a_list_gets_it_whole_when_the_registry_stops() {
    let rig = with_list_of(LARGE).await;
    let whole = rig.get(LIST).await;
    let mut stream = TcpStream::connect(rig.address).await.unwrap();
    let mut idle = TcpStream::connect(rig.address).await.unwrap();
    stream.write_all(get(LIST, "").as_bytes()).await.unwrap();
    let mut begun = [0; 10];
    stream.read_exact(&mut begun).await.unwrap();
    let read = async {
        let mut rest = begun.to_vec();
        stream.read_to_end(&mut rest).await.unwrap();
        Answer::parse(&rest)
    };
    let (answer, ()) = tokio::join!(read, rig.stop());
    assert!(answer.body == whole.body);
    assert_eq!(idle.read(&mut begun).await.unwrap_or_default(), 0, "idle connections are closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_bytes_are_counted() {
    let rig = with_list_of(LARGE).await;
    let whole = rig.get(LIST).await;
    let counted = metric(&rig, r#"eurus_registry_fetch_bytes_total{kind="full",encoding="identity"}"#).await;
    assert_eq!(counted, whole.body.len() as f64);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_of_many_requests_at_once_is_answered() {
    let rig = with_list_of(20 << 10).await;
    let count = 20_000;
    let mut stream = TcpStream::connect(rig.address).await.unwrap();
    let (mut reading, mut writing) = stream.split();
    let requests = get("/eureka/apps/A/none", "").repeat(count - 1) + &get(LIST, "Connection: close\r\n");
    let write = async { writing.write_all(requests.as_bytes()).await.unwrap() };
    let mut answers = Vec::new();
    let read = async { reading.read_to_end(&mut answers).await.unwrap() };
    tokio::join!(write, read);
    let text = String::from_utf8(answers).unwrap();
    assert_eq!((text.matches("HTTP/1.1 404 ").count(), text.matches("HTTP/1.1 200 ").count()), (count - 1, 1));
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_readers_hold_so_much_and_no_more() {
    let rig = with_list_of(LARGE).await;
    let sending = "eurus_registry_sending_bytes";
    let mut readers = Vec::new();
    for number in 0..3 {
        rig.register("B", "one", json!({"lastDirtyTimestamp": 2_000 + number})).await;
        let mut stream = TcpStream::connect(rig.address).await.unwrap();
        stream.write_all(get(LIST, "").as_bytes()).await.unwrap();
        let mut begun = [0; 20];
        stream.read_exact(&mut begun).await.unwrap();
        readers.push(stream);
    }
    assert!(metric(&rig, sending).await >= 3.0 * LARGE as f64);
    drop(readers);
    for _ in 0..LOOKS_MAX {
        if metric(&rig, sending).await == 0.0 {
            return rig.stop().await;
        }
    }
    panic!("nobody takes them, and they are held");
}
