//! What other registries and their proxies answer, and a client must read all the same.

#![allow(clippy::panic, reason = "helpers of tests fail as tests do")]

use eurus_model::{ActionType, Application, InstanceInfo, InstanceStatus, Port, json, xml};

fn instance(fields: &str) -> InstanceInfo {
    let body = format!("{{\"instance\":{{\"instanceId\":\"i\",\"app\":\"a\",{fields}}}}}");
    json::decode_instance(body.as_bytes()).unwrap_or_else(|error| panic!("{fields}: {error}"))
}

#[test]
fn ports_in_every_form() {
    let table = [
        (r#""port":8080"#, 8080, true),
        (r#""port":"8080""#, 8080, true),
        (r#""port":{"$":8080,"@enabled":"true"}"#, 8080, true),
        (r#""port":{"$":"8080","@enabled":false}"#, 8080, false),
        (r#""port":{"@enabled":"false","$":8080}"#, 8080, false),
        (r#""port":{"$":8080,"@enabled":null,"more":[1]}"#, 8080, true),
        (r#""port":null"#, 7001, true),
        (r#""port":{}"#, 7001, true),
    ];
    for (field, number, enabled) in table {
        assert_eq!(instance(field).port, Port { number, enabled }, "{field}");
    }
    assert_eq!(instance(r#""securePort":8443"#).secure_port, Port { number: 8443, enabled: false });
}

#[test]
fn times_and_booleans_as_numbers_strings_and_nulls() {
    for time in ["1700000000000", "\"1700000000000\"", "1.7e12", "\" 1700000000000 \""] {
        let instance = instance(&format!("\"lastDirtyTimestamp\":{time},\"lastUpdatedTimestamp\":{time}"));
        assert_eq!(
            (instance.last_dirty_ms, instance.last_updated_ms),
            (1_700_000_000_000, 1_700_000_000_000),
            "{time}"
        );
    }
    for nothing in ["null", "\"\""] {
        assert_eq!(instance(&format!("\"lastDirtyTimestamp\":{nothing}")).last_dirty_ms, 0, "{nothing}");
    }
    for (text, value) in [("true", true), ("\"true\"", true), ("\"True\"", true), ("false", false), ("null", false)] {
        let instance = instance(&format!("\"isCoordinatingDiscoveryServer\":{text}"));
        assert_eq!(instance.is_coordinating_discovery_server, value, "{text}");
    }
}

#[test]
fn the_override_in_either_spelling() {
    let table = [
        r#""overriddenStatus":"OUT_OF_SERVICE""#,
        r#""overriddenstatus":"OUT_OF_SERVICE""#,
        r#""overriddenStatus":"OUT_OF_SERVICE","overriddenstatus":null"#,
        r#""overriddenStatus":null,"overriddenstatus":"OUT_OF_SERVICE""#,
    ];
    for fields in table {
        assert_eq!(instance(fields).overridden_status, InstanceStatus::OutOfService, "{fields}");
    }
}

#[test]
fn nulls_everywhere_are_defaults() {
    let fields = "\"hostName\":null,\"ipAddr\":null,\"sid\":null,\"status\":null,\"overriddenStatus\":null,\"port\":null,\
        \"securePort\":null,\"countryId\":null,\"dataCenterInfo\":null,\"leaseInfo\":null,\"metadata\":null,\
        \"appGroupName\":null,\"homePageUrl\":null,\"statusPageUrl\":null,\"healthCheckUrl\":null,\
        \"secureHealthCheckUrl\":null,\"vipAddress\":null,\"secureVipAddress\":null,\
        \"isCoordinatingDiscoveryServer\":null,\"lastUpdatedTimestamp\":null,\"lastDirtyTimestamp\":null,\
        \"actionType\":null,\"asgName\":null";
    assert_eq!(instance(fields), InstanceInfo::new("A", "i", "", ""));
}

#[test]
fn unknown_values_of_every_kind_are_passed_over() {
    let fields = r#""x":[1,{"y":[2]}],"z":{"instanceId":"other"},"status":"NEW","actionType":"NEW","metadata":{"a":1,"b":true,"c":null,"d":{"e":1},"f":[1],"g":"h"}"#;
    let instance = instance(fields);
    assert_eq!((instance.status, instance.action), (InstanceStatus::Unknown, None));
    let pairs = [("a", "1"), ("b", "true"), ("g", "h")];
    assert_eq!(instance.metadata, pairs.map(|(key, value)| (key.to_owned(), value.to_owned())));
}

#[test]
fn an_instance_wrapped_or_bare() {
    let bare = br#"{"instanceId":"i","app":"a","actionType":"DELETED"}"#;
    let instance = json::decode_instance(bare).expect("bare");
    assert_eq!(instance.action, Some(ActionType::Deleted));
    let host_alone = json::decode_instance(br#"{"hostName":"h","app":"a"}"#).expect("the host name is the id");
    assert_eq!(host_alone.instance_id, "h");
}

fn ids(application: &Application) -> Vec<&str> {
    application.instances.keys().map(String::as_str).collect()
}

#[test]
fn one_alone_or_many() {
    let one = r#"{"applications":{"application":{"name":"a","instance":{"instanceId":"i"}}}}"#;
    let many = r#"{"applications":{"application":[{"name":"a","instance":[{"instanceId":"i"},{"instanceId":"j"}]},{"instance":null,"name":"b"}]},"more":1}"#;
    let one = json::decode_applications(one.as_bytes()).expect("one alone");
    assert_eq!(ids(&one.by_name["A"]), ["i"]);
    assert_eq!(one.by_name["A"].instances["i"].app, "A");
    let many = json::decode_applications(many.as_bytes()).expect("many");
    assert_eq!(ids(&many.by_name["A"]), ["i", "j"]);
    assert!(many.by_name["B"].instances.is_empty());
    let none =
        json::decode_applications(br#"{"applications":{"versions__delta":3,"application":null}}"#).expect("none");
    assert_eq!((none.version.as_str(), none.by_name.len()), ("3", 0));
}

#[test]
fn an_application_listed_twice_is_one() {
    let body = r#"{"applications":{"application":[{"name":"a","instance":[{"instanceId":"i"}]},{"name":"A","instance":[{"instanceId":"j"}]}]}}"#;
    let applications = json::decode_applications(body.as_bytes()).expect("readable");
    assert_eq!(ids(&applications.by_name["A"]), ["i", "j"]);
}

#[test]
fn xml_as_people_write_it() {
    let body = "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\r\n<!-- by hand -->\r\n<instance>\r\n \
        <instanceId><![CDATA[a<b]]>&amp;&#x41;</instanceId><app>a</app><status>up</status><port>8080</port>\
        <securePort enabled='true'>8443</securePort><x><y><z/></y></x><metadata><my_key>v</my_key><empty/></metadata>\
        <dataCenterInfo><name>Azure</name></dataCenterInfo></instance>\r\n";
    let instance = xml::decode_instance(body.as_bytes()).expect("readable");
    assert_eq!(instance.instance_id, "a<b&A");
    assert_eq!(instance.status, InstanceStatus::Up);
    assert_eq!(instance.port, Port { number: 8080, enabled: true });
    assert_eq!(instance.secure_port, Port { number: 8443, enabled: true });
    assert_eq!((instance.metadata("my_key"), instance.metadata("empty")), (Some("v"), Some("")));
    assert_eq!(instance.data_center.name, "Azure");
}
