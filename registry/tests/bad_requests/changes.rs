//! Changes of what is registered that are not to be.

use crate::row::{JSON, Row, plain, request};

pub(crate) fn rows() -> Vec<Row> {
    [heartbeats(), statuses(), metadata_and_groups(), batches()].into_iter().flatten().collect()
}

fn heartbeats() -> Vec<Row> {
    let row = |name, query: &str, status, says| {
        Row::new(name, plain("PUT", &format!("/eureka/apps/GOOD/held?{query}")), status, says)
    };
    vec![
        Row::new("a heartbeat of nobody", plain("PUT", "/eureka/apps/GOOD/nobody"), 404, ""),
        Row::new("a heartbeat in another application", plain("PUT", "/eureka/apps/OTHER/held"), 404, ""),
        row("a heartbeat of tomorrow", "lastDirtyTimestamp=1001", 404, ""),
        row(
            "a time that is a word",
            "lastDirtyTimestamp=now",
            500,
            "x-eurus-reason: lastDirtyTimestamp must be milliseconds since 1970, a whole number, but is 'now'",
        ),
        row("a time beyond 64 bits", "lastDirtyTimestamp=99999999999999999999", 500, "Internal Server Error"),
        row(
            "an empty time",
            "lastDirtyTimestamp=",
            500,
            "lastDirtyTimestamp must be milliseconds since 1970, a whole number, but is ''",
        ),
        row("a time with a fraction", "lastDirtyTimestamp=1.5", 500, "Internal Server Error"),
        Row::new("a goodbye of nobody", plain("DELETE", "/eureka/apps/GOOD/nobody"), 404, "Not Found"),
    ]
}

fn statuses() -> Vec<Row> {
    let row = |method, query: &str, status, says| {
        let path = format!("/eureka/apps/GOOD/held/status{query}");
        Row::new(&format!("{method} {path}"), plain(method, &path), status, says)
    };
    vec![
        row(
            "PUT",
            "",
            500,
            "x-eurus-reason: value is missing: it must be UP, DOWN, STARTING, OUT_OF_SERVICE or UNKNOWN",
        ),
        row(
            "PUT",
            "?value=",
            500,
            "x-eurus-reason: value must be UP, DOWN, STARTING, OUT_OF_SERVICE or UNKNOWN, but is ''",
        ),
        row("PUT", "?value=%0A%C5%BC", 500, "but is '\\n\\u{17c}'"),
        row("PUT", "?value=BOGUS", 500, "Internal Server Error"),
        row("PUT", "?value=out_of_service", 500, "Internal Server Error"),
        row(
            "PUT",
            "?value=DOWN&lastDirtyTimestamp=x",
            500,
            "lastDirtyTimestamp must be milliseconds since 1970, a whole number, but is 'x'",
        ),
        row("PUT", "?VALUE=DOWN", 500, "Internal Server Error"),
        row(
            "DELETE",
            "?value=BOGUS",
            500,
            "x-eurus-reason: value must be UP, DOWN, STARTING, OUT_OF_SERVICE or UNKNOWN, but is 'BOGUS'",
        ),
        row("DELETE", "?value=UP&lastDirtyTimestamp=-", 500, "Internal Server Error"),
        Row::new("the status of nobody", plain("PUT", "/eureka/apps/GOOD/nobody/status?value=DOWN"), 404, "Not Found"),
        Row::new("no override of nobody", plain("DELETE", "/eureka/apps/GOOD/nobody/status"), 404, "Not Found"),
    ]
}

fn metadata_and_groups() -> Vec<Row> {
    let put = |name, path: &str, status, says| Row::new(name, plain("PUT", path), status, says);
    let many: String = (0..101).map(|place| format!("k{place}=v&")).collect();
    let large = format!("/eureka/apps/GOOD/held/metadata?large={}", "x".repeat(30_000));
    let name = "n".repeat(256);
    vec![
        put("metadata of nobody", "/eureka/apps/GOOD/nobody/metadata?a=b", 404, "Not Found"),
        put(
            "too many entries",
            &format!("/eureka/apps/GOOD/held/metadata?{many}"),
            413,
            "eurus.registry.metadata-entries-max",
        ),
        put("too large together", &large, 413, "eurus.registry.instance-bytes-max"),
        put(
            "a group neither on nor off",
            "/eureka/asg/group/status?value=OFF",
            400,
            "value must be ENABLED or DISABLED, but is 'OFF'",
        ),
        put("a group without a word", "/eureka/asg/group/status", 400, "value must be ENABLED or DISABLED"),
        put("a group with a long name", &format!("/eureka/asg/{name}/status?value=DISABLED"), 400, "255 bytes at most"),
    ]
}

fn batches() -> Vec<Row> {
    let row = |name, body: &str, status, says| {
        Row::new(name, request("POST", "/eureka/peerreplication/batch/", &JSON, body.as_bytes()), status, says)
    };
    let unparsable = "cannot parse request body";
    let items = |items: &str| format!("{{\"replicationList\":[{items}]}}");
    let item = |fields: &str| items(&format!("{{\"appName\":\"GOOD\",\"id\":\"held\",{fields}}}"));
    vec![
        row("no body", "", 400, unparsable),
        row("no list", "{}", 500, "x-eurus-reason: replicationList is missing"),
        row("null", "null", 500, "Internal Server Error"),
        row("a list that is an object", r#"{"replicationList":{}}"#, 400, unparsable),
        row("an extra field", r#"{"replicationList":[],"more":1}"#, 400, unparsable),
        row("more items than a batch may have", &items(&vec!["{}"; 10_001].join(",")), 400, unparsable),
        row(
            "an unknown action",
            &item("\"action\":\"Explode\""),
            400,
            "x-eurus-reason: the replication batch is unreadable: ",
        ),
        row("an extra field in an item", &item("\"action\":\"Heartbeat\",\"more\":1"), 400, unparsable),
        row(
            "no action",
            &item("\"id2\":null").replace(",\"id2\":null", ""),
            200,
            r#"{"responseList":[{"statusCode":500}]}"#,
        ),
        row("no names", &items(r#"{"action":"Cancel"}"#), 200, r#"[{"statusCode":500}]"#),
        row(
            "an unknown instance",
            &items(r#"{"appName":"GOOD","id":"x","action":"Cancel"}"#),
            200,
            r#"[{"statusCode":404}]"#,
        ),
        row("a bad status", &item("\"action\":\"StatusUpdate\",\"status\":\"BOGUS\""), 200, r#"[{"statusCode":500}]"#),
        row("no status", &item("\"action\":\"StatusUpdate\""), 200, r#"[{"statusCode":500}]"#),
        row("nobody to register", &item("\"action\":\"Register\""), 200, r#"[{"statusCode":500}]"#),
        row(
            "half an instance",
            &item("\"action\":\"Register\",\"instanceInfo\":{\"hostName\":\"h\"}"),
            200,
            r#"[{"statusCode":200}]"#,
        ),
        row(
            "one good, one bad",
            &items(r#"{"appName":"GOOD","id":"held","action":"Heartbeat"},{}"#),
            200,
            r#"[{"statusCode":200},{"statusCode":500}]"#,
        ),
        Row::new(
            "a batch in XML",
            request(
                "POST",
                "/eureka/peerreplication/batch",
                &[("Accept", "application/json"), ("Content-Type", "application/xml")],
                b"<x/>",
            ),
            400,
            unparsable,
        ),
    ]
}
