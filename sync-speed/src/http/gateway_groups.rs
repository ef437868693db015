//! `GET /gateway-groups`, `GET|PUT|DELETE /gateway-groups/{app}`: which gateways serve which application.

mod naming;

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::offline::read;
use super::problem::Answered;
use super::{Api, Problem, audit, caller};
use crate::access::{Right, Who};

/// What the paths of single applications begin with.
pub(super) const PREFIX: &str = "/gateway-groups/";
/// Groups of one application.
const GROUPS_MAX: usize = 32;
/// Applications with groups of their own.
const APPS_MAX: usize = 10_000;
/// Length of a name.
const NAME_CHARS_MAX: usize = 128;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    groups: Vec<String>,
}

/// Of the applications that the caller may see.
pub(super) async fn list(http: HttpRequest, api: web::Data<Api>) -> Answered {
    let who = caller::admitted(&http)?.who;
    let stored = api.downline.store.all_groups().await?;
    let seen = stored.iter().filter(|(app, _)| who.may_see(app));
    let applications: Vec<Value> = seen.map(|(app, groups)| json!({"app": app, "groups": groups})).collect();
    Ok(HttpResponse::Ok().json(json!({"defaultGroup": api.default_group, "applications": applications})))
}

pub(super) async fn get(http: HttpRequest, app: web::Path<String>, api: web::Data<Api>) -> Answered {
    let app = name("application", &app)?;
    let who = caller::admitted(&http)?.who;
    if !who.may_see(&app) {
        return Err(not_the_callers(&app, &who));
    }
    let stored = api.downline.store.groups_of(&app).await?;
    if !stored.is_empty() {
        return Ok(HttpResponse::Ok().json(json!({"app": app, "groups": stored, "source": "stored"})));
    }
    match &api.default_group {
        Some(group) => Ok(HttpResponse::Ok().json(json!({"app": app, "groups": [group], "source": "default"}))),
        None => Err(nothing_stored(&app)),
    }
}

pub(super) async fn put(
    http: HttpRequest,
    app: web::Path<String>,
    body: Result<web::Bytes, actix_web::Error>,
    api: web::Data<Api>,
) -> Answered {
    let app = name("application", &app)?;
    let who = with_right(&http, &app)?;
    audit::about(&http, "gateway-groups", format!("application {app}"));
    let body: Body = serde_json::from_slice(&read(body)?).map_err(|error| {
        Problem::bad_request("body", format!(r#"not understood: {error}; expected {{"groups": ["EURUS-GATEWAY"]}}"#))
    })?;
    let groups = body.groups.iter().map(|group| name("group", group)).collect::<Result<BTreeSet<String>, _>>()?;
    if groups.is_empty() {
        return Err(Problem::bad_request("groups", format!("no group; DELETE /gateway-groups/{app} removes them all")));
    }
    if groups.len() > GROUPS_MAX {
        return Err(Problem::bad_request("groups", format!("{} groups; {GROUPS_MAX} are allowed", groups.len())));
    }
    let stored = api.downline.store.all_groups().await?;
    if stored.len() >= APPS_MAX && !stored.contains_key(&app) {
        return Err(Problem::bad_request("applications", format!("{APPS_MAX} applications have groups: no more fit")));
    }
    let target = format!("application {app}: {}", groups.iter().map(String::as_str).collect::<Vec<_>>().join(", "));
    audit::about(&http, "gateway-groups", target);
    check_names(&who, &app, &groups, &api).await?;
    api.downline.store.put_groups(&app, &groups).await?;
    log::info!("gateway groups of {app}: {}", groups.iter().map(String::as_str).collect::<Vec<_>>().join(", "));
    Ok(HttpResponse::Ok().json(json!({"app": app, "groups": groups, "source": "stored"})))
}

pub(super) async fn delete(http: HttpRequest, app: web::Path<String>, api: web::Data<Api>) -> Answered {
    let app = name("application", &app)?;
    with_right(&http, &app)?;
    audit::about(&http, "gateway-groups", format!("application {app}"));
    if !api.downline.store.delete_groups(&app).await? {
        return Err(nothing_stored(&app));
    }
    log::info!("gateway groups of {app}: removed");
    let default: Vec<&String> = api.default_group.iter().collect();
    Ok(HttpResponse::Ok().json(json!({"app": app, "groups": default, "source": "default"})))
}

/// Which gateways are told decides who goes on calling.
fn with_right(http: &HttpRequest, app: &str) -> Result<Who, Problem> {
    let who = caller::with_right(http, Right::GatewayGroups)?.who;
    if who.apps().includes(app) { Ok(who) } else { Err(not_the_callers(app, &who)) }
}

fn not_the_callers(app: &str, who: &Who) -> Problem {
    let message = format!("{app} is not an application that {who} may touch; nothing was done");
    Problem::new(StatusCode::FORBIDDEN, "application-not-allowed", message)
}

/// All of them, or nothing is stored.
async fn check_names(who: &Who, app: &str, groups: &BTreeSet<String>, api: &Api) -> Result<(), Problem> {
    let stored = api.downline.store.all_groups().await?;
    let (rules, copy) = (api.door.rules(), api.downline.client.registry());
    let known = naming::Known {
        default_group: api.default_group.as_deref(),
        allowed: &rules.gateway_groups,
        opted_in: &rules.apps,
        is_served: &|name| stored.contains_key(name),
        copy: &copy,
    };
    for group in groups {
        naming::check(who, app, group, &known).map_err(|refused| {
            let message = format!("{group}: {refused}; nothing was done");
            match refused {
                naming::Refused::NotAllowed { .. } => Problem::new(StatusCode::FORBIDDEN, "group-not-allowed", message),
                naming::Refused::IsAService(_) => Problem::bad_request("group-is-a-service", message),
            }
        })?;
    }
    Ok(())
}

fn nothing_stored(app: &str) -> Problem {
    Problem::not_found("no-groups", format!("no gateway groups are stored for {app}; PUT /gateway-groups/{app} does"))
}

/// Application and group names as Eureka compares them: upper case.
pub(super) fn name(what: &'static str, given: &str) -> Result<String, Problem> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if (1..=NAME_CHARS_MAX).contains(&given.len()) && given.chars().all(is_allowed) {
        return Ok(given.to_ascii_uppercase());
    }
    let message = format!("not a name of an {what}: 1 to {NAME_CHARS_MAX} letters, digits, '-', '_', '.' are allowed");
    Err(Problem::bad_request(what, message.replace("an group", "a group")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (given, expected) in [
            ("java-service", Some("JAVA-SERVICE")),
            ("A.b_c-1", Some("A.B_C-1")),
            ("", None),
            ("a b", None),
            ("a/b", None),
            ("ä", None),
        ] {
            assert_eq!(name("group", given).ok().as_deref(), expected, "{given}");
        }
        assert!(name("group", &"a".repeat(NAME_CHARS_MAX + 1)).is_err());
        assert!(name("group", " ").unwrap_err().to_string().contains("a group"));
    }
}
