//! `/`: what is registered.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use eurus_model::{InstanceInfo, InstanceStatus};

use super::frame::{page, text};
use crate::http::Call;
use crate::http::timestamp::iso;
use crate::registered::Registered;
use crate::store::{AppSnapshot, FirstApps};

/// Instances that the page shows at most.
const ROWS_MAX: usize = 1_000;

/// All applications with their instances.
pub(crate) fn dashboard(call: &Call<'_>) -> HttpResponse {
    let FirstApps { apps, instances: all, applications } = call.registry.store().first_apps(ROWS_MAX);
    let mut left = ROWS_MAX;
    let bodies: String = apps.iter().map(|app| application(app, &mut left)).collect();
    let shown = if all > ROWS_MAX {
        format!(
            "<p>The first {ROWS_MAX} of {all} instances; all of them are at <a href=\"{}/eureka/apps\">eureka/apps</a>.</p>",
            call.context.paths.context
        )
    } else {
        format!("<p>{} of {}.</p>", counted(all, "instance"), counted(applications, "application"))
    };
    let content = format!(
        "{}{}<h1>Instances currently registered</h1>\n{shown}\n<table>\n<thead><tr><th>Instance<th>Address<th>Zone<th>Status\
         <th>Override<th>Last renewal<th>Lease ends</thead>\n{bodies}</table>\n",
        peers(&call.context.peers),
        groups(&call.registry.store().disabled_groups())
    );
    page(call, "Instances", &content)
}

/// `1 instance`, `2 instances`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The other registries that the configuration names.
fn peers(urls: &[String]) -> String {
    if urls.is_empty() {
        return String::new();
    }
    let urls: Vec<String> = urls.iter().map(|url| text(url)).collect();
    format!("<p class=\"note\">Registered peers, to which nothing is replicated yet: {}</p>\n", urls.join(", "))
}

fn groups(disabled: &[String]) -> String {
    if disabled.is_empty() {
        return String::new();
    }
    let names: Vec<String> = disabled.iter().take(ROWS_MAX).map(|name| text(name)).collect();
    format!(
        "<p class=\"note\">{} auto-scaling groups are out of traffic, their instances OUT_OF_SERVICE: {}</p>\n",
        disabled.len(),
        names.join(", ")
    )
}

fn application(app: &AppSnapshot, left: &mut usize) -> String {
    let mut counts: BTreeMap<InstanceStatus, usize> = BTreeMap::new();
    for instance in &app.instances {
        *counts.entry(instance.status()).or_default() += 1;
    }
    let counts: Vec<String> = counts.into_iter().map(|(one, count)| format!("{} ({count})", status(one))).collect();
    let rows: String = app.instances.iter().take(*left).map(|instance| row(instance)).collect();
    *left = left.saturating_sub(app.instances.len());
    format!("<tbody>\n<tr><th colspan=\"7\">{}: {}\n{rows}</tbody>\n", text(&app.name), counts.join(", "))
}

fn row(instance: &Registered) -> String {
    let info = instance.info();
    let overridden = match info.overridden_status {
        InstanceStatus::Unknown => String::new(),
        by => status(by),
    };
    let (renewed, ends) = (iso(instance.lease().renewed_ms()), iso(instance.lease().ends_ms()));
    format!(
        "<tr><td>{}<td>{}:{}<td>{}<td>{}<td>{overridden}<td>{renewed}<td>{ends}\n",
        link(info),
        text(&info.ip_addr),
        if info.secure_port.enabled && !info.port.enabled { info.secure_port.number } else { info.port.number },
        text(zone(info).unwrap_or_default()),
        status(info.status),
    )
}

/// The instance's id, with its status page behind it where that is an address one can go to.
fn link(info: &InstanceInfo) -> String {
    let id = text(&info.instance_id);
    let is_web = |url: &&String| url.starts_with("http://") || url.starts_with("https://");
    match info.status_page_url.as_ref().filter(is_web).filter(|url| url.len() <= URL_BYTES_MAX) {
        Some(url) => format!("<a href=\"{}\" rel=\"noreferrer\">{id}</a>", crate::http::refusal::escape(url)),
        None => id,
    }
}

/// Longer addresses are no links.
const URL_BYTES_MAX: usize = 2_048;

fn zone(info: &InstanceInfo) -> Option<&str> {
    info.data_center.metadata.get("availability-zone").map(String::as_str).or_else(|| info.metadata("zone"))
}

fn status(status: InstanceStatus) -> String {
    match status {
        InstanceStatus::Up => "UP".to_owned(),
        other => format!("<span class=\"bad\">{other}</span>"),
    }
}
