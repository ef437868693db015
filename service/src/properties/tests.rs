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
}

#[test]
fn keys_of_others_are_ignored_and_named() {
    let (_, notices) =
        from_yaml("spring: {cloud: {stream: {routes: [{id: up}]}}}\neureka: {client: {order: 1}}").unwrap();
    assert_eq!(notices.ignored, ["eureka.client.order", "spring.cloud.stream.routes"]);
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

fn with_files_and_environment(yaml: &str, environment: &[(&str, &str)]) -> Result<Notices, ConfigError> {
    let files = Files::one("application.yml", yaml);
    Ok(Properties::layered(Sources { files, environment: pairs(environment), ..Sources::default() })?.1)
}

#[test]
fn what_was_meant_to_lock_by_a_wrong_name_is_refused() {
    for (yaml, words) in [
        (
            "security: {user: {password: TOPSECRET}}",
            "write spring.security.user.name and spring.security.user.password",
        ),
        ("security: {basic: {enabled: true}}", "spring.security.user.password"),
        ("spring: {security: {user: {pasword: TOPSECRET}}}", "did you mean spring.security.user.password?"),
        ("spring: {security: {basic: {enabled: x}}}", "is not a known property"),
        ("server: {sll: {key-store: a.p12}}", "did you mean server.ssl.key-store?"),
        ("sprin.security.user.password: TOPSECRET", "did you mean spring.security.user.password?"),
    ] {
        let error = from_yaml(yaml).unwrap_err().to_string();
        assert!(error.contains("application.yml") && error.contains(words), "{error}");
        assert!(!error.contains("TOPSECRET"), "{error}");
    }
    for (variable, words) in [
        ("SECURITY_USER_PASSWORD", "write spring.security.user.name"),
        ("SPRING_SECURITY_USER_PASWORD", "did you mean spring.security.user.password?"),
    ] {
        let error = from_environment(&[(variable, "TOPSECRET")]).unwrap_err().to_string();
        assert!(error.contains(variable) || error.contains("security.user.password in the environment"), "{error}");
        assert!(error.contains(words) && !error.contains("TOPSECRET"), "{error}");
        // A name of the user's own, for a placeholder.
        let yaml = format!("spring.security.user.password: '${{{variable}}}'");
        let notices = with_files_and_environment(&yaml, &[(variable, "TOPSECRET")]).unwrap();
        assert!(notices.warned.len() == 1 && !notices.warned[0].contains("TOPSECRET"), "{notices:?}");
    }
    let (_, notices) = from_yaml("security.basic.enabled: false").unwrap();
    assert_eq!((notices.warned.len(), notices.ignored), (0, vec!["security.basic.enabled".to_owned()]));
}

#[test]
fn what_somebody_expects_an_effect_of_is_warned_of_and_clutter_is_not() {
    for (yaml, words) in [
        ("server: {prt: 1}", "server.prt in application.yml has no effect: did you mean server.port?"),
        ("server: {contextPath: /x}", "write server.servlet.context-path"),
        ("management.server.servlet.context-path: /x", "write management.server.base-path"),
        ("management.port: 9", "write management.server.port"),
        ("logging.file: x.log", "write logging.file.name"),
    ] {
        let (_, notices) = from_yaml(yaml).unwrap();
        assert!(notices.warned.len() == 1 && notices.warned[0].contains(words), "{notices:?}");
        assert!(notices.ignored.is_empty(), "{notices:?}");
    }
    for clutter in [
        "server.tomcat.max-threads: 1",
        "server.max-http-request-header-size: 1",
        "server.forward-headers-strategy: none",
        "server.servlet.session.timeout: 1",
        "spring.application.admin.enabled: true",
        "spring.security.user.roles: A",
        "management.endpoint.health.show-details: always",
        "logging.logback.rollingpolicy.max-history: 1",
    ] {
        let (_, notices) = from_yaml(clutter).unwrap();
        assert_eq!((notices.warned.len(), notices.ignored.len()), (0, 1), "{clutter}: {notices:?}");
    }
}

#[test]
fn a_secret_encrypted_for_java_is_refused() {
    let (properties, _) = from_yaml("eurus.sync-speed.token: ENC(TOPSECRET)").unwrap();
    let error = properties.secret("eurus.sync-speed.token").unwrap_err().to_string();
    assert!(error.contains("eurus.sync-speed.token in application.yml") && error.contains("Jasypt"), "{error}");
    assert!(!error.contains("TOPSECRET"), "{error}");
}

#[test]
fn the_files_and_profiles_that_count_are_named() {
    let yaml = "spring.profiles.active: prod\n---\nserver.port: 1";
    assert_eq!(
        with_files_and_environment(yaml, &[]).unwrap().found.to_string(),
        "configuration: application.yml; profiles: prod"
    );
    let (_, notices) = Properties::layered(Sources::default()).unwrap();
    assert_eq!(
        notices.found.to_string(),
        "configuration: no file with settings in ., config, config/*; profiles: default"
    );
}
