//! The object of one instance, field by field in the order of Java's server.

use super::text::push_string;
use crate::compact;
use crate::decimal;
use crate::detail::Detail;
use crate::instance::{ActionType, DataCenterInfo, InstanceInfo, LeaseInfo, Port};

/// Appends the object.
pub(super) fn push_instance(out: &mut Vec<u8>, instance: &InstanceInfo, detail: Detail) {
    // The first field has no comma before it; all others begin with theirs.
    out.extend_from_slice(b"{\"instanceId\":");
    push_string(out, &instance.instance_id);
    match detail {
        Detail::Full => push_full(out, instance),
        Detail::Compact => push_compact(out, instance),
    }
    out.push(b'}');
}

fn push_full(out: &mut Vec<u8>, instance: &InstanceInfo) {
    text(out, "hostName", &instance.host_name);
    text(out, "app", &instance.app);
    text(out, "ipAddr", &instance.ip_addr);
    optional(out, "sid", instance.shown_sid());
    text(out, "status", instance.status.as_str());
    text(out, "overriddenStatus", instance.overridden_status.as_str());
    port(out, "port", instance.port);
    port(out, "securePort", instance.secure_port);
    number(out, "countryId", i64::from(instance.country_id));
    data_center(out, &instance.data_center, Detail::Full);
    lease(out, &instance.lease);
    metadata(out, &instance.metadata);
    optional(out, "appGroupName", instance.app_group_name.as_deref());
    optional(out, "homePageUrl", instance.home_page_url.as_deref());
    optional(out, "statusPageUrl", instance.status_page_url.as_deref());
    optional(out, "healthCheckUrl", instance.health_check_url.as_deref());
    optional(out, "secureHealthCheckUrl", instance.secure_health_check_url.as_deref());
    optional(out, "vipAddress", instance.vip_address.as_deref());
    optional(out, "secureVipAddress", instance.secure_vip_address.as_deref());
    text(out, "isCoordinatingDiscoveryServer", bool_text(instance.is_coordinating_discovery_server));
    number_text(out, "lastUpdatedTimestamp", instance.last_updated_ms);
    number_text(out, "lastDirtyTimestamp", instance.last_dirty_ms);
    optional(out, "actionType", instance.action.map(ActionType::as_str));
    optional(out, "asgName", instance.asg_name.as_deref());
}

fn push_compact(out: &mut Vec<u8>, instance: &InstanceInfo) {
    text(out, "app", &instance.app);
    text(out, "ipAddr", &instance.ip_addr);
    optional(out, "vipAddress", instance.vip_address.as_deref());
    optional(out, "secureVipAddress", instance.secure_vip_address.as_deref());
    data_center(out, &instance.data_center, Detail::Compact);
    text(out, "hostName", &instance.host_name);
    text(out, "status", instance.status.as_str());
    number(out, "lastUpdatedTimestamp", instance.last_updated_ms);
    optional(out, "actionType", instance.action.map(ActionType::as_str));
    optional(out, "asgName", instance.asg_name.as_deref());
    port(out, "port", instance.port);
    port(out, "securePort", instance.secure_port);
}

fn port(out: &mut Vec<u8>, name: &str, port: Port) {
    key(out, name);
    out.extend_from_slice(b"{\"$\":");
    decimal::push(out, i64::from(port.number));
    text(out, "@enabled", bool_text(port.enabled));
    out.push(b'}');
}

fn data_center(out: &mut Vec<u8>, data_center: &DataCenterInfo, detail: Detail) {
    key(out, "dataCenterInfo");
    out.extend_from_slice(b"{\"@class\":");
    push_string(out, &data_center.class);
    text(out, "name", &data_center.name);
    if data_center.is_amazon() {
        key(out, "metadata");
        pairs(out, data_center.metadata.iter().filter(|(key, _)| compact::shows_amazon_key(detail, key)));
    }
    out.push(b'}');
}

fn lease(out: &mut Vec<u8>, lease: &LeaseInfo) {
    key(out, "leaseInfo");
    out.extend_from_slice(b"{\"renewalIntervalInSecs\":");
    decimal::push(out, i64::from(lease.renewal_interval_s));
    number(out, "durationInSecs", i64::from(lease.duration_s));
    number(out, "registrationTimestamp", lease.registration_ms);
    number(out, "lastRenewalTimestamp", lease.last_renewal_ms);
    number(out, "evictionTimestamp", lease.eviction_ms);
    number(out, "serviceUpTimestamp", lease.service_up_ms);
    out.push(b'}');
}

fn metadata(out: &mut Vec<u8>, metadata: &[(String, String)]) {
    key(out, "metadata");
    if metadata.is_empty() {
        // Old clients take the class of the map for granted.
        out.extend_from_slice(b"{\"@class\":\"java.util.Collections$EmptyMap\"}");
    } else {
        pairs(out, metadata.iter().map(|(key, value)| (key, value)));
    }
}

fn pairs<'a>(out: &mut Vec<u8>, pairs: impl Iterator<Item = (&'a String, &'a String)>) {
    out.push(b'{');
    for (place, (key, value)) in pairs.enumerate() {
        if place > 0 {
            out.push(b',');
        }
        push_string(out, key);
        out.push(b':');
        push_string(out, value);
    }
    out.push(b'}');
}

/// Our own names need no escapes.
fn key(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

fn text(out: &mut Vec<u8>, name: &str, value: &str) {
    key(out, name);
    push_string(out, value);
}

fn optional(out: &mut Vec<u8>, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        text(out, name, value);
    }
}

fn number(out: &mut Vec<u8>, name: &str, value: i64) {
    key(out, name);
    decimal::push(out, value);
}

fn number_text(out: &mut Vec<u8>, name: &str, value: i64) {
    key(out, name);
    out.push(b'"');
    decimal::push(out, value);
    out.push(b'"');
}

const fn bool_text(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}
