//! An offline that waits for requests under way: a long one, a streamed answer, a slow upload and a WebSocket are at the
//! instance when it is asked for. None is cut, and the answer comes when the last has ended, or at the bound, and says which.
#![allow(clippy::unwrap_used)] // Helpers of tests.

use std::net::SocketAddr;

use compat_tests::scene::Scene;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, accept_async, client_async};

const IP: &str = "127.0.0.9";
const UPLOAD_BYTES: usize = 200_000;

/// An instance that ends nothing before it is told to.
struct Slow {
    address: SocketAddr,
    /// Requests that have begun there.
    begun: watch::Sender<usize>,
    may_end: watch::Sender<bool>,
    /// When the WebSocket may say goodbye.
    may_close: watch::Sender<bool>,
}

impl Slow {
    async fn start() -> &'static Self {
        let listener = TcpListener::bind((IP, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let slow: &'static Self = Box::leak(Box::new(Self {
            address,
            begun: watch::Sender::new(0),
            may_end: watch::Sender::new(false),
            may_close: watch::Sender::new(false),
        }));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(slow.serve(stream));
            }
        });
        slow
    }

    async fn serve(&self, mut stream: TcpStream) {
        let mut beginning = [0; 12];
        while stream.peek(&mut beginning).await.unwrap() < beginning.len() {
            stream.readable().await.unwrap();
        }
        if &beginning == b"GET /socket " {
            return self.converse(stream).await;
        }
        let head = head_of(&mut stream).await;
        self.begun.send_modify(|begun| *begun += 1);
        let mut may_end = self.may_end.subscribe();
        if head.starts_with("GET /streamed ") {
            stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n").await.unwrap();
            may_end.wait_for(|may_end| *may_end).await.unwrap();
            stream.write_all(b"4\r\nlast\r\n0\r\n\r\n").await.unwrap();
            return;
        }
        may_end.wait_for(|may_end| *may_end).await.unwrap();
        let mut body = vec![0; if head.starts_with("POST ") { UPLOAD_BYTES } else { 0 }];
        stream.read_exact(&mut body).await.unwrap();
        let answer = format!("got {}", body.len());
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", answer.len());
        stream.write_all(format!("{head}{answer}").as_bytes()).await.unwrap();
    }

    /// Says back what it is told, and goodbye when it may.
    async fn converse(&self, stream: TcpStream) {
        let mut socket = accept_async(stream).await.unwrap();
        self.begun.send_modify(|begun| *begun += 1);
        let mut may_close = self.may_close.subscribe();
        loop {
            let said = tokio::select! {
                message = socket.next() => message,
                () = async { drop(may_close.wait_for(|may_close| *may_close).await) } => break,
            };
            socket.send(said.unwrap().unwrap()).await.unwrap();
        }
        socket.send(Message::text("goodbye")).await.unwrap();
        socket.close(None).await.unwrap();
        while socket.next().await.is_some_and(|message| message.is_ok()) {}
    }

    async fn has_begun(&self, requests: usize) {
        self.begun.subscribe().wait_for(|begun| *begun >= requests).await.unwrap();
    }
}

