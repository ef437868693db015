//! A gateway's admin API that records what it is told and answers as it is set.

use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{Events, free_listener};

#[derive(Clone)]
pub(crate) enum Mode {
    Outcome(&'static str),
    Status(u16),
    Body(String),
    Silent,
}

#[derive(Clone)]
pub(crate) struct FakeGateway {
    pub(crate) port: u16,
    shared: Shared,
    handle: ServerHandle,
}

#[derive(Clone)]
struct Shared {
    node: String,
    events: Events,
    mode: Arc<Mutex<Mode>>,
    told: Arc<Mutex<Vec<Value>>>,
    authorization: Arc<Mutex<Option<String>>>,
    under_way: Arc<watch::Sender<u64>>,
}

impl FakeGateway {
    pub(crate) fn start(node: &str, address: &str, events: Events) -> Self {
        let listener = free_listener(address);
        let port = listener.local_addr().unwrap().port();
        let shared = Shared {
            node: node.to_owned(),
            events,
            mode: Arc::new(Mutex::new(Mode::Outcome("applied"))),
            told: Arc::default(),
            authorization: Arc::default(),
            under_way: Arc::new(watch::Sender::new(0)),
        };
        let data = shared.clone();
        let server =
            HttpServer::new(move || App::new().app_data(web::Data::new(data.clone())).default_service(web::to(answer)))
                .workers(1)
                .disable_signals()
                .listen(listener)
                .unwrap()
                .run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { port, shared, handle }
    }

    /// What it says when it starts.
    pub(crate) fn announcement(&self) -> Value {
        json!({"node": self.shared.node, "group": super::service::GROUP, "admin": format!("http://127.0.0.1:{}", self.port)})
    }

    pub(crate) fn answer_with(&self, mode: Mode) {
        *self.shared.mode.lock() = mode;
    }

    /// Requests that it says are under way, on whichever instance.
    pub(crate) fn set_under_way(&self, count: u64) {
        self.shared.under_way.send_replace(count);
    }

    /// The bodies it was sent.
    pub(crate) fn told(&self) -> Vec<Value> {
        self.shared.told.lock().clone()
    }

    pub(crate) fn last_authorization(&self) -> Option<String> {
        self.shared.authorization.lock().clone()
    }

    pub(crate) async fn go_away(&self) {
        self.handle.stop(false).await;
    }
}

async fn answer(request: HttpRequest, body: web::Bytes, shared: web::Data<Shared>) -> HttpResponse {
    if request.path() == "/under-way" {
        return under_way(&request, &shared).await;
    }
    let body: Value = serde_json::from_slice(&body).unwrap();
    let header = request.headers().get(AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned());
    *shared.authorization.lock() = header;
    shared.told.lock().push(body.clone());
    shared.events.push(format!("{} {} {} {}", shared.node, request.path(), body["instanceId"], body["number"]));
    let mode = shared.mode.lock().clone();
    match mode {
        Mode::Outcome(outcome) => HttpResponse::Ok().json(json!({"outcome": outcome, "node": shared.node})),
        Mode::Status(status) => {
            HttpResponse::build(StatusCode::from_u16(status).unwrap()).json(json!({"error": "scripted"}))
        }
        Mode::Body(text) => HttpResponse::Ok().body(text),
        Mode::Silent => std::future::pending().await,
    }
}

/// Answers when nothing is under way. A bound of 0 or 1 ms is over at once; others are longer than any test.
async fn under_way(request: &HttpRequest, shared: &Shared) -> HttpResponse {
    shared.events.push(format!("{} {}?{}", shared.node, request.path(), request.query_string()));
    let mut count = shared.under_way.subscribe();
    if !["withinMs=0", "withinMs=1"].iter().any(|bound| request.query_string().ends_with(bound)) {
        count.wait_for(|count| *count == 0).await.unwrap();
    }
    let now = *count.borrow();
    HttpResponse::Ok().json(json!({"node": shared.node, "underWay": now}))
}
