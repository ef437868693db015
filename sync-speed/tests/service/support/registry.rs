//! A registry by script: it keeps statuses and overrides as Eureka does, records every call, and fails on demand.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::{Events, free_listener};

#[derive(Clone)]
pub(crate) struct Instance {
    pub(crate) app: String,
    pub(crate) id: String,
    pub(crate) ip: String,
    pub(crate) port: u16,
    pub(crate) status: String,
    pub(crate) service_up_ms: i64,
    pub(crate) metadata: BTreeMap<String, String>,
}

/// A fault's status for a call that is never answered.
const NO_ANSWER: u16 = 0;

/// Answer a call whose line starts with this.
#[derive(Clone)]
pub(crate) struct Fault {
    pub(crate) starts_with: String,
    pub(crate) status: u16,
    /// Do what was asked all the same, as when the answer gets lost.
    pub(crate) does_it: bool,
    /// Once.
    pub(crate) is_over_then: bool,
}

#[derive(Default)]
struct State {
    instances: BTreeMap<(String, String), Instance>,
    /// What lists show instead of the truth.
    frozen: Option<Value>,
    faults: Vec<Fault>,
    /// DELETE …/status leaves OUT_OF_SERVICE as long as no status was put: the override was forgotten before.
    override_forgotten: bool,
    /// A change is answered with the instance, as by our registry and not by Java's.
    shows_changes: bool,
}

#[derive(Clone)]
pub(crate) struct FakeRegistry {
    pub(crate) url: String,
    pub(crate) events: Events,
    state: Arc<Mutex<State>>,
    handle: ServerHandle,
}

impl FakeRegistry {
    pub(crate) fn start(events: Events) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let listener = free_listener("127.0.0.1");
        let url = format!("http://{}/eureka/", listener.local_addr().unwrap());
        let shared = (Arc::clone(&state), events.clone());
        let server = HttpServer::new(move || {
            App::new().app_data(web::Data::new(shared.clone())).default_service(web::to(answer))
        })
        .workers(1)
        .disable_signals()
        .listen(listener)
        .unwrap()
        .run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { url, events, state, handle }
    }

    /// From now on connections are refused.
    pub(crate) async fn go_away(&self) {
        self.handle.stop(false).await;
    }

    pub(crate) fn add(&self, app: &str, id: &str, ip: &str, port: u16) {
        self.add_instance(Instance {
            app: app.to_owned(),
            id: id.to_owned(),
            ip: ip.to_owned(),
            port,
            status: "UP".to_owned(),
            service_up_ms: 1_000,
            metadata: BTreeMap::new(),
        });
    }

    pub(crate) fn add_gateway(&self, group: &str, id: &str, ip: &str, admin_port: u16) {
        self.add_instance(Instance {
            app: group.to_owned(),
            id: id.to_owned(),
            ip: ip.to_owned(),
            port: 8080,
            status: "UP".to_owned(),
            service_up_ms: 1_000,
            metadata: BTreeMap::from([("management.port".to_owned(), admin_port.to_string())]),
        });
    }

    pub(crate) fn add_instance(&self, instance: Instance) {
        self.state.lock().instances.insert((instance.app.clone(), instance.id.clone()), instance);
    }

    pub(crate) fn change(&self, app: &str, id: &str, change: impl FnOnce(&mut Instance)) {
        change(self.state.lock().instances.get_mut(&(app.to_owned(), id.to_owned())).unwrap());
    }

    pub(crate) fn remove(&self, app: &str, id: &str) {
        self.state.lock().instances.remove(&(app.to_owned(), id.to_owned())).unwrap();
    }

    pub(crate) fn status(&self, app: &str, id: &str) -> String {
        self.state.lock().instances[&(app.to_owned(), id.to_owned())].status.clone()
    }

    /// Lists show what is here now, whatever changes; single instances stay live.
    pub(crate) fn freeze_lists(&self) {
        let mut state = self.state.lock();
        state.frozen = Some(list(&state.instances));
    }

    /// Lists show nobody, until [`Self::thaw_lists`].
    pub(crate) fn empty_lists(&self) {
        self.state.lock().frozen = Some(list(&BTreeMap::new()));
    }

    pub(crate) fn thaw_lists(&self) {
        self.state.lock().frozen = None;
    }

    pub(crate) fn fail(&self, starts_with: &str, status: u16) {
        self.add_fault(starts_with, status, false, false);
    }

    pub(crate) fn fail_once(&self, starts_with: &str, status: u16) {
        self.add_fault(starts_with, status, false, true);
    }

    pub(crate) fn fail_but_do(&self, starts_with: &str, status: u16) {
        self.add_fault(starts_with, status, true, false);
    }

    fn add_fault(&self, starts_with: &str, status: u16, does_it: bool, is_over_then: bool) {
        let fault = Fault { starts_with: starts_with.to_owned(), status, does_it, is_over_then };
        self.state.lock().faults.push(fault);
    }

    /// Does what it is asked, and never answers.
    pub(crate) fn hang_but_do(&self, starts_with: &str) {
        self.fail_but_do(starts_with, NO_ANSWER);
    }

    pub(crate) fn mend_only(&self, starts_with: &str) {
        self.state.lock().faults.retain(|fault| fault.starts_with != starts_with);
    }

    pub(crate) fn mend(&self) {
        self.state.lock().faults.clear();
    }

    pub(crate) fn show_changes(&self) {
        self.state.lock().shows_changes = true;
    }

    pub(crate) fn forget_overrides(&self) {
        self.state.lock().override_forgotten = true;
    }

    /// What it was asked to change.
    pub(crate) fn changes(&self) -> Vec<String> {
        let is_change =
            |event: &String| ["registry PUT", "registry DELETE", "registry POST"].iter().any(|s| event.starts_with(s));
        self.events.matching("registry ").into_iter().filter(is_change).collect()
    }
}

