//! A registry that says what a test wants it to say.

use std::net::SocketAddr;
use std::sync::Arc;

use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::producer::Producer;
use super::{Body, serve, text};

pub(crate) const SERVICE_UP_MS: i64 = 1_795_317_444_777;

#[derive(Clone, Default)]
pub(crate) struct Registry {
    address: Option<SocketAddr>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    instances: Vec<Value>,
    registered: Vec<Value>,
    cancelled: Vec<String>,
    is_away: bool,
    calls: usize,
}

impl Registry {
    pub(crate) async fn start(producers: &[&Producer]) -> Self {
        let mut registry = Self::default();
        let state = Arc::clone(&registry.state);
        registry.address = Some(serve([127, 0, 0, 1], move |request| answer(Arc::clone(&state), request)).await);
        for producer in producers {
            registry.put(producer, "UP");
        }
        registry
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/eureka/", self.address.unwrap())
    }

    /// Adds or replaces a producer's instance.
    pub(crate) fn put(&self, producer: &Producer, status: &str) {
        self.put_instance(producer.instance(status, SERVICE_UP_MS));
    }

    pub(crate) fn put_instance(&self, instance: Value) {
        let instances = &mut self.state.lock().instances;
        instances.retain(|known| known["instanceId"] != instance["instanceId"]);
        instances.push(instance);
    }

    pub(crate) fn remove(&self, producer: &Producer) {
        self.state.lock().instances.retain(|known| known["instanceId"] != producer.id.as_str());
    }

    pub(crate) fn forget_all(&self) {
        self.state.lock().instances.clear();
    }

    pub(crate) fn set_away(&self, is_away: bool) {
        self.state.lock().is_away = is_away;
    }

    /// Requests of any kind.
    pub(crate) fn calls(&self) -> usize {
        self.state.lock().calls
    }

    /// What was posted to register.
    pub(crate) fn registered(&self) -> Vec<Value> {
        self.state.lock().registered.clone()
    }

    /// The paths of cancellations.
    pub(crate) fn cancelled(&self) -> Vec<String> {
        self.state.lock().cancelled.clone()
    }
}

async fn answer(state: Arc<Mutex<State>>, request: Request<Incoming>) -> Response<Body> {
    let (method, path) = (request.method().clone(), request.uri().path().trim_end_matches('/').to_owned());
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let mut state = state.lock();
    state.calls += 1;
    let (status, body) = if state.is_away {
        (StatusCode::SERVICE_UNAVAILABLE, String::new())
    } else if method == Method::GET && path == "/eureka/apps" {
        (StatusCode::OK, applications(&state.instances).to_string())
    } else if method == Method::POST {
        state.registered.push(serde_json::from_slice(&body).unwrap());
        (StatusCode::NO_CONTENT, String::new())
    } else if method == Method::PUT {
        (StatusCode::OK, String::new())
    } else if method == Method::DELETE {
        state.cancelled.push(path);
        (StatusCode::OK, String::new())
    } else {
        (StatusCode::NOT_FOUND, String::new())
    };
    let response = Response::builder().status(status).header("content-type", "application/json");
    response.body(text(body)).unwrap()
}

fn applications(instances: &[Value]) -> Value {
    let mut names: Vec<_> = instances.iter().map(|one| one["app"].as_str().unwrap()).collect();
    names.sort_unstable();
    names.dedup();
    let application: Vec<_> = names
        .iter()
        .map(|name| {
            let own: Vec<_> = instances.iter().filter(|one| one["app"] == *name).collect();
            json!({"name": name, "instance": own})
        })
        .collect();
    json!({"applications": {"versions__delta": "1", "apps__hashcode": "", "application": application}})
}
