//! `POST /offline`, `POST /online`, `GET /offline`, `GET /offline/{id}`.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tokio::sync::oneshot;

use super::problem::Answered;
use super::query::Query;
use super::{Api, BODY_BYTES_MAX, Problem, answer, audit, body, caller};
use crate::access::{Right, Who};
use crate::entry::{Entry, Step};
use crate::error::Refusal;
use crate::request::{Kind, Request};

/// The caller's name for a request.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
const KEY_CHARS_MAX: usize = 128;
/// Entries of one list.
const ENTRIES_MAX: i64 = 200;
const ENTRIES_DEFAULT: i64 = 50;
/// Pages of as many that are read for one: a caller with few entries among many others' is not to have all read.
const PAGES_MAX: usize = 10;

/// A struct, so that its fields stay in their order.
#[derive(Serialize)]
struct Entries<'a> {
    entries: Vec<answer::Listed<'a>>,
}

pub(super) async fn post_offline(
    request: HttpRequest,
    body: Result<web::Bytes, actix_web::Error>,
    api: web::Data<Api>,
) -> Answered {
    carry_out(Kind::Offline, &request, read(body)?, &api).await
}

pub(super) async fn post_online(
    request: HttpRequest,
    body: Result<web::Bytes, actix_web::Error>,
    api: web::Data<Api>,
) -> Answered {
    carry_out(Kind::Online, &request, read(body)?, &api).await
}

/// The entry of an offline or an online.
pub(super) async fn get(http: HttpRequest, id: web::Path<String>, api: web::Data<Api>) -> Answered {
    let entry = seen_by(&caller::admitted(&http)?.who, &id, &api).await?;
    Ok(HttpResponse::Ok().json(answer::entry(&entry)))
}

/// Who may not see an entry is not told that there is one.
pub(super) async fn seen_by(who: &Who, id: &str, api: &Api) -> Result<Entry, Problem> {
    let entry = api.downline.store.entry(id).await?;
    entry.filter(|entry| is_seen_by(who, entry)).ok_or_else(|| no_such_entry(id))
}

/// What was left alone is nobody's; a plan's instances are not taken yet.
fn is_seen_by(who: &Who, entry: &Entry) -> bool {
    let taken = entry.instances.iter().filter(|instance| instance.step != Step::Skipped).map(|instance| &instance.app);
    let planned = entry.plan.iter().flat_map(|plan| &plan.instances).map(|planned| &planned.app);
    taken.chain(planned).all(|app| who.may_see(app))
}

pub(super) fn no_such_entry(id: &str) -> Problem {
    Problem::not_found("no-such-entry", format!("there is no entry '{id}'; finished entries are kept for 30 days"))
}

/// The newest entries, newest first.
pub(super) async fn list(http: HttpRequest, api: web::Data<Api>) -> Answered {
    let query = Query::of(&http, &[("limit", "1 to 200")])?;
    let limit = query.value("limit")?.unwrap_or(ENTRIES_DEFAULT);
    if !(1..=ENTRIES_MAX).contains(&limit) {
        return Err(Problem::bad_request("limit", format!("limit {limit}: 1 to {ENTRIES_MAX} is allowed")));
    }
    let who = caller::admitted(&http)?.who;
    let says_from_where = caller::with_right(&http, Right::Audit).is_ok();
    let entries = seen(&who, limit, &api).await?;
    let entries: Vec<answer::Listed<'_>> = entries.iter().map(|one| answer::listed(one, says_from_where)).collect();
    Ok(HttpResponse::Ok().json(Entries { entries }))
}

/// The newest that somebody may see: others' entries are passed over, as far as that goes.
async fn seen(who: &Who, limit: i64, api: &Api) -> Result<Vec<Entry>, Problem> {
    let wanted = usize::try_from(limit).unwrap_or_default();
    let (mut seen, mut below, mut page_max) = (Vec::with_capacity(wanted), i64::MAX, limit);
    for _ in 0..PAGES_MAX {
        let page = api.downline.store.newest_below(below, page_max).await?;
        let Some(last) = page.last() else { break };
        below = last.number;
        seen.extend(page.into_iter().filter(|entry| is_seen_by(who, entry)));
        if seen.len() >= wanted {
            break;
        }
        page_max = ENTRIES_MAX;
    }
    seen.truncate(wanted);
    Ok(seen)
}

