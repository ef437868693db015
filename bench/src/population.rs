//! The instances that are registered, and the requests that Spring's client makes for them.

use crate::load::requests::Request;

/// Applications that the instances are spread over.
pub(crate) const APPS: usize = 100;
/// What Spring Cloud's client sends with every request.
const ACCEPT: &str = "Accept: application/json, application/*+json\r\n";
const AGENT: &str = "Connection: keep-alive\r\nUser-Agent: Apache-HttpClient/5.5 (Java/17.0.15)\r\n";
const ACCEPT_GZIP: &str = "Accept-Encoding: gzip, x-gzip, deflate\r\n";
/// Where a timestamp goes that rises with each request: 13 digits, which occur nowhere else.
const STAMP: &str = "7777777777777";
/// Of all instances that nobody calls.
const PORT: u16 = 8080;
/// Longer than a benchmark lasts, so that no lease runs out between two rounds.
const LEASE_DURATION_S: u32 = 3_600;

/// So many instances.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Population {
    pub(crate) instances: usize,
}

pub(crate) struct Instance {
    pub(crate) app: String,
    pub(crate) ip: String,
    pub(crate) id: String,
    pub(crate) port: u16,
}

impl Population {
    fn instance(number: usize) -> Instance {
        let app = format!("service-{:03}", number % APPS);
        let ip = format!("10.{}.{}.{}", number >> 16 & 255, number >> 8 & 255, number & 255);
        Instance { id: format!("{ip}:{app}:{PORT}"), app, ip, port: PORT }
    }

    /// How many applications there are.
    pub(crate) fn apps(self) -> usize {
        APPS.min(self.instances)
    }

    /// How many instances the first application has.
    pub(crate) fn instances_of_first_app(self) -> usize {
        self.instances.div_ceil(APPS)
    }

    /// `POST apps/{app}` of each instance.
    pub(crate) fn registrations(self) -> Vec<Request> {
        (0..self.instances).map(|number| registration(&Self::instance(number))).collect()
    }

    /// `PUT apps/{app}/{id}` of each instance.
    pub(crate) fn heartbeats(self, dirty_ms: i64) -> Vec<Request> {
        let one = |number| {
            let Instance { app, id, .. } = Self::instance(number);
            let path = format!("/eureka/apps/{}/{id}?status=UP&lastDirtyTimestamp={dirty_ms}", app.to_uppercase());
            plain(&format!(
                "PUT {path} HTTP/1.1\r\n{ACCEPT}{ACCEPT_GZIP}Host: bench\r\nContent-Length: 0\r\n{AGENT}\r\n"
            ))
        };
        (0..self.instances).map(one).collect()
    }

    /// `GET apps/{app}/{id}` of each instance.
    pub(crate) fn single_instances(self) -> Vec<Request> {
        let one = |number| {
            let Instance { app, id, .. } = Self::instance(number);
            get(&format!("/eureka/apps/{}/{id}", app.to_uppercase()), Encoding::Gzip)
        };
        (0..self.instances).map(one).collect()
    }

    /// `GET apps/{app}` of each application.
    pub(crate) fn single_apps(self) -> Vec<Request> {
        let one = |number| get(&format!("/eureka/apps/{}", Self::instance(number).app.to_uppercase()), Encoding::Gzip);
        (0..self.apps()).map(one).collect()
    }
}

/// What a client takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Plain,
    Gzip,
}

/// A `GET` as Spring's client sends it.
pub(crate) fn get(path: &str, encoding: Encoding) -> Request {
    let gzip = if encoding == Encoding::Gzip { ACCEPT_GZIP } else { "" };
    plain(&format!("GET {path} HTTP/1.1\r\n{ACCEPT}{gzip}Host: bench\r\n{AGENT}\r\n"))
}

fn plain(text: &str) -> Request {
    Request { bytes: text.as_bytes().to_vec(), stamps: Vec::new() }
}

/// A registration as Spring's client posts it; its timestamps rise with each request.
pub(crate) fn registration(instance: &Instance) -> Request {
    let Instance { app, ip, id, port } = instance;
    let upper = app.to_uppercase();
    let body = format!(
        r#"{{"instance":{{"instanceId":"{id}","app":"{upper}","appGroupName":null,"ipAddr":"{ip}","sid":"na","homePageUrl":"http://{ip}:{port}/","statusPageUrl":"http://{ip}:{port}/actuator/info","healthCheckUrl":"http://{ip}:{port}/actuator/health","secureHealthCheckUrl":null,"vipAddress":"{app}","secureVipAddress":"{app}","countryId":1,"dataCenterInfo":{{"@class":"com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo","name":"MyOwn"}},"hostName":"{ip}","status":"UP","overriddenStatus":"UNKNOWN","leaseInfo":{{"renewalIntervalInSecs":30,"durationInSecs":{LEASE_DURATION_S},"registrationTimestamp":0,"lastRenewalTimestamp":0,"evictionTimestamp":0,"serviceUpTimestamp":0}},"isCoordinatingDiscoveryServer":false,"lastUpdatedTimestamp":{STAMP},"lastDirtyTimestamp":{STAMP},"actionType":null,"asgName":null,"port":{{"$":{port},"@enabled":"true"}},"securePort":{{"$":443,"@enabled":"false"}},"metadata":{{"management.port":"{port}"}}}}}}"#
    );
    let text = format!(
        "POST /eureka/apps/{upper} HTTP/1.1\r\n{ACCEPT}Accept-Encoding: gzip\r\nContent-Type: application/json\r\n\
         Host: bench\r\nContent-Length: {}\r\n{AGENT}\r\n{body}",
        body.len()
    );
    let stamps = text.match_indices(STAMP).map(|(at, _)| at).collect();
    Request { bytes: text.into_bytes(), stamps }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_instance_is_another_and_the_applications_are_equal() {
        let ids: BTreeSet<String> = (0..10_000).map(|number| Population::instance(number).id).collect();
        assert_eq!(ids.len(), 10_000);
        let first = (0..10_000).filter(|number| Population::instance(*number).app == "service-000").count();
        assert_eq!(first, Population { instances: 10_000 }.instances_of_first_app());
        assert_eq!(Population { instances: 10_000 }.single_apps().len(), 100);
        assert_eq!(Population { instances: 7 }.single_apps().len(), 7);
    }

    #[test]
    fn a_registration_is_json_with_two_rising_timestamps() {
        let request = registration(&Population::instance(70_000));
        assert_eq!(request.stamps.len(), 2);
        let text = String::from_utf8(request.bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())));
        let parsed: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(parsed["instance"]["instanceId"], "10.1.17.112:service-000:8080");
        assert_eq!(parsed["instance"]["lastDirtyTimestamp"], 7_777_777_777_777_i64);
    }
}
