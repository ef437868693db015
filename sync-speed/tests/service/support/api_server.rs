//! A Kubernetes API server by script: lists and watches of pods over HTTP, with the shapes of a real one. It keeps what
//! happened by resource version, so that a watch that begins late misses nothing, and forgets it on demand.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use chrono::{DateTime, SecondsFormat};
use futures_util::{StreamExt, stream};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{Events, free_listener};

#[derive(Clone)]
pub(crate) struct ApiServer {
    pub(crate) url: String,
    pub(crate) events: Events,
    state: Arc<Mutex<State>>,
}

struct State {
    pods: BTreeMap<String, Value>,
    version: u64,
    /// What happened, by version.
    history: Vec<(u64, String)>,
    /// What happened up to here is forgotten.
    forgotten_up_to: u64,
    watches: Vec<mpsc::UnboundedSender<String>>,
    /// Answers calls whose line contains the text.
    refusals: Vec<(String, u16)>,
}

impl ApiServer {
    pub(crate) fn start(events: Events) -> Self {
        let listener = free_listener("127.0.0.1");
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State {
            pods: BTreeMap::new(),
            version: 100,
            history: Vec::new(),
            forgotten_up_to: 0,
            watches: Vec::new(),
            refusals: Vec::new(),
        }));
        let shared = (Arc::clone(&state), events.clone());
        let server = HttpServer::new(move || {
            App::new().app_data(web::Data::new(shared.clone())).default_service(web::to(answer))
        })
        .workers(1)
        .disable_signals()
        .listen(listener)
        .unwrap()
        .run();
        tokio::spawn(server);
        Self { url, events, state }
    }

    /// A file as `kubectl` has it.
    #[allow(clippy::disallowed_methods)] // A file of a test.
    pub(crate) fn kubeconfig(&self, folder: &Path) -> PathBuf {
        let file = folder.join("kubeconfig.yaml");
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{{name: c, context: {{cluster: k, user: u}}}}]\n\
             clusters: [{{name: k, cluster: {{server: \"{}\"}}}}]\nusers: [{{name: u, user: {{token: abc}}}}]\n",
            self.url
        );
        std::fs::write(&file, text).unwrap();
        file
    }

    /// A pod appears, or is another from now on.
    pub(crate) fn put(&self, pod: Pod) {
        let mut state = self.state.lock();
        let kind = if state.pods.contains_key(pod.uid) { "MODIFIED" } else { "ADDED" };
        let uid = pod.uid.to_owned();
        state.version += 1;
        let object = pod.object(state.version);
        state.pods.insert(uid, object.clone());
        state.tell(kind, &object);
    }

    /// Its last container has ended, and it is gone.
    pub(crate) fn remove(&self, uid: &str) {
        let mut state = self.state.lock();
        let mut object = state.pods.remove(uid).unwrap();
        state.version += 1;
        object["metadata"]["resourceVersion"] = json!(state.version.to_string());
        state.tell("DELETED", &object);
    }

    /// It has other labels than those that are followed, and runs on.
    pub(crate) fn relabel(&self, uid: &str) {
        let mut state = self.state.lock();
        state.version += 1;
        let mut object = state.pods[uid].clone();
        object["metadata"]["resourceVersion"] = json!(state.version.to_string());
        state.tell("DELETED", &object);
    }

    /// Time goes by, as watches hear of every minute.
    pub(crate) fn bookmark(&self) {
        let mut state = self.state.lock();
        state.version += 1;
        let metadata = json!({"resourceVersion": state.version.to_string(), "creationTimestamp": null});
        let line = line("BOOKMARK", &json!({"kind": "Pod", "apiVersion": "v1", "metadata": metadata}));
        state.send(&line);
    }

    /// Watches end, as after their time.
    pub(crate) fn end_watches(&self) {
        self.state.lock().watches.clear();
    }

    /// What happened so far cannot be followed any more: watches end with that, and later ones that want it.
    pub(crate) fn forget_history(&self) {
        let mut state = self.state.lock();
        state.version += 1;
        state.forgotten_up_to = state.version;
        state.history.clear();
        let line = line("ERROR", &too_old());
        state.send(&line);
        state.watches.clear();
    }

    /// From now on calls whose line contains the text are answered so.
    pub(crate) fn refuse(&self, part: &str, status: u16) {
        self.state.lock().refusals.push((part.to_owned(), status));
    }

    pub(crate) fn mend(&self) {
        self.state.lock().refusals.clear();
    }

    /// How many lists, or watches, were asked for.
    pub(crate) async fn until_asked(&self, times: usize, part: &str) {
        self.events.wait_for(times, part).await;
    }
}

impl State {
    fn tell(&mut self, kind: &str, object: &Value) {
        let line = line(kind, object);
        self.history.push((self.version, line.clone()));
        self.send(&line);
    }

    fn send(&mut self, line: &str) {
        self.watches.retain(|watch| watch.send(line.to_owned()).is_ok());
    }
}

/// What matters of a pod.
#[derive(Clone)]
pub(crate) struct Pod {
    pub(crate) uid: &'static str,
    pub(crate) ip: Option<&'static str>,
    pub(crate) created_ms: i64,
    /// When its deletion is asked for; it has 30 s for it.
    pub(crate) deletion_asked_ms: Option<i64>,
    pub(crate) annotations: Value,
    pub(crate) host_network: bool,
}

impl Pod {
    pub(crate) fn new(uid: &'static str, ip: &'static str, created_ms: i64) -> Self {
        Self {
            uid,
            ip: Some(ip),
            created_ms,
            deletion_asked_ms: None,
            annotations: json!({"eurus.io/offline-on-delete": "true"}),
            host_network: false,
        }
    }

    pub(crate) fn deleted_at(self, asked_ms: i64) -> Self {
        Self { deletion_asked_ms: Some(asked_ms), ..self }
    }

    fn object(&self, version: u64) -> Value {
        let mut metadata = json!({
            "name": format!("pod-{}", self.uid), "generateName": "pod-", "namespace": "shop", "uid": self.uid,
            "resourceVersion": version.to_string(), "creationTimestamp": time(self.created_ms),
            "labels": {"app": "java-service", "pod-template-hash": "6d4cf56db6"},
            "annotations": self.annotations,
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "pod", "uid": "r-1",
                "controller": true, "blockOwnerDeletion": true}],
        });
        if let Some(asked_ms) = self.deletion_asked_ms {
            metadata["deletionTimestamp"] = json!(time(asked_ms + 30_000));
            metadata["deletionGracePeriodSeconds"] = json!(30);
        }
        let mut status = json!({"phase": "Running", "hostIP": "172.18.0.2", "startTime": time(self.created_ms),
            "conditions": [{"type": "Ready", "status": "True", "lastProbeTime": null,
                "lastTransitionTime": time(self.created_ms)}],
            "qosClass": "BestEffort"});
        if let Some(ip) = self.ip {
            status["podIP"] = json!(ip);
            status["podIPs"] = json!([{"ip": ip}]);
        }
        json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "status": status,
            "spec": {"containers": [{"name": "java", "image": "java-service:7", "resources": {},
                "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"}],
                "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "hostNetwork": self.host_network,
                "dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler"},
        })
    }
}

