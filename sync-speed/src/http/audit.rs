//! `GET /audit?limit=1..=500&since=ms`, and what the audit trail is told of each request.

use std::net::IpAddr;

use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use serde::Serialize;

use super::problem::Answered;
use super::query::Query;
use super::{Api, Problem, caller};
use crate::access::{Admitted, Denial, Right};
use crate::audit::Record;
use crate::entry::Entry;
use crate::request::Request;

/// Records of one answer.
const RECORDS_MAX: i64 = 500;
const RECORDS_DEFAULT: i64 = 100;

/// What a resource has to say of its request, for the trail.
#[derive(Clone, Debug, Default)]
struct Told {
    kind: Option<String>,
    target: Option<String>,
    reason: Option<String>,
    entry: Option<String>,
    outcome: Option<&'static str>,
}

fn tell(request: &HttpRequest, change: impl FnOnce(&mut Told)) {
    let mut extensions = request.extensions_mut();
    let mut told = extensions.remove::<Told>().unwrap_or_default();
    change(&mut told);
    extensions.insert(told);
}

/// What is asked.
pub(super) fn asked(http: &HttpRequest, request: &Request) {
    tell(http, |told| {
        told.kind = Some(request.kind.to_string());
        told.target = Some(request.target.to_string());
        told.reason.clone_from(&request.reason);
    });
}

/// What it is about, where that is no instance.
pub(super) fn about(http: &HttpRequest, kind: &str, target: String) {
    tell(http, |told| {
        told.kind = Some(kind.to_owned());
        told.target = Some(target);
    });
}

/// What came of it.
pub(super) fn answered(http: &HttpRequest, entry: &Entry) {
    tell(http, |told| {
        told.entry = Some(entry.id.clone());
        told.outcome = Some(entry.state_in_words());
    });
}

#[derive(Serialize)]
struct List<'a> {
    entries: Vec<Shown<'a>>,
}

/// In the order in which a person reads it.
#[derive(Serialize)]
struct Shown<'a> {
    at: i64,
    caller: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    address: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy: Option<&'a str>,
    action: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "is_zero")]
    status: i64,
    outcome: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<&'a str>,
    #[serde(skip_serializing_if = "is_zero")]
    suppressed: i64,
}

pub(super) async fn list(http: HttpRequest, api: web::Data<Api>) -> Answered {
    caller::with_right(&http, Right::Audit)?;
    let query = Query::of(&http, &[("limit", "1 to 500"), ("since", "<milliseconds since 1970>")])?;
    let limit = query.value("limit")?.unwrap_or(RECORDS_DEFAULT);
    if !(1..=RECORDS_MAX).contains(&limit) {
        return Err(Problem::bad_request("limit", format!("limit {limit}: 1 to {RECORDS_MAX} is allowed")));
    }
    let records = api.trail.since(query.value("since")?.unwrap_or(0), limit).await?;
    Ok(HttpResponse::Ok().json(List { entries: records.iter().map(shown).collect() }))
}

fn shown(record: &Record) -> Shown<'_> {
    Shown {
        at: record.at_ms,
        caller: record.caller.as_deref(),
        address: &record.address,
        proxy: record.proxy.as_deref(),
        action: &record.action,
        kind: record.kind.as_deref(),
        target: record.target.as_deref(),
        reason: record.reason.as_deref(),
        status: record.status,
        outcome: &record.outcome,
        entry: record.entry.as_deref(),
        suppressed: record.suppressed,
    }
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// Tells the trail of a request and its answer, before the answer is sent.
pub(super) async fn write(api: &Api, response: &ServiceResponse<BoxBody>) {
    let request = response.request();
    let problem = response.response().error().and_then(|error| error.as_error::<Problem>());
    let status = response.status();
    let who = who(request);
    let rules = api.door.rules();
    let redacted = |text: String| rules.redacted(&text).into_owned();
    let told = request.extensions().get::<Told>().cloned().unwrap_or_default();
    let unsaid = if status.is_success() { "done" } else { "refused" };
    let record = Record {
        caller: who.caller,
        address: who.address.map(|address| address.to_string()).unwrap_or_default(),
        proxy: who.proxy.map(|proxy| proxy.to_string()),
        action: redacted(format!("{} {}", request.method(), request.path())),
        kind: told.kind,
        target: told.target.map(redacted),
        reason: told.reason.map(redacted),
        status: i64::from(status.as_u16()),
        outcome: problem.map(Problem::word).or(told.outcome).unwrap_or(unsaid).to_owned(),
        entry: told.entry.or_else(|| problem.and_then(Problem::entry)),
        ..Record::default()
    };
    api.trail.write(record, who.address.unwrap_or(IpAddr::from([0, 0, 0, 0]))).await;
}

struct By {
    caller: Option<String>,
    address: Option<IpAddr>,
    proxy: Option<IpAddr>,
}

fn who(request: &HttpRequest) -> By {
    let extensions = request.extensions();
    if let Some(Admitted { who, address, proxy, .. }) = extensions.get::<Admitted>() {
        return By { caller: Some(who.to_string()), address: Some(*address), proxy: *proxy };
    }
    match extensions.get::<Denial>() {
        Some(denial) => By { caller: denial.caller.clone(), address: Some(denial.address), proxy: denial.proxy },
        None => By { caller: None, address: request.peer_addr().map(|address| address.ip()), proxy: None },
    }
}
