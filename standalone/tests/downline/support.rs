//! eurus in this process, a sync-speed by script, and the command as a program.

use std::collections::VecDeque;
use std::net::{IpAddr, TcpListener};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use compat_tests::producer::Producer;
use eurus::embedded::{self, Addresses, Embedded};
use eurus_service::process::BoxError;
use eurus_service::properties::Sources;
use eurus_service::{Clock, Properties, Shutdown};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Real time after which a test that waits for an event fails.
pub(crate) const EVENT_BOUND: Duration = Duration::from_secs(20);

/// What a command said, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs `eurus` with words separated by blanks.
pub(crate) async fn eurus(line: &str, environment: &[(&str, &str)]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eurus"));
    command.args(line.split(' ')).env_remove("EURUS_SYNC_SPEED_TOKEN").envs(environment.iter().copied());
    let ended = tokio::time::timeout(EVENT_BOUND, tokio::task::spawn_blocking(move || command.output()));
    let Output { status, stdout, stderr } = ended.await.expect("the command ends").unwrap().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: status.code().unwrap(), out: text(stdout), err: text(stderr) }
}

impl Said {
    /// All of it is in the words, or the test fails with them.
    pub(crate) fn expect(self, code: i32, out: &[&str], err: &[&str]) -> Self {
        let has_all = |text: &str, parts: &[&str]| parts.iter().all(|part| text.contains(part));
        assert!(self.code == code && has_all(&self.out, out) && has_all(&self.err, err), "{self:#?}");
        self
    }

    /// The id in the first line.
    pub(crate) fn id(&self) -> String {
        self.out.split_whitespace().next().unwrap().to_owned()
    }
}

/// Registry, gateway and sync-speed, with two producers of one application behind 127.0.0.2 and 127.0.0.3.
pub(crate) struct Whole {
    pub(crate) url: String,
    pub(crate) producers: Vec<Producer>,
    shutdown: Shutdown,
    running: JoinHandle<Result<(), BoxError>>,
    _folder: tempfile::TempDir,
}

impl Whole {
    pub(crate) async fn start(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ports = ["server.port", "eurus.gateway.port", "eurus.gateway.admin.port", "eurus.sync-speed.port"];
        let ports = ports.into_iter().map(|key| (key, "0"));
        let flags = ports.chain(settings.iter().copied()).map(|(key, value)| (key.to_owned(), value.to_owned()));
        let sources = Sources { defaults: embedded::defaults(false), flags: flags.collect(), ..Sources::default() };
        let (properties, _) = Properties::layered(sources).unwrap();
        let embedded = Embedded::prepare(&properties, folder.path()).unwrap();
        let addresses = embedded.addresses.clone();
        let shutdown = Shutdown::new();
        let stop = shutdown.clone();
        let running = tokio::spawn(async move { embedded.run(&Clock::system(), &stop).await });
        let producers = register(&addresses).await;
        let url = format!("http://{}", addresses.sync_speed);
        Self { url, producers, shutdown, running, _folder: folder }
    }

    /// Returns when sync-speed knows the gateway and both producers: before, an offline is `partial` or refused.
    pub(crate) async fn until_all_are_known(&self) {
        let again = async {
            loop {
                let said = eurus(&format!("offline 127.0.0.2 --url {}", self.url), &[]).await;
                let back = eurus(&format!("online 127.0.0.2 --url {}", self.url), &[]).await;
                if said.code == 0 && said.out.contains("  gateway ") && back.code == 0 {
                    return;
                }
            }
        };
        tokio::time::timeout(EVENT_BOUND, again).await.expect("all are known");
    }

    pub(crate) async fn stop(self) {
        self.shutdown.trigger();
        self.running.await.unwrap().unwrap();
    }
}

async fn register(addresses: &Addresses) -> Vec<Producer> {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut producers = Vec::new();
    for last in [2, 3] {
        let producer = Producer::start("JAVA-SERVICE", IpAddr::from([127, 0, 0, last]), Clock::system()).unwrap();
        producer.register(&http, &addresses.service_url()).await.unwrap();
        producers.push(producer);
    }
    producers
}

/// A sync-speed by script: it answers one after the other what it is given, the last again and again.
#[derive(Clone)]
pub(crate) struct Scripted {
    pub(crate) url: String,
    shared: Arc<Shared>,
}

struct Shared {
    replies: parking_lot::Mutex<VecDeque<Scene>>,
    asked: watch::Sender<Vec<Asked>>,
}

/// One answer.
#[derive(Clone)]
pub(crate) struct Scene {
    status: u16,
    content_type: &'static str,
    text: String,
    /// The answer's end never comes.
    stays_open: bool,
}

/// One call as it came.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Asked {
    /// Such as `POST /offline?async=true`.
    pub(crate) line: String,
    pub(crate) body: Value,
    pub(crate) key: Option<String>,
    pub(crate) authorization: Option<String>,
}

impl Scene {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self { status, content_type: "application/json", text: body.to_string(), stays_open: false }
    }

    /// Events, and then the connection is closed.
    pub(crate) fn events(text: &str) -> Self {
        Self { status: 200, content_type: "text/event-stream", text: text.to_owned(), stays_open: false }
    }

    /// Events, and then nothing.
    pub(crate) fn open_events(text: &str) -> Self {
        Self { stays_open: true, ..Self::events(text) }
    }
}

impl Scripted {
    pub(crate) fn start(scenes: Vec<Scene>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared =
            Arc::new(Shared { replies: parking_lot::Mutex::new(scenes.into()), asked: watch::Sender::new(Vec::new()) });
        let data = web::Data::from(Arc::clone(&shared));
        let server = HttpServer::new(move || App::new().app_data(data.clone()).default_service(web::to(answer)))
            .workers(1)
            .disable_signals()
            .listen(listener)
            .unwrap()
            .run();
        tokio::spawn(server);
        Self { url, shared }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.asked.borrow().clone()
    }

    /// The lines of the calls.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }

    pub(crate) async fn until_asked(&self, times: usize) {
        let mut asked = self.shared.asked.subscribe();
        let enough = asked.wait_for(|asked| asked.len() >= times);
        assert!(tokio::time::timeout(EVENT_BOUND, enough).await.is_ok(), "asked {:?}", self.lines());
    }
}

async fn answer(request: HttpRequest, body: web::Bytes, shared: web::Data<Shared>) -> HttpResponse {
    let header = |name: &str| Some(request.headers().get(name)?.to_str().unwrap().to_owned());
    let asked = Asked {
        line: format!("{} {}", request.method(), request.uri()),
        body: serde_json::from_slice(&body).unwrap_or_default(),
        key: header("idempotency-key"),
        authorization: header("authorization"),
    };
    let scene = {
        let mut replies = shared.replies.lock();
        if replies.len() > 1 { replies.pop_front().unwrap() } else { replies.front().unwrap().clone() }
    };
    shared.asked.send_modify(|all| all.push(asked));
    let mut response = HttpResponse::build(StatusCode::from_u16(scene.status).unwrap());
    response.content_type(scene.content_type);
    let text = futures_util::stream::iter([Ok::<_, actix_web::Error>(web::Bytes::from(scene.text.clone()))]);
    if scene.stays_open {
        response.streaming(futures_util::StreamExt::chain(text, futures_util::stream::pending()))
    } else {
        response.streaming(text)
    }
}
