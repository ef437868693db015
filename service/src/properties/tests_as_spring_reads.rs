//! What users of Spring write, and what it is read as.

use super::tests::pairs;
use super::*;

type Pairs<'a> = &'a [(&'a str, &'a str)];

fn read(files: Pairs<'_>, environment: Pairs<'_>, flags: Pairs<'_>) -> Result<(Properties, Notices), ConfigError> {
    let files = Files::Given(files.iter().map(|(path, text)| ((*path).into(), (*text).to_owned())).collect());
    Properties::layered(Sources { files, environment: pairs(environment), flags: pairs(flags), ..Sources::default() })
}

#[test]
fn placeholders_choose_profiles_and_imports() {
    const FILES: [(&str, &str); 4] = [
        ("application-prod.yml", "server.port: 2"),
        ("application-dev.yml", "server.port: 3"),
        ("more-prod-1.yml", "server.port: 4"),
        ("config/application.yml", "stage.of: prod"),
    ];
    type Row<'a> = (&'a str, Pairs<'a>, Pairs<'a>, u16);
    let table: &[Row<'_>] = &[
        ("spring.profiles.active: ${PROFILE:prod}", &[], &[], 2),
        ("spring.profiles.active: ${PROFILE:prod}", &[("PROFILE", "dev")], &[], 3),
        ("spring.profiles.active: ${stage.of}", &[], &[], 2),
        ("spring.profiles.active: ${stage.of}", &[("SPRING_APPLICATION_JSON", r#"{"stage.of": "dev"}"#)], &[], 3),
        ("spring.profiles.active: ${stage.of}", &[("STAGE_OF", "dev")], &[], 3),
        ("spring.profiles.include: ${PROFILE:dev}", &[], &[], 3),
        ("spring.profiles: {active: g, group: {g: '${stage.of},${OTHER:dev}'}}", &[], &[], 3),
        ("a: 1", &[("SPRING_PROFILES_ACTIVE", "${STAGE:prod}")], &[], 2),
        ("server.port: 9", &[("SPRING_CONFIG_IMPORT", "more-${STAGE:prod}-1.yml,optional:nowhere.yml")], &[], 4),
        ("server.port: 9", &[], &[("spring.config.import", "optional:file:./more-prod-1.yml")], 4),
        ("a: 1", &[], &[("spring.profiles.active", "${STAGE:dev}")], 3),
        ("spring.config.import: 'more-${stage.of}-${N:1}.yml'", &[], &[], 4),
        ("spring.config.import: 'optional:${NOWHERE:x}.yml'", &[], &[], 1),
        ("a: 1\n---\nspring.config.activate.on-profile: '${WHICH:default}'\nserver.port: 5", &[], &[], 5),
        ("a: 1\n---\nspring.config: {activate.on-profile: nobody, import: '${NOPE}'}", &[], &[], 1),
        ("spring.profiles.active: ${NOPE}", &[("SPRING_PROFILES_ACTIVE", "prod")], &[], 2),
    ];
    for (yaml, environment, flags, port) in table {
        let mut files = vec![("application.yml", *yaml)];
        files.extend(FILES);
        let (properties, _) = read(&files, environment, flags).unwrap_or_else(|error| panic!("{yaml}: {error}"));
        assert_eq!(properties.number("server.port", 1_u16, 1..=9).unwrap(), *port, "{yaml} {environment:?} {flags:?}");
    }
    let error = read(&[], &[("SPRING_CONFIG_IMPORT", "nowhere.yml")], &[]).unwrap_err().to_string();
    assert!(error.contains("nowhere.yml: cannot be read"), "{error}");
    for key in ["spring.profiles.active", "spring.profiles.include", "spring.config.import", "spring.profiles.default"]
    {
        let error = read(&[("application.yml", &format!("{key}: 'a-${{NOPE}}'"))], &[], &[]).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{key}: 'a-${{NOPE}}' in application.yml is not valid")), "{error}");
    }
}

#[test]
fn an_active_profile_of_which_nobody_speaks_is_warned_of() {
    let conditional = "a: 1\n---\nspring.config.activate.on-profile: '!p & (q | r)'\nb: 1";
    let table: &[(&str, &str, Option<&str>)] = &[
        ("application.yml", "a: 1", Some("the profile 'p' is active, but nothing is set for it")),
        ("application-p.properties", "a=1", None),
        ("application.yml", conditional, None),
        ("application.yml", "spring.profiles.group.p: q", Some("the profile 'q'")),
        ("application.yml", "spring.config.import: optional:x.yml", Some("the profile 'p'")),
    ];
    for (path, text, words) in table {
        let (_, notices) = read(&[(path, text)], &[], &[("spring.profiles.active", "p")]).unwrap();
        assert_eq!(notices.warned.len(), usize::from(words.is_some()), "{text}: {notices:?}");
        assert!(words.is_none_or(|words| notices.warned[0].contains(words)), "{notices:?}");
    }
    let imported = [("application.yml", "spring.config.import: x.yml"), ("x.yml", ""), ("x-p.yml", "a: 1")];
    assert!(read(&imported, &[], &[("spring.profiles.active", "p")]).unwrap().1.warned.is_empty());
    assert!(read(&[("application.yml", "a: 1")], &[], &[]).unwrap().1.warned.is_empty());
}

#[test]
fn numbers_without_quotes_stay_as_they_are_written() {
    const PASSWORD: &str = "spring.security.user.password";
    for number in ["012345", "098765", "08", "123456789012345678901234567890", "1.10", "1e3", "0x1F", "1_0"] {
        let (properties, _) = read(&[("application.yml", &format!("{PASSWORD}: {number}"))], &[], &[]).unwrap();
        assert_eq!(properties.secret(PASSWORD).unwrap().as_deref(), Some(number));
    }
    let (properties, _) = read(&[("application.yml", "server.port: 8761 # ours")], &[], &[]).unwrap();
    assert_eq!(properties.number("server.port", 0_u16, 0..=9_999).unwrap(), 8761);
    let (properties, _) = read(&[("application.yml", "server.port: 8_761")], &[], &[]).unwrap();
    assert_eq!(properties.number("server.port", 0_u16, 0..=9_999).unwrap(), 8761);
}

#[test]
fn variables_may_be_dotted_or_in_small_letters() {
    for name in ["server.port", "SERVER_PORT", "server_port", "Server_Port", "SERVER.PORT"] {
        let (properties, notices) = read(&[], &[(name, "9")], &[]).unwrap();
        assert_eq!(properties.number("server.port", 0, 0..=9).unwrap(), 9, "{name}");
        assert!(notices.warned.is_empty() && notices.ignored.is_empty(), "{name}: {notices:?}");
    }
    for name in ["spring.security.user.password", "spring_security_user_password"] {
        let (properties, _) = read(&[], &[(name, "pw")], &[]).unwrap();
        assert_eq!(properties.secret("spring.security.user.password").unwrap().as_deref(), Some("pw"), "{name}");
    }
    for (name, zone) in [
        ("eureka.client.serviceUrl.defaultZone", "defaultZone"),
        ("eureka_client_serviceUrl_defaultZone", "defaultZone"),
        ("eureka.client.service-url.defaultZone", "defaultZone"),
        ("EUREKA_CLIENT_SERVICEURL_DEFAULTZONE", "defaultzone"),
    ] {
        let (properties, _) = read(&[], &[(name, "http://a/")], &[]).unwrap();
        let map = properties.map("eureka.client.service-url");
        assert_eq!(map.into_iter().collect::<Vec<_>>(), pairs(&[(zone, "http://a/")]), "{name}");
    }
    let (properties, _) =
        read(&[("application-p.yml", "server.port: 7")], &[("spring.profiles.active", "p")], &[]).unwrap();
    assert_eq!(properties.number("server.port", 0, 0..=9).unwrap(), 7);
    let strangers = [("http_proxy", "x"), ("com.example.thing", "1"), ("npm_config_x", "1"), ("spring.cloud.x", "1")];
    let (_, notices) = read(&[], &strangers, &[]).unwrap();
    assert!(notices.warned.is_empty() && notices.ignored.is_empty(), "{notices:?}");
}

#[test]
fn an_unknown_variable_is_a_name_for_placeholders_or_warned_of() {
    let table: &[(&str, &str, Option<&str>)] = &[
        ("EUREKA_SERVER_URL", "a: 1", Some("the environment variable EUREKA_SERVER_URL has no effect")),
        ("EUREKA_SERVER_URL", "a: ${EUREKA_SERVER_URL}", None),
        ("EUREKA_SERVER_HOST", "a: 'http://${EUREKA_SERVER_HOST:x}:${EUREKA_SERVER_PORT:1}/'", None),
        ("EUREKA_SERVER_PORT", "a: 'http://${EUREKA_SERVER_HOST:x}:${EUREKA_SERVER_PORT:1}/'", None),
        ("EUREKA_SERVER_HOST", "a: '${X:${eureka.server.host}}'", None),
        ("EURUS_GATEWAY_PROT", "a: '${EURUS_GATEWAY_PROT}'", None),
    ];
    for (name, yaml, words) in table {
        let (_, notices) = read(&[("application.yml", yaml)], &[(name, "1")], &[]).unwrap();
        assert_eq!(notices.warned.len(), usize::from(words.is_some()), "{name} {yaml}: {notices:?}");
        assert!(words.is_none_or(|words| notices.warned[0].contains(words)), "{notices:?}");
    }
    let (properties, _) = read(
        &[("application.yml", "eureka.instance.hostname: ${EUREKA_SERVER_HOST}")],
        &[("EUREKA_SERVER_HOST", "r1")],
        &[],
    )
    .unwrap();
    assert_eq!(properties.string("eureka.instance.hostname").as_deref(), Some("r1"));
    assert!(read(&[("application.yml", "eureka.server.url: 1")], &[], &[]).is_err());
    assert!(read(&[], &[], &[("eureka.server.url", "1")]).is_err());
    for name in ["EURUS_GATEWAY_PROT", "eurus.gateway.prot"] {
        let error = read(&[("application.yml", "a: 1")], &[(name, "1")], &[]).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains("did you mean eurus.gateway.port?"), "{error}");
    }
}

#[test]
fn an_empty_section_is_nothing() {
    for yaml in [
        "eureka.server:",
        "eureka:\n  server:\n",
        "eureka:",
        "eurus: {}",
        "eureka.instance.metadata-map:",
        "eureka.client.service-url: {}",
    ] {
        assert!(read(&[("application.yml", yaml)], &[], &[]).is_ok(), "{yaml}");
    }
    for yaml in ["eureka.server: 1", "eureka.serv:", "eureka.server.disable-delta.x:"] {
        assert!(read(&[("application.yml", yaml)], &[], &[]).is_err(), "{yaml}");
    }
}

#[test]
fn one_and_zero_are_yes_and_no() {
    for (text, expected) in [("1", true), ("0", false), ("'1'", true), ("on", true), ("No", false), ("TRUE", true)] {
        let yaml = format!("eureka.server.disable-delta: {text}");
        let (properties, _) = read(&[("application.yml", &yaml)], &[], &[]).unwrap();
        assert_eq!(properties.bool("eureka.server.disable-delta", !expected).unwrap(), expected, "{text}");
    }
}

#[test]
fn placeholders_in_variables_are_followed() {
    let hostname = |environment: Pairs<'_>| {
        let yaml = "eureka.instance.hostname: ${A}\nmine: file";
        read(&[("application.yml", yaml)], environment, &[])
            .map(|(properties, _)| properties.string("eureka.instance.hostname").unwrap())
    };
    assert_eq!(hostname(&[("A", "x-${B}"), ("B", "y")]), Ok("x-y".to_owned()));
    assert_eq!(hostname(&[("a", "x-${mine}")]), Ok("x-file".to_owned()));
    assert!(hostname(&[("A", "${A}")]).unwrap_err().to_string().contains("refer to each other"));
}

#[test]
fn passwords_keep_their_spaces() {
    for key in ["spring.security.user.password", "server.ssl.key-store-password"] {
        let (properties, _) = read(&[("application.yml", &format!("{key}: ' a b '"))], &[], &[]).unwrap();
        assert_eq!(properties.password(key).as_deref(), Some(" a b "));
        assert_eq!(properties.secret(key).unwrap().as_deref(), Some(" a b "));
    }
}
