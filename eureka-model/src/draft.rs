//! An instance as a body described it: what was not said stays unsaid, so that it can still be told
//! from a default. Both codecs decode into it.

use std::collections::HashSet;

use crate::instance::{ActionType, DataCenterInfo, InstanceInfo, InstanceStatus, LeaseInfo, Port};
use crate::scalar::StatusWord;

/// What a body said about an instance, before anybody looked whether it is complete.
/// [`into_instance`](Self::into_instance) makes it an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistrationDraft {
    pub(crate) instance_id: Option<String>,
    pub(crate) host_name: Option<String>,
    pub(crate) app: Option<String>,
    pub(crate) ip_addr: Option<String>,
    pub(crate) sid: Option<String>,
    pub(crate) status: Option<StatusWord>,
    pub(crate) overridden_status: Option<InstanceStatus>,
    pub(crate) port: PortDraft,
    pub(crate) secure_port: PortDraft,
    pub(crate) country_id: Option<i32>,
    pub(crate) data_center: Option<DataCenterDraft>,
    pub(crate) lease: LeaseInfo,
    pub(crate) metadata: Vec<(String, String)>,
    pub(crate) app_group_name: Option<String>,
    pub(crate) home_page_url: Option<String>,
    pub(crate) status_page_url: Option<String>,
    pub(crate) health_check_url: Option<String>,
    pub(crate) secure_health_check_url: Option<String>,
    pub(crate) vip_address: Option<String>,
    pub(crate) secure_vip_address: Option<String>,
    pub(crate) is_coordinating_discovery_server: Option<bool>,
    pub(crate) last_updated_ms: Option<i64>,
    pub(crate) last_dirty_ms: Option<i64>,
    pub(crate) action: Option<ActionType>,
    pub(crate) asg_name: Option<String>,
}

/// What a registration may name as `@class`. Java's older clients send the last one.
const CLASSES: [&str; 3] =
    [DataCenterInfo::DEFAULT_CLASS, DataCenterInfo::AMAZON_CLASS, "com.netflix.appinfo.MyDataCenterInfo"];

/// What a registration may name as `name`.
const NAMES: [&str; 3] = ["MyOwn", "Netflix", DataCenterInfo::AMAZON_NAME];

/// A port as far as it was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PortDraft {
    pub(crate) number: Option<i32>,
    pub(crate) enabled: Option<bool>,
}

impl PortDraft {
    fn or(self, default: Port) -> Port {
        Port { number: self.number.unwrap_or(default.number), enabled: self.enabled.unwrap_or(default.enabled) }
    }
}

/// A data center as far as it was given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DataCenterDraft {
    pub(crate) class: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) metadata: Vec<(String, String)>,
}

impl DataCenterDraft {
    pub(crate) fn is_amazon(&self) -> bool {
        self.class.as_deref() == Some(DataCenterInfo::AMAZON_CLASS)
            || self.name.as_deref() == Some(DataCenterInfo::AMAZON_NAME)
    }

    /// Java's JSON picks a class by `@class`, and knows no others.
    pub(crate) fn check_class(&self) -> Result<(), String> {
        let class = self.class.as_deref().ok_or("dataCenterInfo without \"@class\"")?;
        if CLASSES.contains(&class) {
            return Ok(());
        }
        Err(format!("unknown \"@class\" of dataCenterInfo `{class}`, expected one of {}", CLASSES.join(", ")))
    }

    /// The name is an enum in Java. Whether it may be missing is not asked here.
    pub(crate) fn check_name(&self) -> Result<(), String> {
        match self.name.as_deref() {
            Some(name) if !NAMES.contains(&name) => {
                Err(format!("unknown \"name\" of dataCenterInfo `{name}`, expected one of {}", NAMES.join(", ")))
            }
            _ => Ok(()),
        }
    }

    /// Java knows two classes on the way out, whatever class came in. Nothing, when the name is missing; Amazon's
    /// class has its name by itself.
    pub(crate) fn normalised(self) -> Option<DataCenterInfo> {
        if self.is_amazon() {
            return Some(DataCenterInfo {
                class: DataCenterInfo::AMAZON_CLASS.to_owned(),
                name: DataCenterInfo::AMAZON_NAME.to_owned(),
                metadata: self.metadata.into_iter().collect(),
            });
        }
        self.name.map(|name| DataCenterInfo { name, ..DataCenterInfo::default() })
    }
}

/// What every instance must have; the rest of a draft has defaults.
pub(crate) struct Identity {
    pub(crate) instance_id: String,
    pub(crate) host_name: String,
    pub(crate) app: String,
    pub(crate) ip_addr: String,
    pub(crate) data_center: DataCenterInfo,
}

impl RegistrationDraft {
    /// The word that was said for a status and means none: taken as `UNKNOWN`, which nobody sends traffic to.
    pub fn unknown_status(&self) -> Option<&str> {
        match &self.status {
            Some(StatusWord::Unknown(word)) => Some(word),
            Some(StatusWord::Known(_)) | None => None,
        }
    }

