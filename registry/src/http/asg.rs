//! `PUT asg/{name}/status?value=`: a whole auto-scaling group out of traffic, or back.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use super::Call;
use super::query::Parameters;
use super::refusal::Refusal;
use crate::asg::{AsgRefusal, AsgStatus, DISABLED_GROUPS_MAX, GROUP_NAME_BYTES_MAX};

/// Sets the status of a group.
pub(crate) fn set(call: &Call<'_>, group: &str) -> Result<HttpResponse, Refusal> {
    call.negotiated()?;
    let parameters = Parameters::of(call.request);
    let value = parameters.get("value").unwrap_or_default();
    let status: AsgStatus = value.parse().map_err(|_| {
        let message = format!("value must be ENABLED or DISABLED, but is '{}'", value.escape_debug());
        Refusal::Explained(StatusCode::BAD_REQUEST, message)
    })?;
    call.registry.set_asg_status(group, status, call.origin(), call.now_ms).map_err(|refusal| refused(&refusal))?;
    Ok(HttpResponse::Ok().finish())
}

fn refused(refusal: &AsgRefusal) -> Refusal {
    match refusal {
        AsgRefusal::TooMany => {
            let message = format!(
                "{DISABLED_GROUPS_MAX} auto-scaling groups are disabled already, more are not remembered: enable those \
                 that are gone"
            );
            log::error!("{message}");
            Refusal::Explained(StatusCode::SERVICE_UNAVAILABLE, message)
        }
        AsgRefusal::NameTooLong => {
            let message = format!("the name of an auto-scaling group may have {GROUP_NAME_BYTES_MAX} bytes at most");
            Refusal::Explained(StatusCode::BAD_REQUEST, message)
        }
    }
}
