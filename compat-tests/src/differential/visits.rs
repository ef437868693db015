//! Requests that a replay makes of its own: to clear up, and to see everything.

use crate::differential::request::{Request, UPPER_NAME, encoded};
use crate::differential::step::{List, Operation, Place};

/// The end of an instance.
pub fn cancellation(app: &str, id: &str) -> Request {
    Request::new("DELETE", format!("/eureka/apps/{app}/{}", encoded(id)))
}

/// A registration that says nothing special, and its end.
pub fn plain_visit(app: &str, id: &str) -> [Request; 2] {
    let body = serde_json::json!({ "instance": {
        "instanceId": id, "hostName": "host", "app": app, "ipAddr": "10.0.0.1",
        "dataCenterInfo": { "@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn" },
        "status": "UP", "vipAddress": "~t~-v2", "secureVipAddress": "~t~-s2",
        "lastDirtyTimestamp": 1_700_000_000_000_i64,
    }});
    let register = Request::new("POST", format!("/eureka/apps/{app}")).body("application/json", body.to_string());
    [register, cancellation(app, id)]
}

/// Everything that can be read when a sequence is over.
pub fn final_state() -> Vec<Operation> {
    let get = |path: String, accept: &str| Request::new("GET", path).header("accept", accept);
    let mut reads = Vec::new();
    for accept in ["application/json", "application/xml"] {
        reads.push(Operation::read(get("/eureka/apps".to_owned(), accept), List::Plain));
        reads.push(Operation::read(get("/eureka/apps/delta".to_owned(), accept), List::Delta));
    }
    for place in Place::all() {
        let path = format!("/eureka/apps/{}/{}", place.app(), encoded(&place.id()));
        reads.push(Operation::plain(get(path, "application/json")));
    }
    reads.push(Operation::read(get(format!("/eureka/apps/{UPPER_NAME}-A"), "application/json"), List::Plain));
    reads
}
