//! `/actuator`: links to what there is below it, in Spring's form.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_TYPE, HOST};
use serde_json::{Value, json};

use crate::http::{Call, header};

/// The list, with addresses as the caller knows this registry.
pub(crate) fn endpoints(call: &Call<'_>) -> HttpResponse {
    let context = call.context;
    let management = &call.registry.config().management;
    let (paths, speaks_tls) = match management.is_on_main_port() {
        true => (&context.paths, context.is_encrypted),
        false => (&context.management_paths, context.is_encrypted && management.is_with_tls()),
    };
    let scheme = if speaks_tls { "https" } else { "http" };
    let listens_on = context.address.to_string();
    let host = header(call.request, HOST).unwrap_or(&listens_on);
    let base = format!("{scheme}://{host}{}{}", paths.context, paths.management);
    let body = links(&base).to_string();
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "application/json")).body(body)
}

fn links(base: &str) -> Value {
    let link = |path: &str| json!({"href": format!("{base}{path}"), "templated": path.contains('{')});
    json!({"_links": {
        "self": link(""),
        "health": link("/health"),
        "health-path": link("/health/{*path}"),
        "prometheus": link("/prometheus"),
    }})
}
