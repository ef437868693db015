//! Which files count, and in which order.

use super::tests::pairs;
use super::*;

fn files(list: &[(&str, &str)]) -> Files {
    Files::Given(list.iter().map(|(path, text)| ((*path).into(), (*text).to_owned())).collect())
}

fn read(list: &[(&str, &str)], flags: &[(&str, &str)]) -> Result<(Properties, Notices), ConfigError> {
    Properties::layered(Sources { files: files(list), flags: pairs(flags), ..Sources::default() })
}

fn port(list: &[(&str, &str)], flags: &[(&str, &str)]) -> u16 {
    read(list, flags).unwrap().0.number("server.port", 0, 0..=9).unwrap()
}

fn error(list: &[(&str, &str)], flags: &[(&str, &str)]) -> String {
    read(list, flags).map(|_| ()).expect_err("refused").to_string()
}

#[test]
fn the_nearer_file_wins_and_properties_win_over_yaml() {
    let ordered = [
        ("application.yaml", "server: {port: 1}"),
        ("application.yml", "server.port: 2"),
        ("application.properties", "server.port=3"),
        ("config/application.yml", "server: {port: 4}"),
        ("config/application.properties", "server.port: 5"),
    ];
    for (at, expected) in (1..).enumerate().take(5) {
        assert_eq!(port(&ordered[..=at], &[]), expected);
    }
    let both = [("application.yml", "server: {port: 1}"), ("config/application.yml", "eureka.datacenter: x")];
    assert_eq!(port(&both, &[]), 1, "both files are read");
}

#[test]
fn files_of_profiles_are_above_all_plain_ones() {
    let all = [
        ("config/application.properties", "server.port=1\nspring.profiles.active=a"),
        ("application-a.yml", "server: {port: 2}"),
        ("application-b.properties", "server.port=3"),
        ("application-default.yml", "server: {port: 4}"),
    ];
    assert_eq!(port(&all, &[]), 2);
    assert_eq!(port(&all, &[("spring.profiles.active", "b,a")]), 2, "the last named wins");
    assert_eq!(port(&all, &[("spring.profiles.active", "a,b")]), 3);
    assert_eq!(port(&all, &[("spring.profiles.active", "a"), ("spring.profiles.include", "b")]), 2);
    assert_eq!(port(&all, &[("spring.profiles.active", "g"), ("spring.profiles.group.g", "a,b")]), 3);
    assert_eq!(port(&all[1..], &[]), 4, "without a profile it is the default one");
    assert_eq!(port(&all[1..], &[("spring.profiles.default", "b")]), 3);
}

#[test]
fn profiles_are_chosen_in_plain_documents_only() {
    let text = error(&[("application-a.yml", "spring.profiles.include: b")], &[("spring.profiles.active", "a")]);
    assert!(text.contains("spring.profiles.include in application-a.yml"), "{text}");
    let text = error(&[("application.yml", "spring: {profiles: a}\nspring.profiles.active: b")], &[]);
    assert!(text.contains("spring.profiles.active in application.yml"), "{text}");
}

#[test]
fn documents_of_both_formats_may_ask_for_profiles() {
    for (path, text) in [
        ("application.yml", "server.port: 1\n---\nspring.config.activate.on-profile: 'a & !b'\nserver.port: 2\n"),
        ("application.yml", "server.port: 1\n---\nspring: {profiles: a}\nserver.port: 2\n"),
        ("application.properties", "server.port=1\n#---\nspring.config.activate.on-profile=a\nserver.port=2\n"),
    ] {
        assert_eq!(port(&[(path, text)], &[]), 1, "{text}");
        assert_eq!(port(&[(path, text)], &[("spring.profiles.active", "a")]), 2, "{text}");
    }
    let text = error(&[("application.properties", "spring.config.activate.on-profile=(a")], &[]);
    assert!(text.contains("'(a'") && text.contains("parentheses"), "{text}");
}

