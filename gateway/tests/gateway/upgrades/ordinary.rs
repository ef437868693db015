//! Requests that ask for an upgrade and get none, and connections that stay HTTP.

use super::*;

/// Counts connections, and answers each request as told; the heads that it was sent.
async fn answering(answer: &'static str) -> (Producer, Arc<AtomicUsize>, mpsc::UnboundedReceiver<String>) {
    let connections = Arc::new(AtomicUsize::new(0));
    let (tell, heads) = mpsc::unbounded_channel();
    let seen = Arc::clone(&connections);
    let address = raw::server(2, move |_, mut stream| {
        seen.fetch_add(1, Ordering::SeqCst);
        let tell = tell.clone();
        async move {
            loop {
                let head = raw::read_head(&mut stream).await;
                if head.is_empty() {
                    return;
                }
                stream.write_all(answer.as_bytes()).await.unwrap();
                tell.send(head).unwrap();
            }
        }
    })
    .await;
    (Producer::at(2, address), connections, heads)
}

#[tokio::test(flavor = "multi_thread")]
async fn another_answer_is_an_ordinary_one_and_the_connections_go_on() {
    const ANSWER: &str =
        "HTTP/1.1 426 Upgrade Required\r\nconnection: upgrade\r\nupgrade: other\r\ncontent-length: 2\r\n\r\nno";
    let (producer, connections, _heads) = answering(ANSWER).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start(&registry).await;
    let mut caller = TcpStream::connect(gateway.data).await.unwrap();
    for asked in [ASKED, "GET /java-service/x HTTP/1.1\r\nhost: g\r\n\r\n", ASKED] {
        caller.write_all(asked.as_bytes()).await.unwrap();
        let head = soon("an answer", raw::read_head(&mut caller)).await;
        assert!(head.starts_with("HTTP/1.1 426 ") && !head.contains("upgrade: "), "{head}");
        reads(&mut caller, "no").await;
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    assert_eq!(under_way(&gateway, &producer, 20_000).await, (0, 0));
    assert_eq!(gateway.instance(&producer).await["upgrades"], 0);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_that_was_not_asked_for_is_a_bad_answer() {
    const PLAIN: &str = "GET /java-service/x HTTP/1.1\r\nhost: g\r\nconnection: close\r\n\r\n";
    const UPGRADE: &str =
        "GET /java-service/x HTTP/1.1\r\nhost: g\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    const UNSAID: &str = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
    for (asked, answer, why) in [
        (PLAIN, SWITCHED, "without having been asked"),
        (UPGRADE, SWITCHED, "switched to chat; asked for was websocket"),
        (UPGRADE, UNSAID, "did not say to which"),
    ] {
        let (producer, connections, mut heads) = answering(answer).await;
        let registry = Registry::start(&[&producer]).await;
        let gateway = Gateway::start(&registry).await;
        let (head, mut caller) = ask(&gateway, asked).await;
        assert!(head.starts_with("HTTP/1.1 502 "), "{head}");
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()).unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        caller.read_exact(&mut body).await.unwrap();
        let body = String::from_utf8(body).unwrap();
        assert!(body.contains(why), "{body}");
        assert!(heads.recv().await.is_some());
        assert_eq!(connections.load(Ordering::SeqCst), 1, "it is not repeated");
        assert_eq!(under_way(&gateway, &producer, 20_000).await, (0, 0));
        gateway.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_upgrade_is_an_ordinary_caller() {
    const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
    let (producer, _, mut heads) = answering(ANSWER).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start(&registry).await;
    for asked in [
        "GET /java-service/x HTTP/1.0\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
        "GET /java-service/x HTTP/1.1\r\nhost: g\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\n\
         http2-settings: AAMAAABkAAQAAP__\r\n\r\n",
        "GET /java-service/x HTTP/1.1\r\nhost: g\r\nupgrade: websocket\r\n\r\n",
        "POST /java-service/x HTTP/1.1\r\nhost: g\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         transfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ] {
        let (answer, _caller) = ask(&gateway, asked).await;
        assert!(answer.contains(" 200 OK\r\n"), "{answer}");
        let head = heads.recv().await.unwrap();
        assert!(!head.contains("upgrade") && !head.contains("http2-settings"), "{head}");
    }
    gateway.stop().await.unwrap();
}

async fn dies_in_the_pool(hand_over: mpsc::UnboundedSender<TcpStream>, count: usize, mut stream: TcpStream) {
    raw::read_head(&mut stream).await;
    if count == 0 {
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        // Closes with the upgrade in hand.
        raw::read_head(&mut stream).await;
    } else {
        stream.write_all(SWITCHED.as_bytes()).await.unwrap();
        hand_over.send(stream).unwrap();
    }
}

/// As any request before a byte of its answer: over another connection, and from an instance that is gone to the next.
#[tokio::test(flavor = "multi_thread")]
async fn it_is_tried_again_where_that_is_safe() {
    let (hand_over, mut handed) = mpsc::unbounded_channel();
    let address: SocketAddr =
        raw::server(3, move |count, stream| dies_in_the_pool(hand_over.clone(), count, stream)).await;
    let registry = Registry::start(&[&Producer::absent(2), &Producer::at(3, address)]).await;
    let gateway = Gateway::start(&registry).await;
    let mut caller = TcpStream::connect(gateway.data).await.unwrap();
    caller.write_all(b"GET /java-service/x HTTP/1.1\r\nhost: g\r\n\r\n").await.unwrap();
    assert!(soon("an answer", raw::read_head(&mut caller)).await.starts_with("HTTP/1.1 204 "));
    caller.write_all(ASKED.as_bytes()).await.unwrap();
    assert!(soon("an answer", raw::read_head(&mut caller)).await.starts_with("HTTP/1.1 101 "));
    let mut instance = soon("the instance", handed.recv()).await.unwrap();
    instance.write_all(b"here").await.unwrap();
    reads(&mut caller, "here").await;
    drop((caller, instance));
    gateway.stop().await.unwrap();
}

/// The next request takes a connection of its own.
#[tokio::test(flavor = "multi_thread")]
async fn its_connection_never_carries_a_request_again() {
    let (producer, mut handed) = switching(2).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start(&registry).await;
    for _ in 0..3 {
        let (answer, caller) = ask(&gateway, ASKED).await;
        assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
        let (head, mut instance) = soon("a connection of its own", handed.recv()).await.unwrap();
        assert!(head.starts_with("GET /chat "), "{head}");
        drop(caller);
        assert_eq!(soon("its end", instance.read(&mut [0; 64])).await.unwrap(), 0);
    }
    until("all have ended", async || under_way(&gateway, &producer, 0).await == (0, 0)).await;
    gateway.stop().await.unwrap();
}

/// Where the instance refused the switch. Kept for one that might still come, its stream would stay open with nobody to use it.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_stayed_http_is_closed_when_the_instance_closes_it() {
    let (ended, mut has_ended) = mpsc::unbounded_channel();
    let (close, may_close) = watch::channel(false);
    let address = raw::server(2, move |_, mut stream| {
        let (ended, mut may_close) = (ended.clone(), may_close.clone());
        async move {
            raw::read_head(&mut stream).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            may_close.wait_for(|may_close| *may_close).await.unwrap();
            stream.shutdown().await.unwrap();
            ended.send(stream.read(&mut [0; 1]).await.unwrap()).unwrap();
        }
    })
    .await;
    let registry = Registry::start(&[&Producer::at(2, address)]).await;
    let gateway = Gateway::start(&registry).await;
    let (answer, _caller) = ask(&gateway, ASKED).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    // By now it is kept for the next request.
    close.send_replace(true);
    assert_eq!(soon("the gateway's end", has_ended.recv()).await, Some(0));
    gateway.stop().await.unwrap();
}
