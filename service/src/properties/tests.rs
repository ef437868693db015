use super::*;

pub(super) fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

fn from_yaml(text: &str) -> Result<(Properties, Notices), ConfigError> {
    Properties::layered(Sources { files: Files::one("application.yml", text), ..Sources::default() })
}

fn from_environment(list: &[(&str, &str)]) -> Result<Properties, ConfigError> {
    Ok(Properties::layered(Sources { environment: pairs(list), ..Sources::default() })?.0)
}

const INTERVAL: &str = "eureka.server.response-cache-update-interval-ms";

#[test]
fn a_higher_layer_wins() {
    for (expected, missing) in [(5, 0), (4, 1), (3, 2), (2, 3), (1, 4)] {
        let given = |above: usize, list: &[(&str, &str)]| if missing > above { Vec::new() } else { pairs(list) };
        let json = r#"{"eureka": {"server": {"response-cache-update-interval-ms": 4}}}"#;
        let mut environment = given(2, &[("EUREKA_SERVER_RESPONSECACHEUPDATEINTERVALMS", "3")]);
        environment.extend(given(1, &[("SPRING_APPLICATION_JSON", json)]));
        let yaml = "eureka: {server: {responseCacheUpdateIntervalMs: 2}}";
        let sources = Sources {
            defaults: pairs(&[(INTERVAL, "1")]),
            files: if missing > 3 { Files::None } else { Files::one("application.yml", yaml) },
            environment,
            flags: given(0, &[(INTERVAL, "5")]),
            ..Sources::default()
        };
        let (properties, _) = Properties::layered(sources).unwrap();
        assert_eq!(properties.number(INTERVAL, 0, 0..=9).unwrap(), expected);
    }
}

#[test]
fn the_environment_is_read_in_both_spellings() {
    for name in ["EUREKA_SERVER_RESPONSECACHEUPDATEINTERVALMS", "EUREKA_SERVER_RESPONSE_CACHE_UPDATE_INTERVAL_MS"] {
        assert_eq!(from_environment(&[(name, "7")]).unwrap().number(INTERVAL, 0, 0..=9).unwrap(), 7, "{name}");
    }
    let properties = from_environment(&[
        ("EUREKA_CLIENT_SERVICEURL_DEFAULTZONE", "http://a/"),
        ("EUREKA_INSTANCE_METADATA_MAP_ZONE", "z1"),
        ("PATH", "/bin"),
        ("SERVER_PORT", "9"),
    ])
    .unwrap();
    assert_eq!(properties.map("eureka.client.service-url")["defaultzone"], "http://a/");
    assert_eq!(properties.map("eureka.instance.metadata-map")["zone"], "z1");
    assert_eq!(properties.number("server.port", 0_u16, 0..=9).unwrap(), 9);
}

#[test]
fn kubernetes_service_links_set_nothing() {
    let properties = from_environment(&[
        ("EURUS_GATEWAY_PORT", "tcp://10.0.0.7:80"),
        ("EURUS_GATEWAY_SERVICE_HOST", "10.0.0.7"),
        ("EUREKA_SERVER_PORT_8761_TCP_ADDR", "10.0.0.8"),
    ])
    .unwrap();
    assert_eq!(properties.number("eurus.gateway.port", 8080_u16, 1..=65_535).unwrap(), 8080);
}

#[test]
fn unknown_keys_of_ours_fail_with_the_nearest() {
    let error = from_yaml("eureka:\n  server:\n    evction-interval-timer-in-ms: 5\n").unwrap_err().to_string();
    assert!(error.contains("evction") && error.contains("did you mean eureka.server.eviction-interval-timer-in-ms"));
    assert!(from_environment(&[("EURUS_GATEWAY_PROT", "1")]).unwrap_err().to_string().contains("eurus.gateway.port"));
}

#[test]
fn keys_of_others_are_ignored_and_named() {
    let (_, notices) =
        from_yaml("spring: {cloud: {gateway: {routes: [{id: up}]}}}\neureka: {client: {order: 1}}").unwrap();
    assert_eq!(notices.ignored, ["eureka.client.order", "spring.cloud.gateway.routes"]);
}

#[test]
fn what_must_not_be_ignored_is_refused() {
    let error = from_yaml("spring: {security: {oauth2: {client: {provider: x}}}}").unwrap_err().to_string();
    assert!(error.contains("spring.security.oauth2.client.provider") && error.contains("bearer tokens"), "{error}");
}

#[test]
fn settings_are_shown_without_their_values() {
    let (properties, _) = from_yaml("spring: {security: {user: {password: TOPSECRET}}}").unwrap();
    let shown = format!("{properties:?}");
    assert!(shown.contains("application.yml") && !shown.contains("TOPSECRET"), "{shown}");
}