#[test]
fn locations_replace_or_add() {
    let all = [
        ("application.yml", "server: {port: 1}"),
        ("conf/application.yml", "server: {port: 2}"),
        ("conf/application-p.yml", "server: {port: 3}"),
        ("x.properties", "server.port=4"),
    ];
    let at = |key, value| port(&all, &[(key, value)]);
    assert_eq!(at("spring.config.location", "conf/"), 2);
    assert_eq!(at("spring.config.location", "x.properties,optional:file:nowhere/,conf/"), 2);
    assert_eq!(at("spring.config.additional-location", "file:x.properties"), 4);
    assert_eq!(at("spring.config.additional-location", "optional:x.yml"), 1);
    assert_eq!(port(&all, &[("spring.config.location", "conf/,x.properties"), ("spring.profiles.active", "p")]), 4);
    assert_eq!(port(&all, &[("spring.config.location", "conf/;x.properties"), ("spring.profiles.active", "p")]), 3);
    assert_eq!(at("spring.config.name", "x"), 4);
    for (location, words) in [
        ("nowhere/", "nowhere/: there is no such folder"),
        ("nowhere.yml", "nowhere.yml: cannot be read: there is no such file"),
        ("classpath:/", "'classpath:/', which cannot be read here"),
        ("conf", "spring.config.location: 'conf' in the command line is not valid: expected files ending in .yml"),
    ] {
        let text = error(&all, &[("spring.config.location", location)]);
        assert!(text.contains(words), "{text}");
    }
    let text = error(&[("application.yml", "spring.config.additional-location: x/")], &[]);
    assert!(text.contains("flag or an environment variable"), "{text}");
}

#[test]
fn one_file_can_be_named_instead_of_all() {
    let only = |path: &str| {
        let files = files(&[
            ("application.yml", "server: {port: 1}"),
            ("a.conf", "server: {port: 2}"),
            ("c/application.yml", "server: {port: 3}"),
        ]);
        let sources = Sources { files, only_file: Some(path.into()), ..Sources::default() };
        Properties::layered(sources).map(|(properties, _)| properties.number("server.port", 0, 0..=9).unwrap())
    };
    assert_eq!((only("a.conf"), only("c")), (Ok(2), Ok(3)));
    assert!(only("b.yml").unwrap_err().to_string().starts_with("b.yml: cannot be read"));
}

