//! Any instance comes back as it was written; no bytes make a decoder panic.

use std::collections::BTreeMap;

use eurus_model::{ActionType, DataCenterInfo, Detail, InstanceInfo, InstanceStatus, LeaseInfo, Port, json, xml};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

/// Any text, with more of what hurts than chance would bring.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~]{0,12}",
        vec(
            prop_oneof![Just('\n'), Just('\r'), Just('\0'), Just('&'), Just('<'), Just(']'), Just('_'), any::<char>()],
            0..8
        )
        .prop_map(|characters| characters.into_iter().collect()),
    ]
}

/// What identifies an instance must be said, on one line.
fn said() -> impl Strategy<Value = String> {
    let without_control = |text: String| text.chars().filter(|one| !one.is_control()).collect::<String>();
    text().prop_map(without_control).prop_filter("empty", |text| !text.is_empty())
}

fn status() -> impl Strategy<Value = InstanceStatus> {
    use InstanceStatus::{Down, OutOfService, Starting, Unknown, Up};
    prop_oneof![Just(Down), Just(OutOfService), Just(Starting), Just(Unknown), Just(Up)]
}

fn action() -> impl Strategy<Value = ActionType> {
    prop_oneof![Just(ActionType::Added), Just(ActionType::Modified), Just(ActionType::Deleted)]
}

fn port() -> impl Strategy<Value = Port> {
    (any::<i32>(), any::<bool>()).prop_map(|(number, enabled)| Port { number, enabled })
}

fn data_center() -> impl Strategy<Value = DataCenterInfo> {
    let class = DataCenterInfo::AMAZON_CLASS.to_owned();
    let name = DataCenterInfo::AMAZON_NAME.to_owned();
    prop_oneof![
        Just(DataCenterInfo::default()),
        Just(DataCenterInfo { name: "Netflix".to_owned(), ..DataCenterInfo::default() }),
        metadata().prop_map(move |pairs| DataCenterInfo {
            class: class.clone(),
            name: name.clone(),
            metadata: pairs.into_iter().collect::<BTreeMap<_, _>>(),
        }),
    ]
}

fn lease() -> impl Strategy<Value = LeaseInfo> {
    (1..i32::MAX, 1..i32::MAX, any::<[i64; 4]>()).prop_map(|(renewal_interval_s, duration_s, times_ms)| {
        let [registration_ms, last_renewal_ms, eviction_ms, service_up_ms] = times_ms;
        LeaseInfo { renewal_interval_s, duration_s, registration_ms, last_renewal_ms, eviction_ms, service_up_ms }
    })
}

/// `@class` is not a key: Java says by it which map it used.
fn metadata() -> impl Strategy<Value = Vec<(String, String)>> {
    btree_map(text().prop_filter("a mark", |key| key != "@class"), text(), 0..5)
        .prop_map(|pairs| pairs.into_iter().collect::<Vec<_>>())
        .prop_shuffle()
}

prop_compose! {
    fn instance()(
        [instance_id, host_name, app, ip_addr] in [said(), said(), said(), said()],
        [sid, app_group_name, home_page_url, status_page_url, health_check_url] in
            [option::of(text()), option::of(text()), option::of(text()), option::of(text()), option::of(text())],
        [secure_health_check_url, vip_address, secure_vip_address, asg_name] in
            [option::of(text()), option::of(text()), option::of(text()), option::of(text())],
        (status, overridden_status) in (status(), status()),
        (port, secure_port) in (port(), port()),
        (country_id, is_coordinating_discovery_server, last_updated_ms, last_dirty_ms) in any::<(i32, bool, i64, i64)>(),
        (data_center, lease, metadata) in (data_center(), lease(), metadata()),
        action in option::of(action()),
    ) -> InstanceInfo {
        InstanceInfo {
            instance_id, host_name, app: app.to_uppercase(), ip_addr,
            // These two words mean that there is none.
            sid: sid.filter(|sid| sid != "na" && sid != "unknown"),
            status, overridden_status, port, secure_port, country_id, data_center, lease, metadata,
            app_group_name: app_group_name.map(|name| name.to_uppercase()),
            home_page_url, status_page_url, health_check_url, secure_health_check_url, vip_address, secure_vip_address,
            is_coordinating_discovery_server, last_updated_ms, last_dirty_ms, action, asg_name,
        }
    }
}