#[test]
fn bad_values_name_key_value_place_and_what_is_allowed() {
    let (properties, _) = from_yaml("server: {port: 70000}\neureka: {server: {disable-delta: maybe}}").unwrap();
    let error = properties.number("server.port", 1, 0..=65_535).unwrap_err().to_string();
    assert_eq!(error, "server.port: '70000' in application.yml is not valid: expected a number from 0 to 65535");
    assert!(properties.bool("eureka.server.disable-delta", false).is_err());
}

#[test]
fn placeholders_take_the_environment_then_properties_then_their_default() {
    let yaml = "server: {port: '${PORT:1}'}\neureka: {instance: {hostname: '${A:x}-${server.port}'}}";
    let read = |environment: &[(&str, &str)]| {
        let sources = Sources {
            files: Files::one("application.yml", yaml),
            environment: pairs(environment),
            ..Sources::default()
        };
        Properties::layered(sources).unwrap().0.string("eureka.instance.hostname").unwrap()
    };
    assert_eq!(read(&[]), "x-1");
    assert_eq!(read(&[("PORT", "2"), ("A", "y")]), "y-2");
    assert!(from_yaml("server: {port: '${NOWHERE}'}").unwrap_err().to_string().contains("NOWHERE"));
    assert!(from_yaml("server: {port: '${server.port}'}").is_err());
}

#[test]
fn documents_of_inactive_profiles_are_left_out() {
    let yaml = "server: {port: 1}\n---\nspring: {config: {activate: {on-profile: prod}}}\nserver: {port: 2}\n";
    let (properties, notices) = from_yaml(yaml).unwrap();
    assert_eq!(properties.number("server.port", 0, 0..=9).unwrap(), 1);
    assert_eq!(notices.ignored.len(), 1);
    let sources = Sources {
        files: Files::one("application.yml", yaml),
        environment: pairs(&[("SPRING_PROFILES_ACTIVE", "x,prod")]),
        ..Sources::default()
    };
    assert_eq!(Properties::layered(sources).unwrap().0.number("server.port", 0, 0..=9).unwrap(), 2);
}

#[test]
fn profiles_can_be_chosen_by_flag() {
    let sources = Sources {
        files: Files::one(
            "application.yml",
            "server: {port: 1}\n---\nspring.config.activate.on-profile: prod\nserver: {port: 2}",
        ),
        flags: pairs(&[("spring.profiles.active", "prod")]),
        ..Sources::default()
    };
    assert_eq!(Properties::layered(sources).unwrap().0.number("server.port", 0, 0..=9).unwrap(), 2);
}

#[test]
fn a_mistyped_flag_is_an_error_whatever_its_prefix() {
    let sources = Sources { flags: pairs(&[("server.prot", "1")]), ..Sources::default() };
    let error = Properties::layered(sources).unwrap_err().to_string();
    assert!(error.contains("server.prot") && error.contains("server.port"), "{error}");
}

#[test]
fn lists_are_comma_separated_or_yaml() {
    for yaml in [
        "eureka: {client: {service-url: {defaultZone: 'a, b'}}}",
        "eureka: {client: {serviceUrl: {defaultZone: [a, b]}}}",
    ] {
        let (properties, _) = from_yaml(yaml).unwrap();
        assert_eq!(properties.list("eureka.client.service-url.defaultZone"), ["a", "b"], "{yaml}");
    }
}

#[test]
fn a_file_that_is_not_yaml_is_one_line() {
    let error = from_yaml("a: [").unwrap_err().to_string();
    assert!(error.starts_with("application.yml: ") && !error.contains('\n'), "{error}");
}

#[test]
fn a_secret_that_is_set_and_empty_is_a_mistake() {
    const TOKEN: &str = "eurus.sync-speed.token";
    let with = |value: Option<&str>| {
        let flags = value.map(|value| (TOKEN.to_owned(), value.to_owned())).into_iter().collect();
        Properties::layered(Sources { flags, ..Sources::default() }).unwrap().0
    };
    assert_eq!(with(None).secret(TOKEN).unwrap(), None);
    assert_eq!(with(Some(" secret ")).secret(TOKEN).unwrap().as_deref(), Some("secret"));
    for empty in ["", "  "] {
        let error = with(Some(empty)).secret(TOKEN).unwrap_err().to_string();
        assert!(error.contains(TOKEN) && error.contains("not empty"), "{error}");
    }
    let from_the_environment = from_environment(&[("EURUS_SYNC_SPEED_TOKEN", "")]).unwrap();
    assert!(from_the_environment.secret(TOKEN).is_err(), "an unset variable of a script looks like this");
}
