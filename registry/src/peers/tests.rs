use eurus_service::properties::{Files, Sources};

use super::*;

fn settings(yaml: &str) -> Result<PeerSettings, ConfigError> {
    let sources = Sources { files: Files::one("application.yml", yaml), ..Sources::default() };
    PeerSettings::from_properties(&Properties::layered(sources)?.0)
}

fn urls(yaml: &str) -> Vec<String> {
    settings(yaml).unwrap().others(8761).urls
}

#[test]
fn the_own_url_is_told_by_its_host_or_by_the_loopback_port() {
    let urls_are = "eureka.client.service-url.defaultZone: 'http://peer1:8761/eureka/,http://peer2:8762/eureka'";
    assert_eq!(urls(urls_are), ["http://peer1:8761/eureka/", "http://peer2:8762/eureka/"]);
    assert_eq!(urls(&format!("{urls_are}\neureka.instance.hostname: peer2")), ["http://peer1:8761/eureka/"]);
    assert_eq!(urls(&format!("{urls_are}\neureka.instance.hostname: Peer2")), ["http://peer1:8761/eureka/"]);
    assert_eq!(
        urls(&format!("{urls_are}\neureka.server.my-url: http://peer1:8761/eureka/\neureka.instance.hostname: peer2")),
        ["http://peer2:8762/eureka/"]
    );
    let by_ip = "eureka: {client: {serviceUrl: {default-zone: 'http://10.0.0.1/,http://10.0.0.2/'}}, \
                 instance: {prefer-ip-address: true, ip-address: 10.0.0.1, hostname: x}}";
    assert_eq!(urls(by_ip), ["http://10.0.0.2/"]);
    let local = "eureka.client.service-url.defaultZone: 'http://localhost:8761/eureka/,http://127.0.0.1:8761,http://localhost:8762/eureka/'";
    assert_eq!(urls(local), ["http://localhost:8762/eureka/"]);
    assert!(urls("eureka.client.service-url.defaultZone: 'http://any:${server.port}/'\nserver.port: 0").is_empty());
    assert!(urls("").is_empty());
}

#[test]
fn a_url_on_another_port_that_is_taken_for_the_own_is_named() {
    let yaml = "eureka: {client: {service-url: {defaultZone: 'http://localhost:8762/eureka/'}}, instance: {hostname: localhost}}";
    let peers = settings(yaml).unwrap().others(8761);
    assert_eq!((peers.urls.len(), peers.own_elsewhere), (0, vec!["http://localhost:8762/eureka/".to_owned()]));
}

#[test]
fn zones_have_their_order_and_fall_back_to_the_default() {
    let yaml = "eureka: {client: {region: r, availability-zones: {r: 'z1,z2,z3'}, service-url: {z1: http://a/, \
                z2: 'http://b/,http://a/', defaultZone: http://d/, z9: http://e/}}";
    let ordered = |more: &str| {
        urls(
            &format!("{yaml}, instance: {{metadata-map: {{zone: z2}}}}}}")
                .replace("region: r", &format!("region: r{more}")),
        )
    };
    assert_eq!(urls(&format!("{yaml}}}")), ["http://a/", "http://b/", "http://d/"]);
    assert_eq!(ordered(""), ["http://b/", "http://a/", "http://d/"]);
    assert_eq!(ordered(", prefer-same-zone-eureka: false"), ["http://a/", "http://b/", "http://d/"]);
    assert_eq!(settings(&format!("{yaml}}}")).unwrap().others(8761).unused_zones, ["z9"]);
}

#[test]
fn a_bad_url_names_key_value_place_and_hides_credentials() {
    let text = |url: &str| {
        let yaml = format!("eureka.client.service-url.defaultZone: 'http://me:secret@peer1/,{url}'");
        settings(&yaml).unwrap_err().to_string()
    };
    assert_eq!(
        text("peer2:8761/eureka/"),
        "eureka.client.service-url.defaultZone: 'peer2:8761/eureka/' in application.yml is not valid: \
         expected comma-separated URLs such as http://peer1:8761/eureka/"
    );
    assert!(!text("http://me:secret@:1/").contains("secret"));
    assert!(!text("me:secret@peer/").contains("secret"));
}
