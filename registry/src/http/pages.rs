//! `/`, `/lastn` and `/actuator/health`: for people, and for whoever watches the process.

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_TYPE;
use eurus_model::ActionType;

use super::Call;
use super::refusal::escape;
use crate::registered::Registered;
use crate::store::Snapshot;

/// Instances that a page shows at most.
const ROWS_MAX: usize = 1_000;

/// A process that answers can serve: the registry depends on nothing else.
pub(crate) fn health() -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "application/json")).body(r#"{"status":"UP"}"#)
}

/// All instances, and whether leases may end.
pub(crate) fn dashboard(call: &Call<'_>) -> HttpResponse {
    let facts = escape(&call.registry.store().self_preservation(call.now_ms).in_words());
    page("Instances currently registered", &facts, &call.registry.store().all())
}

/// What changed lately.
pub(crate) fn last_changes(call: &Call<'_>) -> HttpResponse {
    page("Changed lately", "", &call.registry.store().delta())
}

fn page(title: &str, facts: &str, snapshot: &Snapshot) -> HttpResponse {
    let instances = || snapshot.apps.iter().flat_map(|app| &app.instances);
    let rows: String = instances().take(ROWS_MAX).map(|instance| row(instance)).collect();
    let all = instances().count();
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>eurus registry</title><h1>{title}</h1>\
         <p>{facts}</p><p>{} of {all} instances:</p><table><tr><th>Application<th>Instance<th>Address<th>Status\
         <th>Override<th>Last change</tr>{rows}</table></html>\n",
        all.min(ROWS_MAX)
    );
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/html;charset=UTF-8")).body(html)
}

fn row(instance: &Registered) -> String {
    let info = instance.info();
    let action = info.action.map_or("", ActionType::as_str);
    let cells =
        [&info.app, &info.instance_id, &info.ip_addr, info.status.as_str(), info.overridden_status.as_str(), action];
    cells.iter().fold("<tr>".to_owned(), |row, cell| row + "<td>" + &escape(cell)) + "</tr>"
}