#[test]
fn imports_are_drawn_in_or_refused() {
    let importing = |import: &str| format!("server.port=1\nspring.config.import={import}");
    let all = |import: &str| {
        read(&[("config/application.properties", &importing(import)), ("config/more.yml", "server: {port: 2}")], &[])
    };
    for (import, expected) in [
        ("more.yml", 2),
        ("optional:file:./more.yml", 2),
        ("optional:configserver:http://c/", 1),
        ("optional:nowhere.yml", 1),
    ] {
        let (properties, notices) = all(import).unwrap();
        assert_eq!(properties.number("server.port", 0, 0..=9), Ok(expected), "{import}");
        assert_eq!(
            notices.ignored.iter().any(|notice| notice.contains("configserver")),
            import.contains("configserver")
        );
    }
    for (import, words) in [
        ("configserver:http://c/", "'configserver:http://c/'"),
        ("nowhere.yml", "config/nowhere.yml"),
        ("application.properties", "import each other"),
    ] {
        let text = all(import).map(|_| ()).unwrap_err().to_string();
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn lists_by_index_and_brackets() {
    let text = "eureka.server.rate-limiter-privileged-clients[1]=b\neureka.client.serviceUrl[defaultZone]=http://p/\n\
                eureka.client.availability-zones.r[0]=z1\neureka.client.availabilityZones.r[1]=z2\n\
                spring.cloud.stream.routes[0].id=x\nspring.cloud.stream.routes[1].id=y\n";
    let (properties, notices) = read(&[("application.properties", text)], &[]).unwrap();
    assert_eq!(properties.map("eureka.client.service-url")["defaultZone"], "http://p/");
    assert_eq!(notices.ignored.iter().filter(|key| key.as_str() == "spring.cloud.stream.routes").count(), 1);
}

#[test]
fn a_variable_wins_over_a_maps_entry_in_a_file() {
    let sources = Sources {
        files: Files::one("application.yml", "eureka.client.service-url.defaultZone: http://file/"),
        environment: pairs(&[("EUREKA_CLIENT_SERVICEURL_DEFAULTZONE", "http://variable/")]),
        ..Sources::default()
    };
    let map = Properties::layered(sources).unwrap().0.map("eureka.client.service-url");
    assert_eq!(map.into_iter().collect::<Vec<_>>(), [("defaultZone".to_owned(), "http://variable/".to_owned())]);
}

#[test]
fn placeholders_see_names_that_have_no_meaning_here() {
    let yaml = "peers: {one: p1, all: '${peers.one}-${peers.two:${peers.three:p3}}'}\ninfo.x: ${NOBODY}\n\
                spring.application.name: 'r-${random.int(1)}'\n\
                eureka.instance.hostname: '${peers.all}/${spring.application.name}/${A:}/${A:a:b}/${A:}/${A:}/${A:}/${A:}/${A:}'";
    let (properties, _) = read(&[("application.yml", yaml)], &[]).unwrap();
    assert_eq!(properties.string("eureka.instance.hostname").unwrap(), "p1-p3/r-0//a:b/////");
    for (value, words) in [
        ("${NOBODY}", "'${NOBODY}' in application.properties is not valid: the placeholder ${NOBODY} has no value"),
        ("${random.nonsense}", "${random.uuid}"),
        ("${a", "closing }"),
        ("${eureka.instance.hostname}", "refer to each other"),
    ] {
        let text = error(&[("application.properties", &format!("eureka.instance.hostname={value}"))], &[]);
        assert!(text.contains(words) && text.lines().count() == 1, "{text}");
    }
}

#[test]
fn a_placeholder_takes_the_strongest_word_also_for_names_of_nobody() {
    let hostname = |environment: &[(&str, &str)], json: &str| {
        let yaml = "peer.host: file\neureka.instance.hostname: ${peer.host}";
        let mut environment = pairs(environment);
        environment.push(("SPRING_APPLICATION_JSON".to_owned(), json.to_owned()));
        let sources = Sources { files: Files::one("application.yml", yaml), environment, ..Sources::default() };
        Properties::layered(sources).unwrap().0.string("eureka.instance.hostname").unwrap()
    };
    assert_eq!(hostname(&[], "{}"), "file");
    assert_eq!(hostname(&[("PEER_HOST", "variable")], "{}"), "variable");
    assert_eq!(hostname(&[("PEER_HOST", "variable")], r#"{"peer": {"host": "json"}}"#), "json");
}

#[test]
fn what_cannot_be_read_is_one_line_with_its_place() {
    for (path, text, words) in [
        ("application.yml", "a: [", "application.yml: not a YAML map of properties"),
        ("application.yml", "just text", "application.yml: not a YAML map of properties"),
        ("config/application.properties", "a=1\nb=\\u12", "config/application.properties: line 2: \\u12"),
    ] {
        let line = error(&[(path, text)], &[]);
        assert!(line.starts_with(words) && line.lines().count() == 1, "{line}");
    }
    let json = Sources { environment: pairs(&[("SPRING_APPLICATION_JSON", "[]")]), ..Sources::default() };
    assert!(Properties::layered(json).unwrap_err().to_string().starts_with("SPRING_APPLICATION_JSON: not a JSON map"));
}

#[test]
fn settings_of_replication_are_named_apart() {
    let (_, notices) = read(
        &[("application.yml", "eureka: {client: {fetchRegistry: false}, server: {peer-node-read-timeout-ms: 1}}")],
        &[],
    )
    .unwrap();
    assert_eq!(notices.of_replication, ["eureka.client.fetch-registry", "eureka.server.peer-node-read-timeout-ms"]);
    assert!(notices.ignored.is_empty());
}
