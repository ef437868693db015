//! What is wrong is said in one line, and nothing is served.

use super::process::refused;

struct Case {
    files: &'static [(&'static str, &'static str)],
    arguments: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
    words: &'static [&'static str],
}

const fn file(files: &'static [(&'static str, &'static str)], words: &'static [&'static str]) -> Case {
    Case { files, arguments: &[], environment: &[], words }
}

const CASES: &[Case] = &[
    // A typing error, with the nearest name.
    file(
        &[("application.yml", "eureka:\n  server:\n    enableSelfPreservaton: false\n")],
        &[
            "eureka.server.enableSelfPreservaton in application.yml",
            "did you mean eureka.server.enable-self-preservation?",
        ],
    ),
    // A number out of range.
    file(
        &[("application.properties", "eureka.server.renewalPercentThreshold=85\n")],
        &["eureka.server.renewal-percent-threshold", "'85' in application.properties", "from 0 to 1"],
    ),
    // Not a boolean.
    file(
        &[("config/application.yml", "eureka: {server: {use-read-only-response-cache: sometimes}}")],
        &["use-read-only-response-cache", "'sometimes' in config/application.yml", "expected true or false"],
    ),
    // One of ours that does not exist.
    file(
        &[("application.yml", "eurus.registry.instance-max: 10")],
        &["eurus.registry.instance-max in application.yml", "did you mean eurus.registry.instances-max?"],
    ),
    // A peer without a scheme, beside one with credentials.
    file(
        &[(
            "application.yml",
            "eureka.client.serviceUrl.defaultZone: 'http://me:TOPSECRET@a/eureka/,peer2:8762/eureka/'",
        )],
        &[
            "eureka.client.service-url.defaultZone",
            "'peer2:8762/eureka/' in application.yml",
            "http://peer1:8761/eureka/",
        ],
    ),
    // No YAML: a tab.
    file(&[("application.yml", "eureka:\n\tserver:\n")], &["application.yml: not a YAML map of properties"]),
    // No properties file.
    file(
        &[("application.properties", "a=1\nb=\\u00g0\n")],
        &["application.properties: line 2", "four hexadecimal digits"],
    ),
    // A placeholder without a value.
    file(
        &[("application.yml", "eureka: {instance: {hostname: '${PEER_HOST}'}}")],
        &["eureka.instance.hostname: '${PEER_HOST}' in application.yml", "no value", "${PEER_HOST:default}"],
    ),
    // Something that must be there and cannot be reached.
    file(
        &[("application.yml", "spring.config.import: 'configserver:http://c:8888'")],
        &["'configserver:http://c:8888'", "optional:"],
    ),
    // A context path that is none.
    file(
        &[("application.yml", "server: {servlet: {context-path: registry}}")],
        &["server.servlet.context-path: 'registry' in application.yml", "begins with /"],
    ),
    Case {
        files: &[],
        arguments: &["--spring.config.location=file:./nowhere/"],
        environment: &[],
        words: &["nowhere", "there is no such folder", "optional:"],
    },
    Case {
        files: &[("application.yml", "server.port: 0")],
        arguments: &[],
        environment: &[("EUREKA_SERVER_EVICTIONINTERVALTIMERINMS", "60s")],
        words: &["'60s' in the environment variable EUREKA_SERVER_EVICTIONINTERVALTIMERINMS", "a number from 1 to"],
    },
    Case {
        files: &[],
        arguments: &["--server.prot=1"],
        environment: &[],
        words: &["server.prot in the command line", "did you mean server.port?"],
    },
    // What was meant to lock, by a name of Spring Boot 1, by a mistyped one, encrypted for Java.
    file(
        &[("application.yml", "security: {user: {name: eureka, password: TOPSECRET}}")],
        &["security.user.", "in application.yml", "write spring.security.user.name and spring.security.user.password"],
    ),
    file(
        &[("application.yml", "spring: {security: {user: {name: eureka, pasword: TOPSECRET}}}")],
        &["spring.security.user.pasword in application.yml", "did you mean spring.security.user.password?"],
    ),
    file(
        &[("application.yml", "spring: {security: {user: {name: eureka, password: ENC(TOPSECRET)}}}")],
        &["spring.security.user.password in application.yml", "Jasypt", "{bcrypt}"],
    ),
    file(
        &[("application.yml", "eurus.registry.access.tokens.ci: {token: ENC(TOPSECRETTOPSECRET), roles: read}")],
        &["eurus.registry.access.tokens.ci.token", "Jasypt"],
    ),
    Case {
        files: &[],
        arguments: &[],
        environment: &[("SPRING_APPLICATION_JSON", "{eureka}")],
        words: &["SPRING_APPLICATION_JSON: not a JSON map"],
    },
];

#[test]
fn what_is_wrong_is_one_line_with_key_value_place_and_what_is_allowed() {
    for case in CASES {
        let arguments = [&["--data-dir=data"], case.arguments].concat();
        let (code, said) = refused(case.files, &arguments, case.environment);
        // Which files count is said before, once they could be read.
        let line = match said.split_once('\n') {
            Some((found, error)) if found.contains(" INFO ") && found.contains("configuration: ") => error.to_owned(),
            _ => said,
        };
        assert_eq!(code, 2, "{line}");
        assert!(line.starts_with("eurus-registry: ") && line.lines().count() == 1, "{line}");
        for word in case.words {
            assert!(line.contains(word), "'{word}' is missing in: {line}");
        }
        assert!(!line.contains("TOPSECRET"), "{line}");
    }
}
