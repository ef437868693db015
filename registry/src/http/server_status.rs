//! `status`: the registry about itself, as Eureka's `StatusInfo`.

use std::net::{IpAddr, SocketAddr};

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_TYPE;
use eurus_model::{Detail, InstanceInfo, InstanceStatus, Port, json, xml};
use eurus_service::properties::outward_address;
use serde::Serialize;

use super::refusal::{Refusal, escape};
use super::{Call, Context};
use crate::deployment::Deployment;
use crate::form::Format;
use crate::process_memory::ProcessMemory;

/// Java's name of the class, which clients find as the root of the XML.
const XML_ROOT: &str = "com.netflix.eureka.util.StatusInfo";
/// Every Eureka server says so of itself.
const SECURE_PORT: Port = Port { number: 443, enabled: false };

#[derive(Serialize)]
struct GeneralStats {
    #[serde(rename = "num-of-cpus")]
    cpus: String,
    #[serde(rename = "total-avail-memory", skip_serializing_if = "Option::is_none")]
    machine_memory: Option<String>,
    #[serde(rename = "current-memory-usage", skip_serializing_if = "Option::is_none")]
    process_memory: Option<String>,
    #[serde(rename = "server-uptime")]
    uptime: String,
}

/// The other registries as Java lists them. Nothing is replicated to them yet: to whoever asks they are not reached.
#[derive(Serialize)]
struct Replicas {
    #[serde(rename = "registered-replicas")]
    registered: String,
    #[serde(rename = "available-replicas")]
    available: String,
    #[serde(rename = "unavailable-replicas")]
    unavailable: String,
}

impl Replicas {
    fn of(urls: &[String]) -> Self {
        // Java separates the ones and ends each of the others.
        let unavailable = urls.iter().map(|url| format!("{url},")).collect();
        Self { registered: urls.join(", "), available: String::new(), unavailable }
    }
}

/// How the registry and its machine are.
pub(crate) fn show(call: &Call<'_>) -> Result<HttpResponse, Refusal> {
    let negotiated = call.negotiated()?;
    let memory = ProcessMemory::now();
    let general = GeneralStats {
        cpus: std::thread::available_parallelism().map_or(1, usize::from).to_string(),
        machine_memory: memory.map(|memory| format!("{}mb", memory.machine_mib)),
        process_memory: memory.map(|memory| format!("{}mb ({}%)", memory.process_mib, memory.percent())),
        uptime: uptime(call.now_ms - call.registry.started_ms()),
    };
    let (config, context) = (call.registry.config(), call.context);
    let scheme = if context.is_encrypted { "https" } else { "http" };
    let mut itself = itself(&config.deployment, scheme, context.address, call.registry.started_ms());
    config.paths.move_pages_of(&mut itself);
    place_management(&mut itself, context);
    let replicas = Replicas::of(&context.peers);
    let body = match negotiated.format {
        Format::Json => write_json(&general, &replicas, &itself)?,
        Format::Xml => write_xml(&general, &replicas, &itself),
    };
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, negotiated.label())).body(body))
}

/// This registry as an instance.
fn itself(deployment: &Deployment, scheme: &str, address: SocketAddr, started_ms: i64) -> InstanceInfo {
    let listens_on = reachable(address.ip()).to_string();
    let host_name = deployment.host_name.as_ref().unwrap_or(&listens_on);
    let ip_address = deployment.ip_address.as_ref().unwrap_or(&listens_on);
    let (application, port) = (&deployment.application, address.port());
    // An IPv6 address stands in brackets.
    let host = if host_name.contains(':') { format!("[{host_name}]") } else { host_name.clone() };
    let url = |path: &str| Some(format!("{scheme}://{host}:{port}/{path}"));
    let mut itself =
        InstanceInfo::new(application, &format!("{host_name}:{application}:{port}"), host_name, ip_address);
    itself.status = InstanceStatus::Up;
    itself.port = Port { number: i32::from(port), enabled: true };
    itself.secure_port = SECURE_PORT;
    itself.metadata = vec![("management.port".to_owned(), port.to_string())];
    itself.home_page_url = url("");
    itself.status_page_url = url("eureka/status");
    itself.health_check_url = url("actuator/health");
    itself.vip_address = Some(application.to_lowercase());
    itself.secure_vip_address = Some(application.to_lowercase());
    itself.last_updated_ms = started_ms;
    itself.last_dirty_ms = started_ms;
    itself
}