/// Up to the empty line; what comes behind it stays in the stream.
async fn head_of(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// What is under way at a slow instance, through the gateway.
struct UnderWay {
    requests: Vec<JoinHandle<String>>,
    socket: WebSocketStream<TcpStream>,
}

async fn under_way(scene: &Scene, slow: &Slow) -> UnderWay {
    let instance = json!({"instance": {
        "instanceId": "slow-1", "hostName": IP, "app": "SLOW", "ipAddr": IP, "status": "UP",
        "port": {"$": slow.address.port(), "@enabled": "true"}, "securePort": {"$": 443, "@enabled": "false"},
        "vipAddress": "slow", "dataCenterInfo": {
            "@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"},
        "leaseInfo": {"renewalIntervalInSecs": 30, "durationInSecs": 600},
    }});
    let registered =
        scene.stack.http.post(format!("{}apps/SLOW", scene.registry)).json(&instance).send().await.unwrap();
    assert_eq!(registered.status().as_u16(), 204);
    scene.let_pass_ms(90_000).await.unwrap();
    let url = |path: &str| format!("{}/slow/{path}", scene.gateway.url);
    let requests = [
        scene.stack.http.get(url("long")),
        scene.stack.http.get(url("streamed")),
        scene.stack.http.post(url("upload")).body(vec![7; UPLOAD_BYTES]),
    ];
    let sent = requests.map(|request| tokio::spawn(async { request.send().await.unwrap().text().await.unwrap() }));
    let host = scene.gateway.url.trim_start_matches("http://");
    let stream = TcpStream::connect(host).await.unwrap();
    let (socket, _) = client_async(format!("ws://{host}/slow/socket"), stream).await.unwrap();
    slow.has_begun(sent.len() + 1).await;
    UnderWay { requests: sent.into(), socket }
}

impl UnderWay {
    fn none_has_ended(&self) -> bool {
        self.requests.iter().all(|request| !request.is_finished())
    }

    /// Both ways, as if nothing had happened.
    async fn is_answered_over_the_socket(&mut self, said: &str) {
        self.socket.send(Message::text(said)).await.unwrap();
        assert_eq!(self.socket.next().await.unwrap().unwrap(), Message::text(said));
    }

    async fn requests_end_whole(&mut self) {
        let mut answers = Vec::new();
        for request in self.requests.drain(..) {
            answers.push(request.await.unwrap());
        }
        assert_eq!(answers, ["got 0", "firstlast", "got 200000"]);
    }

    /// With a goodbye of the instance's, not with a connection that breaks. The caller ends its side then.
    async fn socket_ends_whole(mut self) {
        assert_eq!(self.socket.next().await.unwrap().unwrap(), Message::text("goodbye"));
        assert!(matches!(self.socket.next().await, Some(Ok(Message::Close(_)))));
        while let Some(message) = self.socket.next().await {
            assert!(message.is_ok(), "{message:?}");
        }
    }
}

fn offline(scene: &Scene, within_ms: i64) -> JoinHandle<Value> {
    let body = json!({"app": "slow", "force": true, "drain": {"withinMs": within_ms}});
    let request = scene.stack.http.post(format!("{}/offline", scene.sync_speed)).json(&body);
    tokio::spawn(async { request.send().await.unwrap().json().await.unwrap() })
}

/// Until the gateway sends nothing more there.
async fn is_out(scene: &Scene) {
    loop {
        let services = scene.get(&format!("{}/services", scene.gateway.admin)).await.unwrap().to_string();
        let slow = &services[services.find("slow-1").unwrap()..];
        if slow.contains("OUT_OF_SERVICE") {
            return;
        }
    }
}

/// The WebSocket is the last: it lasts as long as its peers want.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_waits_for_the_last() {
    let scene = Scene::start().await.unwrap();
    let slow = Slow::start().await;
    let mut under_way = under_way(&scene, slow).await;
    let asked = offline(&scene, 600_000);
    is_out(&scene).await;
    assert!(!asked.is_finished() && under_way.none_has_ended());
    under_way.is_answered_over_the_socket("still here?").await;
    slow.may_end.send_replace(true);
    under_way.requests_end_whole().await;
    under_way.is_answered_over_the_socket("and now?").await;
    assert!(!asked.is_finished());
    slow.may_close.send_replace(true);
    under_way.socket_ends_whole().await;
    let answer = asked.await.unwrap();
    assert_eq!(answer["state"], "done", "{answer:#}");
    assert_eq!((&answer["drain"]["state"], &answer["drain"]["underWay"]), (&json!("drained"), &json!(0)));
    assert_eq!(answer["drain"].get("upgraded"), None, "{answer:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_says_what_is_left_at_the_bound() {
    let scene = Scene::start().await.unwrap();
    let slow = Slow::start().await;
    let mut under_way = under_way(&scene, slow).await;
    let asked = offline(&scene, 2_000);
    is_out(&scene).await;
    while !asked.is_finished() {
        scene.let_pass_ms(500).await.unwrap();
    }
    let answer = asked.await.unwrap();
    assert_eq!(answer["state"], "done", "{answer:#}");
    assert_eq!((&answer["drain"]["state"], &answer["drain"]["underWay"]), (&json!("bound-reached"), &json!(4)));
    assert_eq!(answer["drain"]["upgraded"], 1, "{answer:#}");
    assert!(answer["drain"]["waitedMs"].as_i64().unwrap() >= 2_000, "{answer:#}");
    slow.may_end.send_replace(true);
    under_way.requests_end_whole().await;
    under_way.is_answered_over_the_socket("uncut?").await;
    slow.may_close.send_replace(true);
    under_way.socket_ends_whole().await;
}
