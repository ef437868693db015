//! The control API's route table. What a page in a browser could send is refused: only programs on this machine move time.

use actix_web::error::{InternalError, PathError, QueryPayloadError};
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Path, PathConfig, Query, QueryConfig, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use super::BODY_BYTES_MAX;
use super::commands::{Command, Refused, What};
use crate::harness::duration::span_ms;

type Orders = Data<mpsc::Sender<Command>>;

/// Where everything is.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .app_data(QueryConfig::default().error_handler(|error, http| no_query(&error, http)))
        .app_data(PathConfig::default().error_handler(|error, http| no_path(&error, http)))
        .service(at("/harness", web::get().to(async |request, orders| ask(request, orders, What::Nodes).await)))
        .service(at("/harness/clock", web::get().to(async |request, orders| ask(request, orders, What::Clock).await)))
        .service(at("/harness/clock/advance", web::post().to(advance)))
        .service(at(
            "/harness/clock/freeze",
            web::post().to(async |request, orders| ask(request, orders, What::Freeze(true)).await),
        ))
        .service(at(
            "/harness/clock/thaw",
            web::post().to(async |request, orders| ask(request, orders, What::Freeze(false)).await),
        ))
        .service(at("/harness/caches", web::get().to(async |request, orders| ask(request, orders, What::Layers).await)))
        .service(at("/harness/caches/{node}/{layer}", web::get().to(layer)))
        .service(at("/harness/caches/{node}/{layer}/{fault}", web::post().to(disturb)))
        .service(at(
            "/harness/timeline",
            web::get().to(async |request, orders| ask(request, orders, What::Timeline).await),
        ))
        .service(at("/harness/steps", web::post().to(act)))
        .service(at("/harness/requests/{app}", web::post().to(request)))
        .default_service(web::to(nowhere));
}

/// Whatever is answered, is JSON: also to another method.
fn at(path: &str, route: actix_web::Route) -> actix_web::Resource {
    web::resource(path).route(route).default_service(web::to(otherwise))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    by: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Way {
    through: Option<String>,
}

async fn advance(http: HttpRequest, query: Query<Advance>, orders: Orders) -> HttpResponse {
    let by = query.into_inner().by.unwrap_or_default();
    match span_ms(&by) {
        Some(ms) => ask(http, orders, What::Advance(ms)).await,
        None => refused(&Refused::Wrong(format!(
            "by={}: not a duration: it is /clock/advance?by=90s, or 1m30s, 1h, 500ms",
            by.escape_debug()
        ))),
    }
}

async fn layer(http: HttpRequest, path: Path<(String, String)>, orders: Orders) -> HttpResponse {
    let (node, layer) = path.into_inner();
    ask(http, orders, What::Layer(node, layer)).await
}

/// The same as the step `freeze: {node: registry-1, layer: read-only}`.
async fn disturb(http: HttpRequest, path: Path<(String, String, String)>, orders: Orders) -> HttpResponse {
    let (node, layer, fault) = path.into_inner();
    ask(http, orders, What::Disturb(node, layer, fault)).await
}

async fn act(http: HttpRequest, body: Result<Bytes, actix_web::Error>, orders: Orders) -> HttpResponse {
    match body {
        Ok(body) => ask(http, orders, What::Act(String::from_utf8_lossy(&body).into_owned())).await,
        Err(error) => refused(&Refused::Wrong(format!(
            "this step cannot be read: {error} (at most {BODY_BYTES_MAX} bytes are taken)"
        ))),
    }
}

async fn request(http: HttpRequest, app: Path<String>, query: Query<Way>, orders: Orders) -> HttpResponse {
    ask(http, orders, What::Request(app.into_inner(), query.into_inner().through)).await
}

async fn nowhere(http: HttpRequest) -> HttpResponse {
    let words = format!("there is no {} {} here: see docs/harness.md", http.method(), http.path().escape_debug());
    HttpResponse::NotFound().json(json!({"error": words}))
}

async fn otherwise(http: HttpRequest) -> HttpResponse {
    let words = format!("{} is not for {}: see docs/harness.md", http.method(), http.path().escape_debug());
    HttpResponse::MethodNotAllowed().json(json!({"error": words}))
}

fn no_query(error: &QueryPayloadError, http: &HttpRequest) -> actix_web::Error {
    let query = http.query_string().escape_debug();
    let answer = refused(&Refused::Wrong(format!("the query '{query}' is not understood: {error}")));
    InternalError::from_response("query", answer).into()
}

fn no_path(error: &PathError, http: &HttpRequest) -> actix_web::Error {
    let path = http.path().escape_debug();
    let answer = refused(&Refused::Wrong(format!("the path '{path}' is not understood: {error}")));
    InternalError::from_response("path", answer).into()
}

async fn ask(http: HttpRequest, orders: Orders, what: What) -> HttpResponse {
    // A page that a browser shows could reach this port; browsers always say who asks.
    if http.headers().contains_key("origin") || http.headers().contains_key("sec-fetch-site") {
        return HttpResponse::Forbidden().json(json!({"error": "not for web pages"}));
    }
    let (answer, answered) = oneshot::channel();
    if orders.send(Command { what, answer }).await.is_err() {
        return refused(&Refused::Failed("the harness is stopping".to_owned()));
    }
    match answered.await {
        Ok(Ok(value)) => HttpResponse::Ok().json(value),
        Ok(Err(why)) => refused(&why),
        Err(_) => refused(&Refused::Failed("the harness is stopping".to_owned())),
    }
}

fn refused(why: &Refused) -> HttpResponse {
    let (status, words) = match why {
        Refused::Wrong(words) => (StatusCode::BAD_REQUEST, words),
        Refused::Absent(words) => (StatusCode::NOT_FOUND, words),
        Refused::Conflict(words) => (StatusCode::CONFLICT, words),
        Refused::Failed(words) => (StatusCode::INTERNAL_SERVER_ERROR, words),
    };
    let body: Value = json!({"error": words});
    HttpResponse::build(status).json(body)
}
