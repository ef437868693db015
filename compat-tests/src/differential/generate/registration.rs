//! Bodies of registrations, in the ways that clients write them.

use serde_json::{Map, Value, json};

use super::details::{DataCenter, Details};
use super::{DIRTY_MS, Dice, REPLICATION, STATUSES};
use crate::differential::request::{Request, encoded};
use crate::differential::step::{Effect, IDS, Operation, Place};

/// What a client says of itself.
pub(super) struct Body {
    place: Place,
    app: String,
    instance_id: Option<String>,
    status: Option<&'static str>,
    overridden: Option<(&'static str, &'static str)>,
    port: u16,
    /// Text where the port's number belongs.
    bad_number: bool,
    has_ports: bool,
    lease_s: Option<(i64, i64)>,
    metadata: Vec<(&'static str, &'static str)>,
    has_metadata: bool,
    has_urls: bool,
    vip: Option<String>,
    secure_vip: Option<String>,
    dirty_ms: Option<i64>,
    extras: bool,
    data_center: DataCenter,
    details: Details,
    /// Numbers as text and the other way round, as Netflix's old client writes them.
    is_old_fashioned: bool,
}

const METADATA: [(&str, &str); 7] = [
    ("zone", "z1"),
    ("zone", "z2"),
    ("management.port", "8001"),
    ("note", "a <b> & \"c\" 'd' ü€😀"),
    ("empty", ""),
    ("spaces", " x  y "),
    ("lines", "one\ntwo\tthree"),
];

impl Dice<'_> {
    pub(super) fn registration(&mut self) -> Operation {
        let place = self.place();
        let body = self.registration_body(place);
        let effect = body.effect();
        let app = if self.once_in(10) { place.app().to_lowercase() } else { place.app().to_owned() };
        let mut request = Request::new("POST", format!("/eureka/apps/{}", encoded(&app)));
        if self.once_in(15) {
            request.path.push('/');
        }
        if self.once_in(8) {
            request = request.header(REPLICATION, "true");
        }
        if !self.once_in(12) {
            let accept = self.accept();
            request = request.header("accept", accept);
        }
        // XML has no text for a number that is none: Java's reader there is another.
        if !body.bad_number && self.once_in(3) {
            let content_type = self.one_of(&["application/xml", "application/xml", "application/xml;charset=UTF-8"]);
            return Operation::about(request.body(content_type, body.xml()), place, effect);
        }
        let content_type = self.one_of(&["application/json", "application/json", "application/json;charset=UTF-8"]);
        let wrapped = json!({ "instance": body.json() });
        Operation::about(request.body(content_type, wrapped.to_string()), place, effect)
    }

    pub(super) fn registration_body(&mut self, place: Place) -> Body {
        let is_minimal = self.once_in(6);
        let said = |dice: &mut Self| !is_minimal || dice.once_in(3);
        let vips = ["~t~-v0", "~t~-v1", "~t~-v2", "~t~-v0,~t~-v1"].map(ToOwned::to_owned);
        let secure_vips = ["~t~-s0", "~t~-s1", "~t~-s0,~t~-s2"].map(ToOwned::to_owned);
        let durations_s = self.flavour.durations_s();
        let needs_lease = self.flavour == super::Flavour::Expiring;
        let data_center = self.data_center();
        // Without one, Amazon's would be it: another in the list than in the path.
        let leaves_out_id = place.id() == host(place) && !data_center.has_id() && self.once_in(3);
        Body {
            place,
            app: if self.once_in(8) { place.app().to_lowercase() } else { place.app().to_owned() },
            instance_id: (!leaves_out_id).then(|| place.id()),
            status: if said(self) { Some(self.registered_status()) } else { None },
            overridden: if said(self) { Some(self.brought_override()) } else { None },
            port: 8_001 + u16::try_from(place.id).unwrap_or_default(),
            bad_number: self.once_in(60),
            has_ports: said(self),
            lease_s: (needs_lease || said(self)).then(|| (self.one_of(&[30, 10, 1]), self.one_of(durations_s))),
            metadata: self.metadata(),
            has_metadata: said(self),
            has_urls: said(self),
            vip: if said(self) { Some(self.one_of(&vips)) } else { None },
            secure_vip: if self.once_in(2) { Some(self.one_of(&secure_vips)) } else { None },
            dirty_ms: if said(self) { Some(self.dirty_ms()) } else { None },
            extras: self.once_in(5),
            data_center,
            details: self.details(),
            is_old_fashioned: self.once_in(3),
        }
    }

    fn registered_status(&mut self) -> &'static str {
        if self.once_in(2) { "UP" } else { self.one_of(&STATUSES) }
    }

    fn brought_override(&mut self) -> (&'static str, &'static str) {
        let name = self.one_of(&["overriddenStatus", "overriddenstatus"]);
        (name, if self.once_in(6) { self.one_of(&STATUSES) } else { "UNKNOWN" })
    }

    fn metadata(&mut self) -> Vec<(&'static str, &'static str)> {
        let mut chosen: Vec<(&str, &str)> = Vec::new();
        for _ in 0..self.rng.usize(0..4) {
            let entry = self.one_of(&METADATA);
            if !chosen.iter().any(|(name, _)| *name == entry.0) {
                chosen.push(entry);
            }
        }
        chosen
    }
}

