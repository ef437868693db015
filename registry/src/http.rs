//! THE route table: every resource, in one place. The only modules that see the server framework are this one and
//! those below it.

mod accept;
mod asg;
mod batch;
mod batch_answer;
mod body;
mod body_budget;
mod complaints;
mod connection;
mod fault;
mod guard;
mod held_answers;
mod idle;
mod instance;
mod lists;
mod metrics;
mod misdirected;
mod noted;
mod outbox;
mod pages;
mod peer_warning;
mod query;
mod rate_limit;
mod refusal;
mod register;
mod route;
mod server;
mod server_info;
mod server_status;
mod slices;
mod status;
mod timestamp;
mod watch;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, ALLOW, CONTENT_TYPE, HeaderName};
use actix_web::web::{Bytes, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use eurus_model::Detail;
use eurus_service::Clock;

use crate::paths::Paths;
use crate::registry::Registry;
use crate::response_cache::Entity;
use crate::store::Origin;
use crate::traffic::Traffic;
use accept::{Negotiated, negotiate};
pub(crate) use body_budget::Bodies;
pub(crate) use complaints::Complaints;
pub(crate) use guard::Guard;
pub(crate) use held_answers::SENDING_BYTES_MAX;
use noted::Noted;
use refusal::Refusal;
use route::Route;
pub(crate) use route::decode_segment;
pub use server::{CONNECTIONS_PER_WORKER_MAX, KEEP_ALIVE_S, TLS_HANDSHAKE_S_MAX};
pub(crate) use server::{Port, Serving, start};
pub(crate) use watch::Watch;

/// Set to `true` by another registry that hands on what it was told.
const REPLICATION_HEADER: HeaderName = HeaderName::from_static("x-netflix-discovery-replication");
const EUREKA_ACCEPT_HEADER: HeaderName = HeaderName::from_static("x-eureka-accept");

/// What every request needs.
pub(crate) struct Context {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    pub(crate) is_encrypted: bool,
    pub(crate) registry: Arc<Registry>,
    pub(crate) clock: Clock,
    pub(crate) guard: Guard,
    pub(crate) traffic: Arc<Traffic>,
    pub(crate) bodies: Bodies,
    pub(crate) complaints: Complaints,
    pub(crate) watch: Arc<Watch>,
    pub(crate) paths: Paths,
    /// On the port of their own that health and metrics have, if they have one.
    pub(crate) management_paths: Paths,
    pub(crate) management_port: Option<u16>,
    /// The other registries, for people.
    pub(crate) peers: Vec<String>,
}

/// One request, its body read, at its moment.
struct Call<'a> {
    request: &'a HttpRequest,
    body: &'a Bytes,
    registry: Arc<Registry>,
    context: &'a Context,
    noted: &'a Noted,
    now_ms: i64,
}

/// Answers any request to the main port.
pub(crate) async fn serve(request: HttpRequest, payload: Payload, context: Data<Context>) -> HttpResponse {
    let path = context.paths.standard(request.uri().path());
    let is_elsewhere =
        |route: &Route<'_>| route.is_management() && !context.registry.config().management.is_on_main_port();
    let route = path.as_deref().and_then(Route::of).filter(|route| !is_elsewhere(route));
    serve_route(&request, payload, &context, route).await
}

/// Answers any request to the port of health and metrics.
pub(crate) async fn serve_management(request: HttpRequest, payload: Payload, context: Data<Context>) -> HttpResponse {
    let path = context.management_paths.standard(request.uri().path());
    let route = path.as_deref().and_then(Route::of).filter(Route::is_management);
    serve_route(&request, payload, &context, route).await
}

async fn serve_route(
    request: &HttpRequest,
    payload: Payload,
    context: &Context,
    route: Option<Route<'_>>,
) -> HttpResponse {
    let noted = Noted::of(route.as_ref());
    let read = match guard::admit(request, route.as_ref(), context).await {
        Ok(()) => {
            let takes_body = route.as_ref().is_some_and(|route| route.takes_body(request.method()));
            context.bodies.read(request, payload, takes_body, context.clock.now_ms()).await
        }
        Err(refusal) => Err(refusal),
    };
    let faults = &context.registry.config().faults;
    let read = match read {
        Ok(body) => fault::before(faults, request, &body.bytes, route.as_ref()).await.map(|()| body),
        Err(refusal) => Err(refusal),
    };
    // The moment of a change is the moment when it is known whole.
    let begun_ns = context.clock.now_ns();
    let now_ms = begun_ns / 1_000_000;
    let answer = match read {
        Ok(body) => {
            let registry = Arc::clone(&context.registry);
            let call = Call { request, body: &body.bytes, registry, context, noted: &noted, now_ms };
            match answer(&call, route).await {
                Ok(response) => fault::after(faults, request, &body.bytes).await.map(|()| response),
                refused => refused,
            }
        }
        Err(refusal) => Err(refusal),
    };
    let response = answer.unwrap_or_else(|refusal| {
        context.complaints.note(request, &refusal, now_ms);
        refusal.respond(request, now_ms)
    });
    context.traffic.answered(&noted.exchange(request, &response, context.clock.now_ns() - begun_ns));
    response
}

