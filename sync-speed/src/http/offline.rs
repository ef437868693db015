//! `POST /offline`, `POST /online`, `GET /offline/{id}`.

use std::net::IpAddr;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::problem::Answered;
use super::{Api, BODY_BYTES_MAX, Problem, answer};
use crate::request::{Kind, Request, Target};

const EXPECTED: &str =
    r#"expected {"ip": "10.1.2.3"} and optionally "app", "port", "instanceId", "force" (true or false)"#;

/// The body as it is sent. An unknown field is a mistake that would otherwise widen what is taken offline.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    ip: String,
    app: Option<String>,
    port: Option<u16>,
    instance_id: Option<String>,
    #[serde(default)]
    force: bool,
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
pub(super) async fn get(id: web::Path<String>, api: web::Data<Api>) -> Answered {
    match api.downline.store.entry(&id).await? {
        Some(entry) => Ok(HttpResponse::Ok().json(answer::entry(&entry))),
        None => Err(Problem::not_found(
            "no-such-entry",
            format!("there is no entry '{id}'; finished entries are kept for 30 days"),
        )),
    }
}

async fn carry_out(kind: Kind, http: &HttpRequest, body: web::Bytes, api: &Api) -> Answered {
    let caller = http.peer_addr().map(|address| address.ip().to_canonical());
    let caller = caller.ok_or_else(|| Problem::new(StatusCode::FORBIDDEN, "caller-not-allowed", "no address"))?;
    let request = parse(kind, &body, caller)?;
    let meant = request.target.to_string();
    let downline = api.downline.clone();
    let shutdown = api.shutdown.clone();
    let work = api.runtime.spawn(async move {
        tokio::select! {
            carried_out = downline.carry_out(&request) => Some(carried_out),
            () = shutdown.aborted() => None,
        }
    });
    let carried_out = work.await.map_err(|error| {
        log::error!("{kind} of {meant} from {caller} broke off: {error}");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "broken-off", "the request broke off; see the log, ask again")
    })?;
    // Nobody is answered by a process that is gone.
    let Some(carried_out) = carried_out else { return std::future::pending().await };
    let entry = carried_out.map_err(|refusal| {
        log::warn!("{kind} of {meant} from {caller} is not carried out: {refusal}");
        Problem::from(refusal)
    })?;
    Ok(HttpResponse::Ok().json(answer::entry(&entry)))
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

fn parse(kind: Kind, body: &[u8], caller: IpAddr) -> Result<Request, Problem> {
    let sent: Body = serde_json::from_slice(body)
        .map_err(|error| Problem::bad_request("body", format!("the body is not understood: {error}; {EXPECTED}")))?;
    let ip: IpAddr = sent.ip.parse().map_err(|_| {
        let shown: String = sent.ip.chars().take(64).collect();
        Problem::bad_request("ip", format!("'{shown}' is not an IP address; {EXPECTED}"))
    })?;
    let target = Target {
        ip: ip.to_canonical(),
        app: sent.app.map(|app| app.to_uppercase()),
        port: sent.port,
        instance_id: sent.instance_id,
    };
    let body = String::from_utf8_lossy(body).into_owned();
    Ok(Request { kind, target, force: sent.force, caller, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(body: &str) -> Result<Request, Problem> {
        parse(Kind::Offline, body.as_bytes(), IpAddr::from([127, 0, 0, 1]))
    }

    #[test]
    fn bodies() {
        for (body, part) in [
            ("", "the body is not understood"),
            ("[]", "the body is not understood"),
            ("{}", "missing field `ip`"),
            (r#"{"ip": 7}"#, "invalid type"),
            (r#"{"ip": ""}"#, "'' is not an IP address"),
            (r#"{"ip": "10.0.0"}"#, "'10.0.0' is not an IP address"),
            (r#"{"ip": "10.0.0.256"}"#, "is not an IP address"),
            (r#"{"ip": "010.0.0.1"}"#, "is not an IP address"),
            (r#"{"ip": "10.0.0.1/32"}"#, "is not an IP address"),
            (r#"{"ip": " 10.0.0.1"}"#, "is not an IP address"),
            (r#"{"ip": "host"}"#, "is not an IP address"),
            (r#"{"ip": "10.0.0.1", "instance_id": "a"}"#, "unknown field `instance_id`"),
            (r#"{"ip": "10.0.0.1", "prot": 80}"#, "unknown field `prot`"),
            (r#"{"ip": "10.0.0.1", "port": 65536}"#, "invalid value"),
            (r#"{"ip": "10.0.0.1", "force": "yes"}"#, "invalid type"),
            (r#"{"ip": "10.0.0.1"} {"ip": "10.0.0.2"}"#, "trailing characters"),
            (r#"{"ip": "10.0.0.1", "ip": "10.0.0.2"}"#, "duplicate field `ip`"),
        ] {
            let problem = parsed(body).expect_err(body).to_string();
            assert!(problem.contains(part) && problem.contains("expected {\"ip\""), "{body}: {problem}");
        }
    }

    #[test]
    fn what_is_meant() {
        let request =
            parsed(r#"{"ip": "::ffff:10.0.0.1", "app": "java-service", "port": 80, "instanceId": "i", "force": true}"#);
        let request = request.unwrap();
        assert_eq!(request.target.to_string(), "IP 10.0.0.1, application JAVA-SERVICE, port 80, instance id i");
        assert!(request.force);
        assert!(!parsed(r#"{"ip": "10.0.0.1"}"#).unwrap().force);
    }
}