impl Body {
    pub(super) fn effect(&self) -> Effect {
        let vips = self.vip.iter().chain(&self.secure_vip).cloned().collect();
        Effect::Register { vips, bad_number: self.bad_number && self.has_ports }
    }

    pub(super) fn dirty_ms(&self) -> Option<i64> {
        self.dirty_ms
    }

    fn host(&self) -> String {
        host(self.place)
    }

    fn text_or_number(&self, number: i64) -> Value {
        if self.is_old_fashioned { Value::from(number.to_string()) } else { Value::from(number) }
    }

    pub(super) fn json(&self) -> Value {
        let mut fields = Map::new();
        let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        put("hostName", json!(self.host()));
        put("app", json!(self.app));
        put("ipAddr", json!(format!("10.0.{}.{}", self.place.app, self.place.id)));
        put("dataCenterInfo", self.data_center.json());
        if let Some(id) = &self.instance_id {
            put("instanceId", json!(id));
        }
        if let Some(status) = self.status {
            put("status", json!(status));
        }
        if let Some((name, status)) = self.overridden {
            put(name, json!(status));
        }
        if self.has_ports {
            let port = if self.bad_number { json!("abc") } else { self.text_or_number(i64::from(self.port)) };
            let enabled = |is: bool| if self.is_old_fashioned { json!(is) } else { json!(is.to_string()) };
            put("port", json!({ "$": port, "@enabled": enabled(true) }));
            put("securePort", json!({ "$": 443, "@enabled": enabled(false) }));
        }
        if let Some((interval_s, duration_s)) = self.lease_s {
            let mut lease = json!({ "renewalIntervalInSecs": interval_s, "durationInSecs": duration_s });
            for name in ["registrationTimestamp", "lastRenewalTimestamp", "evictionTimestamp", "serviceUpTimestamp"] {
                if self.extras {
                    lease[name] = json!(0);
                }
            }
            put("leaseInfo", lease);
        }
        if self.has_metadata {
            put("metadata", self.metadata.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect());
        }
        self.addresses(&mut |name, value| {
            put(name, json!(value));
        });
        if self.extras {
            put("countryId", json!(1));
            put("isCoordinatingDiscoveryServer", json!("false"));
            put("lastUpdatedTimestamp", json!(DIRTY_MS.to_string()));
            put("actionType", json!("ADDED"));
        }
        if let Some(dirty_ms) = self.dirty_ms {
            put("lastDirtyTimestamp", if self.extras { json!(dirty_ms.to_string()) } else { json!(dirty_ms) });
        }
        Value::Object(fields)
    }

    fn addresses(&self, put: &mut dyn FnMut(&str, &str)) {
        for (name, value) in &self.details {
            put(name, value);
        }
        if self.has_urls {
            let url = format!("http://{}:{}/", self.host(), self.port);
            put("homePageUrl", &url);
            put("statusPageUrl", &format!("{url}actuator/info"));
            put("healthCheckUrl", &format!("{url}actuator/health?a=1&b=2"));
        }
        if let Some(vip) = &self.vip {
            put("vipAddress", vip);
        }
        if let Some(secure_vip) = &self.secure_vip {
            put("secureVipAddress", secure_vip);
        }
    }

    fn xml(&self) -> String {
        let mut xml = String::from("<instance>");
        let mut put = |name: &str, value: &str| {
            xml.push_str(&format!("<{name}>{}</{name}>", escaped(value)));
        };
        if let Some(id) = &self.instance_id {
            put("instanceId", id);
        }
        put("hostName", &self.host());
        put("app", &self.app);
        put("ipAddr", &format!("10.0.{}.{}", self.place.app, self.place.id));
        if let Some(status) = self.status {
            put("status", status);
        }
        if let Some((name, status)) = self.overridden {
            put(name, status);
        }
        self.addresses(&mut put);
        if self.extras {
            put("countryId", "1");
            put("isCoordinatingDiscoveryServer", "false");
            put("lastUpdatedTimestamp", &DIRTY_MS.to_string());
            put("actionType", "ADDED");
        }
        if let Some(dirty_ms) = self.dirty_ms {
            put("lastDirtyTimestamp", &dirty_ms.to_string());
        }
        if self.has_ports {
            xml.push_str(&format!(r#"<port enabled="true">{}</port>"#, self.port));
            xml.push_str(r#"<securePort enabled="false">443</securePort>"#);
        }
        xml.push_str(&self.data_center.xml());
        if let Some((interval_s, duration_s)) = self.lease_s {
            xml.push_str(&format!(
                "<leaseInfo><renewalIntervalInSecs>{interval_s}</renewalIntervalInSecs>\
                 <durationInSecs>{duration_s}</durationInSecs></leaseInfo>"
            ));
        }
        if self.has_metadata {
            let entries = self.metadata.iter().map(|(name, value)| format!("<{name}>{}</{name}>", escaped(value)));
            xml.push_str(&format!("<metadata>{}</metadata>", entries.collect::<String>()));
        }
        xml.push_str("</instance>");
        xml
    }
}

/// One instance's host name is its id: it may leave its id out.
fn host(place: Place) -> String {
    if place.id == IDS.len() - 1 { place.id() } else { format!("host{}.example.org", place.id) }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