fn time(ms: i64) -> String {
    DateTime::from_timestamp_millis(ms).unwrap().to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn line(kind: &str, object: &Value) -> String {
    format!("{}\n", json!({"type": kind, "object": object}))
}

fn too_old() -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "reason": "Expired", "code": 410,
        "message": "too old resource version: 101 (140)"})
}

async fn answer(request: HttpRequest, shared: web::Data<(Arc<Mutex<State>>, Events)>) -> HttpResponse {
    let (state, events) = shared.get_ref();
    let query = request.query_string();
    let is_watch = query.contains("watch=true");
    let call = format!("api {} {}?{query}", if is_watch { "watch" } else { "list" }, request.path());
    // Apart, so that the lock is free again.
    let refused = refused(&state.lock(), &call);
    let answer = match refused {
        Some(refused) => refused,
        None if is_watch => watch(&mut state.lock(), query),
        None => list(&state.lock()),
    };
    // Last: who waits for it may go on.
    events.push(call);
    answer
}

fn refused(state: &State, call: &str) -> Option<HttpResponse> {
    let (_, status) = state.refusals.iter().find(|(part, _)| call.contains(part))?;
    let mut body = too_old();
    body["code"] = json!(status);
    body["reason"] = json!(match status {
        401 => "Unauthorized",
        403 => "Forbidden",
        410 => "Expired",
        _ => "InternalError",
    });
    body["message"] = json!("pods is forbidden: User \"system:serviceaccount:eurus:sync-speed\" cannot list resource");
    Some(HttpResponse::build(StatusCode::from_u16(*status).unwrap()).json(body))
}

fn list(state: &State) -> HttpResponse {
    let items: Vec<&Value> = state.pods.values().collect();
    let metadata = json!({"resourceVersion": state.version.to_string()});
    HttpResponse::Ok().json(json!({"kind": "PodList", "apiVersion": "v1", "metadata": metadata, "items": items}))
}

fn watch(state: &mut State, query: &str) -> HttpResponse {
    let from: u64 = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("resourceVersion="))
        .map(|version| version.parse().unwrap())
        .unwrap();
    let (sender, receiver) = mpsc::unbounded_channel();
    if from < state.forgotten_up_to {
        sender.send(line("ERROR", &too_old())).unwrap();
    } else {
        for (_, line) in state.history.iter().filter(|(version, _)| *version > from) {
            sender.send(line.clone()).unwrap();
        }
        state.watches.push(sender);
    }
    let lines =
        stream::unfold(receiver, |mut receiver| async move { receiver.recv().await.map(|line| (line, receiver)) });
    let bytes = lines.map(|line| Ok::<_, Infallible>(web::Bytes::from(line)));
    HttpResponse::Ok().content_type("application/json").streaming(bytes)
}