async fn carry_out(kind: Kind, http: &HttpRequest, body: web::Bytes, api: &Api) -> Answered {
    let admitted = caller::with_right(http, Right::Offline)?;
    let is_async = Query::of(http, &[("async", "true or false")])?.value("async")?.unwrap_or(false);
    let mut request = body::parse(kind, &body, admitted.address, admitted.who)?;
    audit::asked(http, &request);
    request.idempotency_key = key(http)?.map(|key| own_key(&request.who, &key));
    let asked = format!("{kind} of {} by {}", request.target, request.caller);
    let (tell, recorded) = oneshot::channel();
    let carried_out = spawn(api, request, asked.clone(), is_async.then_some(tell));
    if !is_async {
        let entry = carried_out.await?;
        audit::answered(http, &entry);
        return Ok(HttpResponse::Ok().json(answer::entry(&entry)));
    }
    let mut carried_out = Box::pin(carried_out);
    let entry = tokio::select! {
        biased;
        Ok(entry) = recorded => entry,
        // Refused before anything was written; or an entry that was there before.
        ended = &mut carried_out => ended?,
    };
    audit::answered(http, &entry);
    let location = (LOCATION, format!("/offline/{}", entry.id));
    Ok(HttpResponse::Accepted().insert_header(location).json(answer::entry(&entry)))
}

/// Not on the worker's thread: a caller who hangs up does not cut the way in two.
fn spawn(
    api: &Api,
    request: Request,
    asked: String,
    recorded: Option<oneshot::Sender<Entry>>,
) -> impl Future<Output = Result<Entry, Problem>> + use<> {
    let downline = api.downline.clone();
    let shutdown = api.shutdown.clone();
    let said = asked.clone();
    let work = api.runtime.spawn(async move {
        let carried_out = tokio::select! {
            carried_out = downline.carry_out_telling(&request, recorded) => carried_out,
            () = shutdown.aborted() => return None,
        };
        if let Err(refusal) = &carried_out {
            log::warn!("{asked} is not carried out: {refusal}");
        }
        Some(carried_out)
    });
    async move {
        let ended = work.await.map_err(|error| {
            log::error!("{said} broke off: {error}");
            let message = "the request broke off; see the log, ask again";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "broken-off", message)
        })?;
        match ended {
            Some(carried_out) => carried_out.map_err(|refusal: Refusal| Problem::from(refusal)),
            // Nobody is answered by a process that is gone.
            None => std::future::pending().await,
        }
    }
}

fn key(http: &HttpRequest) -> Result<Option<String>, Problem> {
    let Some(given) = http.headers().get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let is_allowed =
        |text: &&str| (1..=KEY_CHARS_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    let key = given.to_str().ok().filter(is_allowed).map(str::to_owned);
    key.map(Some).ok_or_else(|| {
        let message = format!("the Idempotency-Key must be 1 to {KEY_CHARS_MAX} visible ASCII characters");
        Problem::bad_request("idempotency-key", message)
    })
}

/// Each caller has keys of its own, those without a name too: nobody meets, or blocks, another's request, nor one of this
/// service's own, whose keys hold a slash. As long as a key may be.
fn own_key(who: &Who, key: &str) -> String {
    let digest = Sha256::digest(format!("{who} {key}"));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn read(body: Result<web::Bytes, actix_web::Error>) -> Result<web::Bytes, Problem> {
    body.map_err(|error| match error.as_response_error().status_code() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body-too-large",
            format!("the body is larger than {BODY_BYTES_MAX} bytes"),
        ),
        _ => Problem::bad_request("body", format!("the body cannot be read: {error}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_of_a_caller_is_one_of_this_service_or_of_another() {
        let own = "kubernetes/u-1/1";
        let ours = [Who::Anybody, Who::TokenHolder].map(|who| own_key(&who, own));
        assert!(ours.iter().all(|key| !key.contains('/') && key.len() <= KEY_CHARS_MAX), "{ours:?}");
        assert_ne!(ours[0], ours[1]);
        assert_eq!(own_key(&Who::TokenHolder, own), ours[1]);
    }
}
