//! The control API's route table. What a page in a browser could send is refused: only programs on this machine move time.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Path, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use super::commands::{Command, Refused, What};
use crate::harness::duration::span_ms;

type Orders = Data<mpsc::Sender<Command>>;

/// Where everything is.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/harness", web::get().to(async |request, orders| ask(request, orders, What::Nodes).await))
        .route("/harness/clock", web::get().to(async |request, orders| ask(request, orders, What::Clock).await))
        .route("/harness/clock/advance", web::post().to(advance))
        .route(
            "/harness/clock/freeze",
            web::post().to(async |request, orders| ask(request, orders, What::Freeze(true)).await),
        )
        .route(
            "/harness/clock/thaw",
            web::post().to(async |request, orders| ask(request, orders, What::Freeze(false)).await),
        )
        .route("/harness/caches", web::get().to(async |request, orders| ask(request, orders, What::Layers).await))
        .route("/harness/caches/{node}/{layer}", web::get().to(layer))
        .route("/harness/caches/{node}/{layer}/{fault}", web::post().to(disturb))
        .route("/harness/timeline", web::get().to(async |request, orders| ask(request, orders, What::Timeline).await))
        .route("/harness/steps", web::post().to(act))
        .route("/harness/requests/{app}", web::post().to(request))
        .default_service(web::to(nowhere));
}

#[derive(Deserialize)]
struct Advance {
    by: String,
}

#[derive(Deserialize)]
struct Way {
    through: String,
}

async fn advance(http: HttpRequest, query: Query<Advance>, orders: Orders) -> HttpResponse {
    match span_ms(&query.by) {
        Some(ms) => ask(http, orders, What::Advance(ms)).await,
        None => refused(&Refused::Wrong(format!(
            "by={}: not a duration, as 90s, 1m30s, 1h or 500ms",
            query.by.escape_debug()
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
    ask(http, orders, What::Act(json!({fault: {"node": node, "layer": layer}}).to_string())).await
}

async fn act(http: HttpRequest, body: Bytes, orders: Orders) -> HttpResponse {
    ask(http, orders, What::Act(String::from_utf8_lossy(&body).into_owned())).await
}

async fn request(http: HttpRequest, app: Path<String>, query: Query<Way>, orders: Orders) -> HttpResponse {
    ask(http, orders, What::Request(app.into_inner(), query.into_inner().through)).await
}

async fn nowhere(http: HttpRequest) -> HttpResponse {
    let words = format!("there is no {} {} here: see docs/harness.md", http.method(), http.path().escape_debug());
    HttpResponse::NotFound().json(json!({"error": words}))
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
        Refused::Conflict(words) => (StatusCode::CONFLICT, words),
        Refused::Failed(words) => (StatusCode::INTERNAL_SERVER_ERROR, words),
    };
    let body: Value = json!({"error": words});
    HttpResponse::build(status).json(body)
}
