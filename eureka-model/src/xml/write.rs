//! The element of one instance, field by field in the order of Java's server.

use super::element::Elements;
use crate::compact;
use crate::detail::Detail;
use crate::instance::{ActionType, DataCenterInfo, InstanceInfo, LeaseInfo, Port};

/// The attribute by which old clients know that a map is empty.
const EMPTY_MAP: Option<(&str, &str)> = Some(("class", "java.util.Collections$EmptyMap"));

/// Appends the element, in full indented for `depth` and with a line end; compact as it is anywhere.
pub(super) fn push_instance(out: &mut Vec<u8>, instance: &InstanceInfo, detail: Detail, depth: usize) {
    match detail {
        Detail::Full => {
            let mut elements = Elements::new(out, Some(depth));
            elements.open("instance");
            full(&mut elements, instance);
            elements.close("instance");
        }
        Detail::Compact => {
            let mut elements = Elements::new(out, None);
            elements.open("instance");
            compact(&mut elements, instance);
            elements.close("instance");
        }
    }
}

fn full(out: &mut Elements<'_>, instance: &InstanceInfo) {
    out.text("instanceId", &instance.instance_id);
    out.text("hostName", &instance.host_name);
    out.text("app", &instance.app);
    out.text("ipAddr", &instance.ip_addr);
    out.optional("sid", instance.shown_sid());
    out.text("status", instance.status.as_str());
    out.text("overriddenstatus", instance.overridden_status.as_str());
    port(out, "port", instance.port);
    port(out, "securePort", instance.secure_port);
    out.number("countryId", None, i64::from(instance.country_id));
    data_center(out, &instance.data_center, Detail::Full);
    lease(out, &instance.lease);
    if instance.metadata.is_empty() {
        out.empty("metadata", EMPTY_MAP);
    } else {
        out.open("metadata");
        instance.metadata.iter().for_each(|(key, value)| out.pair(key, value));
        out.close("metadata");
    }
    out.optional("appGroupName", instance.app_group_name.as_deref());
    out.optional("homePageUrl", instance.home_page_url.as_deref());
    out.optional("statusPageUrl", instance.status_page_url.as_deref());
    out.optional("healthCheckUrl", instance.health_check_url.as_deref());
    out.optional("secureHealthCheckUrl", instance.secure_health_check_url.as_deref());
    out.optional("vipAddress", instance.vip_address.as_deref());
    out.optional("secureVipAddress", instance.secure_vip_address.as_deref());
    out.text("isCoordinatingDiscoveryServer", bool_text(instance.is_coordinating_discovery_server));
    out.number("lastUpdatedTimestamp", None, instance.last_updated_ms);
    out.number("lastDirtyTimestamp", None, instance.last_dirty_ms);
    out.optional("actionType", instance.action.map(ActionType::as_str));
    out.optional("asgName", instance.asg_name.as_deref());
}

fn compact(out: &mut Elements<'_>, instance: &InstanceInfo) {
    out.text("instanceId", &instance.instance_id);
    out.text("app", &instance.app);
    out.text("ipAddr", &instance.ip_addr);
    out.optional("vipAddress", instance.vip_address.as_deref());
    out.optional("secureVipAddress", instance.secure_vip_address.as_deref());
    data_center(out, &instance.data_center, Detail::Compact);
    out.text("hostName", &instance.host_name);
    out.text("status", instance.status.as_str());
    out.number("lastUpdatedTimestamp", None, instance.last_updated_ms);
    out.optional("actionType", instance.action.map(ActionType::as_str));
    out.optional("asgName", instance.asg_name.as_deref());
    port(out, "port", instance.port);
    port(out, "securePort", instance.secure_port);
}

fn port(out: &mut Elements<'_>, name: &str, port: Port) {
    out.number(name, Some(("enabled", bool_text(port.enabled))), i64::from(port.number));
}

fn data_center(out: &mut Elements<'_>, data_center: &DataCenterInfo, detail: Detail) {
    out.open_with("dataCenterInfo", Some(("class", &data_center.class)));
    out.text("name", &data_center.name);
    if data_center.is_amazon() {
        let shown = || data_center.metadata.iter().filter(|(key, _)| compact::shows_amazon_key(detail, key));
        if shown().next().is_none() {
            out.empty("metadata", EMPTY_MAP.filter(|_| detail == Detail::Full));
        } else {
            out.open("metadata");
            shown().for_each(|(key, value)| out.pair(key, value));
            out.close("metadata");
        }
    }
    out.close("dataCenterInfo");
}

fn lease(out: &mut Elements<'_>, lease: &LeaseInfo) {
    out.open("leaseInfo");
    out.number("renewalIntervalInSecs", None, i64::from(lease.renewal_interval_s));
    out.number("durationInSecs", None, i64::from(lease.duration_s));
    out.number("registrationTimestamp", None, lease.registration_ms);
    out.number("lastRenewalTimestamp", None, lease.last_renewal_ms);
    out.number("evictionTimestamp", None, lease.eviction_ms);
    out.number("serviceUpTimestamp", None, lease.service_up_ms);
    out.close("leaseInfo");
}

const fn bool_text(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}
