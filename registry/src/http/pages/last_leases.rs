//! `/lastn`: the leases that began and ended last.

use std::sync::Arc;

use actix_web::HttpResponse;

use super::frame::{page, text};
use crate::http::Call;
use crate::http::timestamp::iso;
use crate::lease_history::{LEASES_REMEMBERED_MAX, LeaseEvent};

/// Cancelled and registered leases, newest first.
pub(crate) fn last_leases(call: &Call<'_>) -> HttpResponse {
    let history = call.registry.store().lease_history();
    let content = [
        table("cancelled", "Last cancelled leases", &history.last_cancelled()),
        table("registered", "Last registered leases", &history.last_registered()),
    ];
    page(call, "Last leases", &content.concat())
}

fn table(id: &str, title: &str, events: &[Arc<LeaseEvent>]) -> String {
    let count = match events.len() {
        0 => "None since start-up.".to_owned(),
        count if count == LEASES_REMEMBERED_MAX => format!("The last {LEASES_REMEMBERED_MAX}."),
        count => format!("All {count} since start-up."),
    };
    let rows: String = events
        .iter()
        .map(|event| format!("<tr><td>{}<td>{}({})\n", iso(event.at_ms), text(&event.app), text(&event.instance_id)))
        .collect();
    format!(
        "<h1 id=\"{id}\">{title}</h1>\n<p>{count}</p>\n<table>\n<thead><tr><th>Time<th>Lease</thead>\n<tbody>\n{rows}\
         </tbody>\n</table>\n"
    )
}
