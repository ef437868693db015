//! What a real server answered, read and written again, byte by byte. The order of instances in a list, and of keys
//! in Amazon's metadata, is that of Java's hash maps: it is no part of the form, and taken over from the recording.

#![allow(clippy::expect_used, reason = "helpers of tests fail as tests do")]

use eurus_model::{Application, Applications, Detail, json, xml};

const RECORDED: [(&str, &str, Detail); 11] = [
    (include_str!("golden/application-full.json"), "json", Detail::Full),
    (include_str!("golden/application-full.xml"), "xml", Detail::Full),
    (include_str!("golden/application-compact.json"), "json", Detail::Compact),
    (include_str!("golden/application-compact.xml"), "xml", Detail::Compact),
    (include_str!("golden/unusual-full.json"), "json", Detail::Full),
    (include_str!("golden/unusual-compact.json"), "json", Detail::Compact),
    (include_str!("golden/unusual-compact.xml"), "xml", Detail::Compact),
    (include_str!("golden/amazon-full.json"), "json", Detail::Full),
    (include_str!("golden/amazon-full.xml"), "xml", Detail::Full),
    (include_str!("golden/amazon-compact.json"), "json", Detail::Compact),
    (include_str!("golden/amazon-compact.xml"), "xml", Detail::Compact),
];

const RECORDED_LISTS: [(&str, &str, Detail); 7] = [
    (include_str!("golden/applications-full.json"), "json", Detail::Full),
    (include_str!("golden/applications-full.xml"), "xml", Detail::Full),
    (include_str!("golden/applications-compact.json"), "json", Detail::Compact),
    (include_str!("golden/applications-compact.xml"), "xml", Detail::Compact),
    (include_str!("golden/applications-empty.json"), "json", Detail::Full),
    (include_str!("golden/applications-empty.xml"), "xml", Detail::Full),
    (include_str!("golden/unusual-full.xml"), "xml", Detail::Full),
];

/// Fragments in the order in which the recording has them.
fn fragments(recorded: &str, format: &str, detail: Detail, application: &Application) -> Vec<Vec<u8>> {
    let mut instances: Vec<_> = application.instances.values().collect();
    let place =
        |id: &str| recorded.find(&format!("\"instanceId\":\"{id}\"")).or_else(|| recorded.find(&format!(">{id}<")));
    instances.sort_by_key(|instance| place(&instance.instance_id));
    let write = |instance| {
        let mut out = Vec::new();
        match format {
            "json" => json::write_instance(&mut out, instance, detail),
            _ => xml::write_instance(&mut out, instance, detail),
        }
        out
    };
    instances.into_iter().map(|instance| write(instance)).collect()
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("what is written is UTF-8")
}

/// Amazon's keys are sorted here and hashed there: compared as lines, or as pairs, in sorted order.
fn in_any_order(document: &str) -> Vec<&str> {
    let mut parts: Vec<_> = document.split(['\n', ',', '{', '}']).flat_map(|line| line.split_inclusive("><")).collect();
    parts.sort_unstable();
    parts
}

fn assert_same(recorded: &str, written: &str) {
    if recorded.contains("AmazonInfo") {
        assert_eq!(in_any_order(recorded), in_any_order(written));
    } else {
        assert_eq!(recorded, written);
    }
}

#[test]
fn an_application_is_written_as_it_was_recorded() {
    for (recorded, format, detail) in RECORDED {
        let application = match format {
            "json" => json::decode_application(recorded.as_bytes()),
            _ => xml::decode_application(recorded.as_bytes()),
        };
        let application = application.expect("a recorded answer is readable");
        let fragments = fragments(recorded, format, detail, &application);
        let written = match format {
            "json" => json::encode_application(&application.name, fragments),
            _ => xml::encode_application(detail, &application.name, fragments),
        };
        assert_same(recorded, &text(written));
    }
}

#[test]
fn a_list_is_written_as_it_was_recorded() {
    for (recorded, format, detail) in RECORDED_LISTS {
        let applications = match format {
            "json" => json::decode_applications(recorded.as_bytes()),
            _ => xml::decode_applications(recorded.as_bytes()),
        };
        let applications = applications.expect("a recorded answer is readable");
        assert_eq!(text(list(recorded, format, detail, &applications)), recorded);
    }
}

fn list(recorded: &str, format: &str, detail: Detail, applications: &Applications) -> Vec<u8> {
    let Applications { version, hashcode, by_name } = applications;
    let filled = by_name.values().map(|application| (application, fragments(recorded, format, detail, application)));
    if format == "json" {
        let mut writer = json::ListWriter::new(detail, version, hashcode, recorded.len());
        filled.for_each(|(application, fragments)| writer.application(&application.name, fragments));
        writer.finish()
    } else {
        let mut writer = xml::ListWriter::new(detail, version, hashcode, recorded.len());
        filled.for_each(|(application, fragments)| writer.application(&application.name, fragments));
        writer.finish()
    }
}

#[test]
fn an_instance_is_written_as_it_was_recorded() {
    let recorded = include_str!("golden/instance-full.json");
    let from_json = json::decode_instance(recorded.as_bytes()).expect("readable");
    assert_eq!(text(json::encode_instance(&from_json, Detail::Full)), recorded);
    let recorded = include_str!("golden/instance-full.xml");
    let from_xml = xml::decode_instance(recorded.as_bytes()).expect("readable");
    assert_eq!(text(xml::encode_instance(&from_xml, Detail::Full)), recorded);
    assert_eq!(from_json, from_xml);
}

#[test]
fn json_and_xml_say_the_same() {
    let json = [include_str!("golden/application-full.json"), include_str!("golden/amazon-full.json")];
    let xml = [include_str!("golden/application-full.xml"), include_str!("golden/amazon-full.xml")];
    for (json, xml) in json.into_iter().zip(xml) {
        assert_eq!(json::decode_application(json.as_bytes()), xml::decode_application(xml.as_bytes()));
    }
    let json = include_str!("golden/applications-compact.json");
    let xml = include_str!("golden/applications-compact.xml");
    assert_eq!(json::decode_applications(json.as_bytes()), xml::decode_applications(xml.as_bytes()));
}

#[test]
fn the_hash_of_a_recorded_list_is_its_own() {
    let recorded = include_str!("golden/applications-full.json");
    let applications = json::decode_applications(recorded.as_bytes()).expect("readable");
    assert_eq!(applications.reconcile_hash(), applications.hashcode);
}
