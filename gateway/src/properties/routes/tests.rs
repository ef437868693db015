use eurus_service::properties::{Files, Sources};

use super::*;

fn read(yaml: &str) -> Result<RoutesConfig, ConfigError> {
    let sources = Sources { files: Files::one("application.yml", yaml), ..Sources::default() };
    RoutesConfig::from_properties(&Properties::layered(sources)?.0)
}

/// A file as users of Spring Cloud Gateway have it.
const FILE: &str = r"
spring:
  cloud:
    gateway:
      default-filters: [RequestSize=1MB]
      discovery.locator.enabled: false
      routes:
        - id: orders
          uri: lb://ORDER-SERVICE
          order: 1
          predicates:
            - Path=/api/orders/{id}, /orders/**
            - Host=**.example.com,shop.example:8443
            - Method=get,POST
            - Header=X-Version, \d+
          filters:
            - StripPrefix=1
            - PrefixPath=/v1
            - RewritePath=/v1/(?<rest>.*), /$\{rest}
          metadata:
            connect-timeout: 200
            responseTimeout: 2s
            whole-timeout: 1m
            idleTimeout: 5000
            tries-max: 1
        - uri: lb:ws://chat/
          predicates:
            - name: Path
              args: {patterns: ['/chat/{room}', '/c/{room}'], matchTrailingSlash: false}
            - name: Header
              args: {header: X-A, regexp: 'a{1,3}'}
          filters:
            - name: SetPath
              args: {template: '/rooms/{room}'}
          metadata: {response-timeout: -1, whole-timeout: -1, idle-timeout: -1, body-bytes-max: 0}
        - {id: off, uri: lb://x, enabled: false, predicates: [Path=/x]}
";

#[test]
fn a_users_file_is_read() {
    let config = read(FILE).unwrap();
    assert!(!config.locator);
    let [orders, chat] = config.definitions.as_slice() else { panic!("{config:?}") };
    assert_eq!((orders.id.as_str(), orders.service.as_str(), orders.order), ("orders", "ORDER-SERVICE", 1));
    let texts = |all: &[Predicate]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        texts(&orders.predicates),
        [
            "Path=/api/orders/{id},/orders/**",
            "Host=**.example.com,shop.example:8443",
            "Method=GET,POST",
            "Header=x-version, \\d+"
        ]
    );
    let filters: Vec<_> = orders.filters.iter().map(ToString::to_string).collect();
    assert_eq!(filters, ["StripPrefix=1", "PrefixPath=/v1", "RewritePath=/v1/(?<rest>.*), /$\\{rest}"]);
    let expected = OwnTerms {
        connect_timeout_ms: Some(200),
        response_timeout_ms: Some(2_000),
        whole_timeout_ms: Some(60_000),
        idle_timeout_ms: Some(5_000),
        tries_max: Some(1),
        body_bytes_max: Some(1 << 20),
    };
    assert_eq!(orders.terms, expected);
    assert_eq!((chat.id.as_str(), chat.service.as_str(), chat.order), ("route-1", "chat", 0));
    assert_eq!(texts(&chat.predicates), ["Path=/chat/{room},/c/{room}", "Header=x-a, a{1,3}"]);
    assert_eq!(chat.filters.iter().map(ToString::to_string).collect::<Vec<_>>(), ["SetPath=/rooms/{room}"]);
    let OwnTerms { response_timeout_ms, whole_timeout_ms, idle_timeout_ms, .. } = chat.terms;
    assert_eq!((response_timeout_ms, whole_timeout_ms, idle_timeout_ms), (Some(86_400_000), None, Some(86_400_000)));
}

#[test]
fn nothing_said_is_the_locator_alone() {
    let config = read("a: b").unwrap();
    assert!(config.locator && config.definitions.is_empty());
    let newer = read("spring.cloud.gateway.server.webflux.routes: [{uri: 'lb://x', predicates: [Path=/x]}]").unwrap();
    assert_eq!(newer.definitions.len(), 1);
}

#[test]
fn what_is_wrong_is_refused_with_its_key_and_what_is_allowed() {
    const PATH: &str = "predicates: [Path=/x]";
    let table = [
        ("{uri: 'lb://x'}", "routes[0].predicates must be set"),
        ("{predicates: [Path=/x]}", "routes[0].uri must be set"),
        (&format!("{{uri: 'http://h:1', {PATH}}}"), "routes[0].uri: 'http://h:1'"),
        (&format!("{{uri: 'lb://a_b/x', {PATH}}}"), "expected lb://SERVICE-ID"),
        (&format!("{{uri: 'lb://x', {PATH}, odrer: 1}}"), "routes[0].odrer"),
        (&format!("{{uri: 'lb://x', {PATH}, order: high}}"), "routes[0].order: 'high'"),
        ("{uri: 'lb://x', predicates: [Paht=/x]}", "routes[0].predicates[0]: 'Paht=/x'"),
        ("{uri: 'lb://x', predicates: [After=2020]}", "expected one of Path, Host, Method, Header"),
        ("{uri: 'lb://x', predicates: [Path=x]}", "a pattern begins with /"),
        ("{uri: 'lb://x', predicates: ['Path=']}", "expected Path=patterns"),
        ("{uri: 'lb://x', predicates: ['Host=a:b']}", "'b' is no port"),
        ("{uri: 'lb://x', predicates: ['Header=X, (']}", "a regular expression"),
        ("{uri: 'lb://x', predicates: ['Header=X, a{1,2}, b']}", "write it as name and args"),
        ("{uri: 'lb://x', predicates: ['Method=G T']}", "GET,POST"),
        ("{uri: 'lb://x', predicates: [{name: Path, args: {pathes: /x}}]}", "args patterns or pattern (not pathes)"),
        (&format!("{{uri: 'lb://x', {PATH}, filters: [AddRequestHeader=a]}}"), "expected one of StripPrefix"),
        (&format!("{{uri: 'lb://x', {PATH}, filters: [StripPrefix=one]}}"), "routes[0].filters[0]"),
        (&format!("{{uri: 'lb://x', {PATH}, filters: ['SetPath=/{{y}}']}}"), "{y} in a filter is in no Path"),
        (&format!("{{uri: 'lb://x', {PATH}, filters: ['RewritePath=/a']}}"), "RewritePath=regexp, replacement"),
        (
            &format!("{{uri: 'lb://x', {PATH}, metadata: {{response-timeout: soon}}}}"),
            "metadata.response-timeout: 'soon'",
        ),
        (&format!("{{uri: 'lb://x', {PATH}, metadata: {{whole-timeout: 0}}}}"), "metadata.whole-timeout: '0'"),
        (&format!("{{uri: 'lb://x', {PATH}, metadata: {{idle-timeout: 25h}}}}"), "from 1 to 86400000 ms"),
        (&format!("{{uri: 'lb://x', {PATH}, metadata: {{tries-max: 0}}}}"), "metadata.tries-max: '0'"),
        (&format!("{{id: a, uri: 'lb://x', {PATH}}}, {{id: a, uri: 'lb://x', {PATH}}}"), "routes[1].id: 'a'"),
    ];
    for (routes, expected) in table {
        let error = read(&format!("spring.cloud.gateway.routes: [{routes}]")).unwrap_err().to_string();
        assert!(error.contains(expected), "{routes}: {error}");
    }
    let both = "spring.cloud.gateway: {routes: [{id: a}], server: {webflux: {routes: [{id: b}]}}}";
    assert!(read(both).unwrap_err().to_string().contains("keep one of the two"));
}
