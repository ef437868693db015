//! A sync-speed that answers announcements as a test wants it.

use std::net::SocketAddr;
use std::sync::Arc;

use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::gateway::order;
use super::producer::Producer;
use super::{Body, serve, text};

#[derive(Clone)]
pub(crate) struct SyncSpeed {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    held: Arc<watch::Sender<bool>>,
}

struct State {
    marks: Vec<Value>,
    /// Instead of an answer.
    instead: Option<(u16, String)>,
    announced: Vec<Value>,
    /// Instances that refuse connections.
    reported: Vec<Value>,
    authorization: Option<String>,
}

impl SyncSpeed {
    pub(crate) async fn start() -> Self {
        let state = State {
            marks: Vec::new(),
            instead: None,
            announced: Vec::new(),
            reported: Vec::new(),
            authorization: None,
        };
        let (state, held) = (Arc::new(Mutex::new(state)), Arc::new(watch::Sender::new(false)));
        let shared = (Arc::clone(&state), Arc::clone(&held));
        let address =
            serve([127, 0, 0, 1], move |request| answer(Arc::clone(&shared.0), shared.1.subscribe(), request)).await;
        Self { address, state, held }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on this is a live mark.
    pub(crate) fn mark(&self, kind: &str, number: i64, producer: &Producer) {
        let mut mark = order(number, producer);
        mark["kind"] = json!(kind);
        self.state.lock().marks.push(mark);
    }

    pub(crate) fn answer_with(&self, instead: Option<(u16, &str)>) {
        self.state.lock().instead = instead.map(|(status, body)| (status, body.to_owned()));
    }

    /// Whether answers wait.
    pub(crate) fn hold(&self, is_held: bool) {
        self.held.send_replace(is_held);
    }

    /// What was announced.
    pub(crate) fn announced(&self) -> Vec<Value> {
        self.state.lock().announced.clone()
    }

    pub(crate) fn reported(&self) -> Vec<Value> {
        self.state.lock().reported.clone()
    }

    pub(crate) fn authorization(&self) -> Option<String> {
        self.state.lock().authorization.clone()
    }
}

async fn answer(
    state: Arc<Mutex<State>>,
    mut held: watch::Receiver<bool>,
    request: Request<Incoming>,
) -> Response<Body> {
    let authorization = request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    {
        let mut state = state.lock();
        state.authorization = authorization;
        let body = serde_json::from_slice(&body).unwrap();
        match path.as_str() {
            "/gateways" => state.announced.push(body),
            "/gateways/refused" => state.reported.push(body),
            other => panic!("{other}"),
        }
    }
    held.wait_for(|held| !held).await.unwrap();
    let state = state.lock();
    let (status, body) = state.instead.clone().unwrap_or_else(|| {
        let number = state.marks.iter().filter_map(|mark| mark["number"].as_i64()).max().unwrap_or_default();
        (200, json!({"number": number, "ttlMs": 90_000, "marks": state.marks}).to_string())
    });
    Response::builder().status(status).body(text(body)).unwrap()
}
