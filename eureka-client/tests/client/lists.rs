//! Bodies as a registry writes them, by hand: a fault of the codec must not cancel itself out.

use serde_json::{Value, json};

/// Application, instance id, status, action.
pub(crate) type Row<'a> = (&'a str, &'a str, &'a str, &'a str);

/// `{"applications":…}`
pub(crate) fn list(version: &str, hash: &str, rows: &[Row]) -> String {
    let mut apps: Vec<(&str, Vec<Value>)> = Vec::new();
    for (app, id, status, action) in rows {
        let instance = instance(app, id, status, action);
        match apps.iter_mut().find(|(name, _)| name == app) {
            Some((_, instances)) => instances.push(instance),
            None => apps.push((app, vec![instance])),
        }
    }
    let apps: Vec<Value> = apps.into_iter().map(|(name, list)| json!({"name": name, "instance": list})).collect();
    json!({"applications": {"versions__delta": version, "apps__hashcode": hash, "application": apps}}).to_string()
}

pub(crate) fn instance(app: &str, id: &str, status: &str, action: &str) -> Value {
    json!({
        "instanceId": id, "hostName": "localhost", "app": app, "ipAddr": "127.0.0.1", "status": status,
        "overriddenStatus": "UNKNOWN", "port": {"$": 9101, "@enabled": "true"},
        "securePort": {"$": 443, "@enabled": "false"}, "countryId": 1,
        "dataCenterInfo": {"@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"},
        "leaseInfo": {
            "renewalIntervalInSecs": 30, "durationInSecs": 90, "registrationTimestamp": 1_795_318_175_623_i64,
            "lastRenewalTimestamp": 1_795_318_175_623_i64, "evictionTimestamp": 0,
            "serviceUpTimestamp": 1_795_318_175_624_i64
        },
        "metadata": {"@class": "java.util.Collections$EmptyMap"}, "homePageUrl": "http://localhost:9101/",
        "vipAddress": "nfx", "isCoordinatingDiscoveryServer": "false",
        "lastUpdatedTimestamp": "1795318175625", "lastDirtyTimestamp": "1795318173798", "actionType": action
    })
}

/// What a copy holds, as `APP/id STATUS`.
pub(crate) fn shown(copy: &eurus_model::Applications) -> Vec<String> {
    copy.instances().map(|held| format!("{}/{} {}", held.app, held.instance_id, held.status)).collect()
}
