//! `GET /routes`: the routes in their order. `GET /routes/match?path=/a&method=GET&host=h&header=Name: value`: which of them
//! such a request would take, and as what it would be sent on.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, Query};
use http::Request;
use http::header::HOST;
use serde::Serialize;

use super::auth::Authorized;
use super::{Admin, Failure};
use crate::routes::{Route, Standing, service_of};
use crate::terms::Terms;

/// What is in force.
#[derive(Serialize)]
pub(super) struct Routes {
    /// Whether `/{service-id}/**` leads to each service, behind all routes.
    locator: bool,
    configuration: Standing,
    routes: Vec<RouteBody>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RouteBody {
    id: String,
    uri: String,
    order: i32,
    predicates: Vec<String>,
    filters: Vec<String>,
    #[serde(flatten)]
    terms: TermsBody,
}

/// Of a request that takes it: its own, or the gateway's.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TermsBody {
    connect_timeout_ms: u128,
    response_timeout_ms: u128,
    /// Absent: any time.
    #[serde(skip_serializing_if = "Option::is_none")]
    whole_timeout_ms: Option<u128>,
    /// Absent: as for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    idle_timeout_ms: Option<u128>,
    tries_max: usize,
    /// 0: any number.
    body_bytes_max: u64,
}

/// Which route a request would take.
#[derive(Serialize)]
pub(super) struct Match {
    /// Absent: the locator.
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<String>,
    service: String,
    /// What the instance would be asked for.
    target: String,
    #[serde(flatten)]
    terms: TermsBody,
}

pub(super) async fn routes(_: Authorized, admin: Data<Admin>) -> Result<Json<Routes>, Failure> {
    let in_force = admin.routes.in_force();
    let routes = in_force.table.routes().iter().map(|route| RouteBody::of(route)).collect();
    Ok(Json(Routes { locator: in_force.locator, configuration: admin.routes.standing(), routes }))
}

pub(super) async fn matching(
    _: Authorized,
    admin: Data<Admin>,
    query: Query<Vec<(String, String)>>,
) -> Result<Json<Match>, Failure> {
    let head = asked(&query)?.into_parts().0;
    let routed = admin.routes.route(&head).map_err(|error| Failure::new(StatusCode::NOT_FOUND, error.message))?;
    let service = service_of(routed.route.as_ref(), &routed.prefix).to_uppercase();
    Ok(Json(Match {
        route: routed.route.map(|route| route.definition.id.clone()),
        service,
        target: routed.target.to_string(),
        terms: TermsBody::of(&routed.terms),
    }))
}

fn asked(query: &[(String, String)]) -> Result<Request<()>, Failure> {
    const ALLOWED: &str = "path (with or without a query, needed), method, host, header (Name: value, any number)";
    let bad = |why: String| Failure::new(StatusCode::BAD_REQUEST, format!("{why}; there are {ALLOWED}"));
    let mut request = Request::builder().uri("*");
    for (name, value) in query {
        request = match (name.as_str(), value.split_once(':')) {
            ("path", _) => request.uri(value),
            ("method", _) => request.method(value.to_ascii_uppercase().as_str()),
            ("host", _) => request.header(HOST, value),
            ("header", Some((name, value))) => request.header(name.trim(), value.trim()),
            _ => return Err(bad(format!("{}={} is nothing to ask for", name.escape_debug(), value.escape_debug()))),
        };
    }
    let request = request.body(()).map_err(|error| bad(error.to_string()))?;
    if request.uri().path().starts_with('/') { Ok(request) } else { Err(bad("path is missing".to_owned())) }
}

impl RouteBody {
    fn of(route: &Route) -> Self {
        let definition = &route.definition;
        Self {
            id: definition.id.clone(),
            uri: format!("lb://{}", definition.service),
            order: definition.order,
            predicates: definition.predicates.iter().map(ToString::to_string).collect(),
            filters: definition.filters.iter().map(ToString::to_string).collect(),
            terms: TermsBody::of(&route.terms),
        }
    }
}

impl TermsBody {
    fn of(terms: &Terms) -> Self {
        Self {
            connect_timeout_ms: terms.time_outs.connect.as_millis(),
            response_timeout_ms: terms.time_outs.response.as_millis(),
            whole_timeout_ms: terms.time_outs.whole.map(|limit| limit.as_millis()),
            idle_timeout_ms: terms.time_outs.idle.map(|limit| limit.as_millis()),
            tries_max: terms.tries_max,
            body_bytes_max: terms.body_bytes_max,
        }
    }
}