    /// The place of a field that is plain text, with the field's name.
    pub(crate) fn text_slot(&mut self, key: &str) -> Option<(&'static str, &mut Option<String>)> {
        // As bytes: compared by length and letter, not one name after another.
        Some(match key.as_bytes() {
            b"instanceId" => ("instanceId", &mut self.instance_id),
            b"hostName" => ("hostName", &mut self.host_name),
            b"app" => ("app", &mut self.app),
            b"ipAddr" => ("ipAddr", &mut self.ip_addr),
            b"sid" => ("sid", &mut self.sid),
            b"appGroupName" => ("appGroupName", &mut self.app_group_name),
            b"homePageUrl" => ("homePageUrl", &mut self.home_page_url),
            b"statusPageUrl" => ("statusPageUrl", &mut self.status_page_url),
            b"healthCheckUrl" => ("healthCheckUrl", &mut self.health_check_url),
            b"secureHealthCheckUrl" => ("secureHealthCheckUrl", &mut self.secure_health_check_url),
            b"vipAddress" => ("vipAddress", &mut self.vip_address),
            b"secureVipAddress" => ("secureVipAddress", &mut self.secure_vip_address),
            b"asgName" => ("asgName", &mut self.asg_name),
            _ => return None,
        })
    }

    /// Joins what must be there with what may be, and Eureka's defaults for what was not said.
    /// An unsaid time is `now_ms`.
    pub(crate) fn complete(self, identity: Identity, now_ms: i64) -> InstanceInfo {
        let Identity { instance_id, host_name, app, ip_addr, data_center } = identity;
        InstanceInfo {
            instance_id,
            host_name,
            app,
            ip_addr,
            sid: self.sid,
            status: self.status.map_or(InstanceStatus::Up, |word| word.meaning()),
            overridden_status: self.overridden_status.unwrap_or(InstanceStatus::Unknown),
            port: self.port.or(Port::DEFAULT),
            secure_port: self.secure_port.or(Port::SECURE_DEFAULT),
            country_id: self.country_id.unwrap_or(InstanceInfo::COUNTRY_ID_DEFAULT),
            data_center,
            lease: self.lease.with_defaults_for_nonsense(),
            metadata: last_of_each_key(self.metadata),
            app_group_name: self.app_group_name.map(|name| name.to_uppercase()),
            home_page_url: self.home_page_url,
            status_page_url: self.status_page_url,
            health_check_url: self.health_check_url,
            secure_health_check_url: self.secure_health_check_url,
            vip_address: self.vip_address,
            secure_vip_address: self.secure_vip_address,
            is_coordinating_discovery_server: self.is_coordinating_discovery_server.unwrap_or(false),
            last_updated_ms: self.last_updated_ms.unwrap_or(now_ms),
            last_dirty_ms: self.last_dirty_ms.unwrap_or(now_ms),
            action: self.action,
            asg_name: self.asg_name,
        }
    }
}

/// A key that came twice has the value that came last, as in a map.
fn last_of_each_key(mut pairs: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut seen = HashSet::with_capacity(pairs.len());
    let mut last: Vec<bool> = pairs.iter().rev().map(|(key, _)| seen.insert(key.as_str())).collect();
    // `last` runs from the back; taking its flags from its end runs forward with `pairs`.
    pairs.retain(|_| last.pop().unwrap_or(true));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_that_nobody_knows_is_remembered_by_its_word() {
        let json = |word: &str| format!(r#"{{"instance":{{"instanceId":"i","app":"a","status":{word}}}}}"#);
        let xml =
            |word: &str| format!("<instance><instanceId>i</instanceId><app>a</app><status>{word}</status></instance>");
        let in_json = |word: &str| crate::json::decode_registration(json(word).as_bytes()).unwrap();
        let in_xml = |word: &str| crate::xml::decode_registration(xml(word).as_bytes()).unwrap();
        for (draft, word) in [
            (in_json("\"UP\""), None),
            (in_json("\"UNKNOWN\""), None),
            (in_json("null"), None),
            (in_json("\"RUNNING\""), Some("RUNNING")),
            (in_json("\"up\""), Some("up")),
            (in_xml("up"), None),
            (in_xml("Running"), Some("Running")),
        ] {
            assert_eq!(draft.unknown_status(), word);
            let unknown = word.is_some();
            assert!(!unknown || draft.status.unwrap().meaning() == InstanceStatus::Unknown);
        }
    }

    #[test]
    fn the_last_value_of_a_repeated_key_stays() {
        let pairs = [("a", "1"), ("b", "2"), ("a", "3")];
        let pairs = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
        let kept = last_of_each_key(pairs);
        assert_eq!(kept, [("b".to_owned(), "2".to_owned()), ("a".to_owned(), "3".to_owned())]);
    }
}