/// The instance with every text as XML 1.0 can carry it: a forbidden character is replaced. Metadata keys can
/// carry all, in their code.
fn as_xml_carries(mut instance: InstanceInfo) -> InstanceInfo {
    let carried = |text: &mut String| {
        let forbidden = |c: char| (c < ' ' && !"\t\n\r".contains(c)) || c == '\u{fffe}' || c == '\u{ffff}';
        *text = text.replace(forbidden, "\u{fffd}");
    };
    [&mut instance.instance_id, &mut instance.host_name, &mut instance.app, &mut instance.ip_addr]
        .into_iter()
        .for_each(carried);
    let optional = [
        &mut instance.sid,
        &mut instance.app_group_name,
        &mut instance.home_page_url,
        &mut instance.status_page_url,
        &mut instance.health_check_url,
        &mut instance.secure_health_check_url,
        &mut instance.vip_address,
        &mut instance.secure_vip_address,
        &mut instance.asg_name,
    ];
    optional.into_iter().flatten().for_each(carried);
    instance.metadata.iter_mut().map(|(_, value)| value).for_each(carried);
    instance.data_center.metadata.values_mut().for_each(carried);
    instance
}

/// What the compact form of an instance still says.
fn as_compact_says(instance: InstanceInfo) -> InstanceInfo {
    const SHOWN: [&str; 5] = ["instance-id", "public-ipv4", "public-hostname", "local-ipv4", "availability-zone"];
    let mut said = InstanceInfo::new(&instance.app, &instance.instance_id, &instance.host_name, &instance.ip_addr);
    said.vip_address = instance.vip_address;
    said.secure_vip_address = instance.secure_vip_address;
    said.data_center = instance.data_center;
    said.data_center.metadata.retain(|key, _| SHOWN.contains(&key.as_str()));
    said.status = instance.status;
    said.last_updated_ms = instance.last_updated_ms;
    said.action = instance.action;
    said.asg_name = instance.asg_name;
    said.port = instance.port;
    said.secure_port = instance.secure_port;
    said
}

proptest! {
    #[test]
    fn json_full(instance in instance()) {
        let written = json::encode_instance(&instance, Detail::Full);
        prop_assert_eq!(json::decode_instance(&written).expect("readable"), instance.clone());
        // A registration by the same words is the same instance.
        let draft = json::decode_registration(&written).expect("readable");
        let mut expected = instance.clone();
        if expected.data_center.name == DataCenterInfo::AMAZON_NAME {
            expected.data_center.metadata.entry("instance-id".to_owned()).or_insert(instance.instance_id);
        }
        prop_assert_eq!(draft.into_instance(&instance.app, 0).expect("valid"), expected);
    }

    #[test]
    fn json_compact(instance in instance()) {
        let written = json::encode_instance(&instance, Detail::Compact);
        prop_assert_eq!(json::decode_instance(&written).expect("readable"), as_compact_says(instance));
    }

    #[test]
    fn xml_full(instance in instance()) {
        let written = xml::encode_instance(&instance, Detail::Full);
        prop_assert_eq!(xml::decode_instance(&written).expect("readable"), as_xml_carries(instance));
    }

    #[test]
    fn xml_compact(instance in instance()) {
        let written = xml::encode_instance(&instance, Detail::Compact);
        prop_assert_eq!(xml::decode_instance(&written).expect("readable"), as_xml_carries(as_compact_says(instance)));
    }

    /// The same fragments make both kinds of document, in any order of instances.
    #[test]
    fn an_application_alone_reads_as_in_its_list(
        instances in vec(instance(), 0..4), full in any::<bool>(), name in "[A-Z]{1,4}",
    ) {
        let detail = if full { Detail::Full } else { Detail::Compact };
        let write = |instance: &InstanceInfo| {
            let mut out = Vec::new();
            xml::write_instance(&mut out, instance, detail);
            out
        };
        let fragments: Vec<_> = instances.iter().map(write).collect();
        let alone = xml::decode_application(&xml::encode_application(detail, &name, &fragments)).expect("readable");
        let mut list = xml::ListWriter::new(detail, "1", "", 0);
        list.application(&name, &fragments);
        let listed = xml::decode_applications(&list.finish()).expect("readable");
        prop_assert_eq!(&alone, &listed.by_name[&name]);
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in vec(any::<u8>(), 0..200)) {
        read_all(&bytes);
    }

    /// Bytes changed in a good body come further than any bytes.
    #[test]
    fn no_damage_makes_a_decoder_panic(
        full in any::<bool>(), places in vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let good: &[u8] = if full {
            include_bytes!("golden/instance-full.json")
        } else {
            include_bytes!("golden/applications-full.xml")
        };
        let mut body = good.to_vec();
        for (place, byte) in places {
            *place.get_mut(&mut body) = byte;
        }
        read_all(&body);
    }
}

/// Whether they can be read is beside the point here.
fn read_all(body: &[u8]) {
    let _ = (json::decode_registration(body), json::decode_instance(body));
    let _ = (json::decode_application(body), json::decode_applications(body));
    let _ = (xml::decode_registration(body), xml::decode_instance(body));
    let _ = (xml::decode_application(body), xml::decode_applications(body));
}