async fn answer(call: &Call<'_>, route: Option<Route<'_>>) -> Result<HttpResponse, Refusal> {
    let (method, registry, now_ms) = (call.request.method(), &call.registry, call.now_ms);
    if *method == Method::TRACE {
        return Err(Refusal::TraceNotAllowed);
    }
    let route = route.ok_or(Refusal::NotFound)?;
    rate_limit::check(call, &route)?;
    // HEAD is GET; the server leaves the body out.
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    match (method.as_str(), &route) {
        ("GET", Route::Apps) => lists::list(call, Entity::All).await,
        ("GET", Route::Delta) => lists::delta(call).await,
        ("GET", Route::App(app)) => lists::list(call, Entity::App(app.to_string())).await,
        ("GET", Route::Vip(kind, address)) => lists::list(call, Entity::Vip(*kind, address.to_string())).await,
        ("GET", Route::Instance(app, id)) => instance::show(call, registry.instance(app, id, now_ms)),
        ("GET", Route::InstanceById(id)) => instance::show(call, registry.store().instance_by_id(id, now_ms)),
        ("POST", Route::App(app)) => register::register(call, app),
        ("PUT", Route::Instance(app, id)) => instance::renew(call, app, id),
        ("DELETE", Route::Instance(app, id)) => instance::cancel(call, app, id),
        ("PUT", Route::Status(app, id)) => status::set(call, app, id),
        ("DELETE", Route::Status(app, id)) => status::remove_override(call, app, id),
        ("PUT", Route::Metadata(app, id)) => status::put_metadata(call, app, id),
        ("POST", Route::Batch) => batch::replicate(call),
        ("PUT", Route::AsgStatus(group)) => asg::set(call, group),
        ("GET", Route::ServerStatus) => server_status::show(call),
        ("GET", Route::StatusOverrides) => server_info::status_overrides(call),
        ("GET", Route::Health) => Ok(pages::health()),
        ("GET", Route::Endpoints) => Ok(pages::endpoints(call)),
        ("GET", Route::Metrics) => metrics::show(call).await,
        ("GET", Route::Dashboard) => Ok(pages::dashboard(call)),
        ("GET", Route::LastLeases) => Ok(pages::last_leases(call)),
        ("OPTIONS", route) => options(call, route.allowed()),
        (_, route) => Err(Refusal::MethodNotAllowed { allowed: route.allowed() }),
    }
}

fn options(call: &Call<'_>, allowed: &str) -> Result<HttpResponse, Refusal> {
    let content_type = call.negotiated()?.label();
    let head = if allowed.contains("GET") { "HEAD," } else { "" };
    let mut response = HttpResponse::Ok();
    response.insert_header((ALLOW, format!("{head}{allowed}")));
    Ok(response.insert_header((CONTENT_TYPE, content_type)).finish())
}

impl Call<'_> {
    /// The format of the answer.
    fn negotiated(&self) -> Result<Negotiated, Refusal> {
        let negotiated = negotiate(header(self.request, ACCEPT)).ok_or(Refusal::NotAcceptable)?;
        self.noted.format.set(Some(negotiated.format));
        Ok(negotiated)
    }

    fn detail(&self) -> Detail {
        match header(self.request, EUREKA_ACCEPT_HEADER) {
            Some(wanted) if wanted.eq_ignore_ascii_case("compact") => Detail::Compact,
            _ => Detail::Full,
        }
    }

    fn peer(&self) -> Option<IpAddr> {
        self.request.peer_addr().map(|address| address.ip())
    }

    fn origin(&self) -> Origin {
        origin(self.request)
    }
}

/// Whether a client or another registry speaks.
fn origin(request: &HttpRequest) -> Origin {
    match header(request, REPLICATION_HEADER) {
        Some("true") => Origin::Replica,
        _ => Origin::Client,
    }
}

/// The text of a header; of several the first.
fn header(request: &HttpRequest, name: HeaderName) -> Option<&str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}