type Shared = web::Data<(Arc<Mutex<State>>, Events)>;

async fn answer(request: HttpRequest, _body: web::Bytes, shared: Shared) -> HttpResponse {
    let (state, events) = shared.get_ref();
    let path = request.path().trim_start_matches("/eureka/").trim_end_matches('/').to_owned();
    let line = match request.query_string() {
        "" => format!("{} {path}", request.method()),
        query => format!("{} {path}?{query}", request.method()),
    };
    events.push(format!("registry {line}"));
    let fault = {
        let faults = &mut state.lock().faults;
        let place = faults.iter().position(|fault| line.starts_with(&fault.starts_with));
        place.map(|place| if faults[place].is_over_then { faults.remove(place) } else { faults[place].clone() })
    };
    if let Some(fault) = fault {
        if fault.does_it {
            route(&mut state.lock(), &request, &path);
        }
        if fault.status == NO_ANSWER {
            return std::future::pending().await;
        }
        return HttpResponse::build(StatusCode::from_u16(fault.status).unwrap()).finish();
    }
    route(&mut state.lock(), &request, &path)
}

fn route(state: &mut State, request: &HttpRequest, path: &str) -> HttpResponse {
    let parts: Vec<String> = path.split('/').map(|part| part.replace("%3A", ":")).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match (request.method().as_str(), parts.as_slice()) {
        ("GET", ["apps", "delta"]) => HttpResponse::Forbidden().finish(),
        ("GET", ["apps"]) => HttpResponse::Ok().json(state.frozen.clone().unwrap_or_else(|| list(&state.instances))),
        ("GET", ["apps", app, id]) => match state.instances.get(&key(app, id)) {
            Some(instance) => HttpResponse::Ok().json(json!({"instance": shown(instance)})),
            None => HttpResponse::NotFound().finish(),
        },
        ("POST", ["apps", _]) => HttpResponse::NoContent().finish(),
        ("PUT", ["apps", app, id, "status"]) => change_status(state, app, id, value_of(request)),
        ("DELETE", ["apps", app, id, "status"]) => {
            let forgotten = state.override_forgotten;
            let value = value_of(request).unwrap_or_else(|| "UNKNOWN".to_owned());
            match state.instances.get_mut(&key(app, id)) {
                Some(instance) => {
                    if !(forgotten && instance.status == "OUT_OF_SERVICE") {
                        instance.status = value;
                    }
                    HttpResponse::Ok().finish()
                }
                None => HttpResponse::NotFound().finish(),
            }
        }
        ("PUT" | "DELETE", ["apps", _, _]) => HttpResponse::Ok().finish(),
        _ => HttpResponse::NotFound().finish(),
    }
}

fn change_status(state: &mut State, app: &str, id: &str, value: Option<String>) -> HttpResponse {
    let shows = state.shows_changes;
    match (state.instances.get_mut(&key(app, id)), value) {
        (Some(instance), Some(value)) => {
            instance.status = value;
            match shows {
                true => HttpResponse::Ok().json(json!({"instance": shown(instance)})),
                false => HttpResponse::Ok().finish(),
            }
        }
        (None, _) => HttpResponse::NotFound().finish(),
        (Some(_), None) => HttpResponse::InternalServerError().finish(),
    }
}

fn key(app: &str, id: &str) -> (String, String) {
    (app.to_uppercase(), id.to_owned())
}

fn value_of(request: &HttpRequest) -> Option<String> {
    request.query_string().split('&').find_map(|pair| pair.strip_prefix("value=").map(str::to_owned))
}

fn list(instances: &BTreeMap<(String, String), Instance>) -> Value {
    let mut by_app: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for instance in instances.values() {
        by_app.entry(&instance.app).or_default().push(shown(instance));
        *counts.entry(&instance.status).or_default() += 1;
    }
    let hash: String = counts.iter().map(|(status, count)| format!("{status}_{count}_")).collect();
    let applications: Vec<Value> =
        by_app.into_iter().map(|(name, instances)| json!({"name": name, "instance": instances})).collect();
    json!({"applications": {"versions__delta": "1", "apps__hashcode": hash, "application": applications}})
}

fn shown(instance: &Instance) -> Value {
    json!({
        "instanceId": instance.id,
        "hostName": instance.ip,
        "app": instance.app,
        "ipAddr": instance.ip,
        "status": instance.status,
        "overriddenStatus": "UNKNOWN",
        "port": {"$": instance.port, "@enabled": "true"},
        "securePort": {"$": 443, "@enabled": "false"},
        "countryId": 1,
        "dataCenterInfo": {"@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"},
        "leaseInfo": {
            "renewalIntervalInSecs": 30, "durationInSecs": 90, "registrationTimestamp": 900,
            "lastRenewalTimestamp": 1_000, "evictionTimestamp": 0, "serviceUpTimestamp": instance.service_up_ms,
        },
        "metadata": instance.metadata,
        "vipAddress": instance.app.to_lowercase(),
        "isCoordinatingDiscoveryServer": "false",
        "lastUpdatedTimestamp": "1000",
        "lastDirtyTimestamp": "1000",
        "actionType": "ADDED",
    })
}