/// Health is elsewhere, or nowhere, where it does not stand on the main port.
fn place_management(itself: &mut InstanceInfo, context: &Context) {
    let management = &context.registry.config().management;
    if management.is_on_main_port() {
        return;
    }
    itself.health_check_url = None;
    itself.metadata.clear();
    if let Some(port) = context.management_port {
        let scheme = if context.is_encrypted && management.is_with_tls() { "https" } else { "http" };
        let host = SocketAddr::new(reachable(context.address.ip()), port);
        let paths = &context.management_paths;
        itself.health_check_url = Some(format!("{scheme}://{host}{}{}/health", paths.context, paths.management));
        itself.metadata = vec![("management.port".to_owned(), port.to_string())];
    }
}

/// A listener on all addresses is none that anybody can call.
fn reachable(listens_on: IpAddr) -> IpAddr {
    if listens_on.is_unspecified() { outward_address() } else { listens_on }
}

fn write_json(general: &GeneralStats, replicas: &Replicas, itself: &InstanceInfo) -> Result<Vec<u8>, Refusal> {
    let failed = |error| {
        log::error!("the registry's status cannot be written: {error}");
        Refusal::Failed
    };
    let general = serde_json::to_string(general).map_err(failed)?;
    let replicas = serde_json::to_string(replicas).map_err(failed)?;
    let mut body = format!(r#"{{"generalStats":{general},"applicationStats":{replicas},"instanceInfo":"#).into_bytes();
    json::write_instance(&mut body, itself, Detail::Full);
    body.push(b'}');
    Ok(body)
}

fn write_xml(general: &GeneralStats, replicas: &Replicas, itself: &InstanceInfo) -> Vec<u8> {
    let element = |name: &str, value: &str| format!("    <{name}>{}</{name}>\n", escape(value));
    let memory = [("total-avail-memory", &general.machine_memory), ("current-memory-usage", &general.process_memory)];
    let memory: String =
        memory.iter().filter_map(|(name, value)| Some(element(name, value.as_ref()?.as_str()))).collect();
    let general = [element("num-of-cpus", &general.cpus), memory, element("server-uptime", &general.uptime)].concat();
    let replicas = [
        element("registered-replicas", &replicas.registered),
        element("available-replicas", &replicas.available),
        element("unavailable-replicas", &replicas.unavailable),
    ]
    .concat();
    let instance = String::from_utf8_lossy(&xml::encode_instance(itself, Detail::Full)).into_owned();
    // Java names the element after its field, and indents it. Nothing that a client says is in it.
    let instance = instance
        .replace("<instance>", "<instanceInfo>")
        .replace("</instance>", "</instanceInfo>")
        .replace('\n', "\n  ");
    format!(
        "<{XML_ROOT}>\n  <generalStats>\n{general}  </generalStats>\n  <applicationStats>\n{replicas}  \
         </applicationStats>\n  {instance}\n</{XML_ROOT}>"
    )
    .into_bytes()
}

/// `00:07`, `1 day 03:10`, `12 days 00:00`: hours and minutes.
pub(crate) fn uptime(duration_ms: i64) -> String {
    let minutes = duration_ms.max(0) / 60_000;
    let (days, hours, minutes) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    let days = match days {
        0 => String::new(),
        1 => "1 day ".to_owned(),
        days => format!("{days} days "),
    };
    format!("{days}{hours:02}:{minutes:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_ones_that_can_be_called() {
        let urls_at = |address: &str| {
            let itself = itself(&Deployment::stock(), "http", address.parse().unwrap(), 0);
            [itself.home_page_url, itself.status_page_url, itself.health_check_url].map(Option::unwrap).join(" ")
        };
        assert!(urls_at("10.0.0.7:8761").contains("http://10.0.0.7:8761/actuator/health"));
        assert!(urls_at("[::1]:8761").contains("http://[::1]:8761/eureka/status"));
        for everywhere in ["0.0.0.0:8761", "[::]:8761"] {
            let urls = urls_at(everywhere);
            assert!(!urls.contains("//0.0.0.0") && !urls.contains("::") && urls.contains(":8761/"), "{urls}");
        }
    }

    #[test]
    fn peers_are_listed_as_in_eureka_and_not_reached() {
        let replicas = Replicas::of(&["http://a/eureka/".to_owned(), "http://b/eureka/".to_owned()]);
        assert_eq!(replicas.registered, "http://a/eureka/, http://b/eureka/");
        assert_eq!(replicas.unavailable, "http://a/eureka/,http://b/eureka/,");
        assert_eq!(replicas.available, "");
    }

    #[test]
    fn uptime_is_shown_as_in_eureka() {
        for (duration_ms, expected) in [
            (-1, "00:00"),
            (59_999, "00:00"),
            (3_660_000, "01:01"),
            (86_400_000, "1 day 00:00"),
            (12 * 86_400_000 + 82_800_000, "12 days 23:00"),
        ] {
            assert_eq!(uptime(duration_ms), expected);
        }
    }
}
