use eurus_service::properties::{Files, Sources};

use super::*;
use crate::access::AccessRules;

const TEXT: &str = "0123456789abcdef";

fn rules(sources: Sources) -> Result<AccessRules, ConfigError> {
    let (properties, _) = Properties::layered(sources)?;
    AccessRules::from_properties(&properties)
}

fn flags(settings: &[(&str, &str)]) -> Sources {
    let own = |text: &str| format!("{CALLERS}.{text}");
    let flags = settings.iter().map(|(key, value)| (own(key), (*value).to_owned())).collect();
    Sources { flags, ..Sources::default() }
}

#[test]
fn as_a_person_writes_them() {
    let yaml = "
eurus.sync-speed.callers:
  ci:
    token: 0123456789abcdef
    apps: [java-service, other]
    networks: 10.0.0.0/8, ::1
    rate-per-minute: 30
    expires: 2030-12-31T23:59:59+01:00
  auditor:
    certificate-names: CN=auditor
    rights: audit
";
    let rules = rules(Sources { files: Files::one("application.yml", yaml), ..Sources::default() }).unwrap();
    let [auditor, ci] = rules.callers.as_slice() else { panic!("{rules:?}") };
    assert_eq!(ci.name, "ci");
    assert!(ci.token.as_ref().is_some_and(|token| token.expose() == TEXT));
    assert_eq!(ci.apps, OptedIn::Listed(["JAVA-SERVICE".to_owned(), "OTHER".to_owned()].into()));
    assert_eq!(ci.networks.len(), 2);
    assert_eq!(ci.rate, Some(Rate::per_minute(30)));
    assert_eq!(ci.expires_ms, Some(1_924_988_399_000));
    assert_eq!(ci.rights, [Right::Offline]);
    assert_eq!((auditor.token.is_none(), auditor.certificate_names.as_slice()), (true, &["CN=auditor".to_owned()][..]));
    assert_eq!(auditor.rights, [Right::Audit]);
    assert!(!format!("{rules:?}").contains(TEXT), "tokens are not shown");
}

#[test]
fn as_the_environment_has_them() {
    let environment = [
        ("EURUS_SYNC_SPEED_CALLERS_CI_TOKEN", TEXT),
        ("EURUS_SYNCSPEED_CALLERS_CI_APPS", "*"),
        ("EURUS_SYNC_SPEED_CALLERS_CI_RATE_PER_MINUTE", "5"),
        ("EURUS_SYNC_SPEED_CALLERS_NIGHT_JOB_TOKEN", "fedcba9876543210"),
        ("EURUS_SYNC_SPEED_CALLERS_NIGHT_JOB_APPS", "a"),
        ("EURUS_SYNC_SPEED_CALLERS_NIGHT_JOB_RATEPERMINUTE", "6"),
    ];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let callers = rules(Sources { environment, ..Sources::default() }).unwrap().callers;
    let read: Vec<_> = callers.iter().map(|caller| (caller.name.as_str(), caller.rate)).collect();
    assert_eq!(read, [("ci", Some(Rate::per_minute(5))), ("night_job", Some(Rate::per_minute(6)))]);
}

#[test]
fn what_would_not_protect_is_refused_and_no_secret_is_shown() {
    let table: &[(&[(&str, &str)], &str)] = &[
        (&[("ci.apps", "*")], "callers.ci.token: must be set, or certificate-names"),
        (&[("ci.token", "TOPSECRET"), ("ci.apps", "*")], "callers.ci.token: expected 16 to 1024 visible"),
        (&[("ci.token", "TOPSECRET TOPSECRET"), ("ci.apps", "*")], "visible ASCII"),
        (&[("ci.token", "ENC(TOPSECRETTOPSECRET)"), ("ci.apps", "*")], "Jasypt"),
        (&[("ci.token", "TOPSECRETTOPSECRET")], "callers.ci.apps: must be set"),
        (&[("ci.token", "TOPSECRETTOPSECRET"), ("ci.apps", "*,a")], "callers.ci.apps: '*,a' is not possible: either *"),
        (&[("ci.token", "TOPSECRETTOPSECRET"), ("ci.apps", "a/b")], "'a/b' is not possible: application names"),
        (
            &[("ci.token", "TOPSECRETTOPSECRET"), ("ci.apps", "a"), ("ci.networks", "10.0.0.0/33")],
            "networks: '10.0.0.0/33'",
        ),
        (&[("ci.token", "TOPSECRETTOPSECRET"), ("ci.apps", "a"), ("ci.rate-per-minute", "0")], "from 1 to 60000"),
        (&[("ci.token", "TOPSECRETTOPSECRET"), ("ci.apps", "a"), ("ci.expires", "2030-12-31")], "with its offset"),
        (
            &[("ci.token", "TOPSECRETTOPSECRET"), ("ci.apps", "a"), ("ci.expires", "2030-12-31T00:00:00")],
            "with its offset",
        ),
        (
            &[("ci.token", "TOPSECRETTOPSECRET"), ("ci.apps", "a"), ("ci.rights", "all")],
            "some of offline, gateway-groups",
        ),
        (
            &[("ci.certificate-names", "ci"), ("ci.apps", "a")],
            "certificate-names: 'ci' is not possible: names that begin with CN=",
        ),
        (&[("ci.tokne", "TOPSECRETTOPSECRET")], "expected eurus.sync-speed.callers.<name>.<part>"),
        (&[("a.b.token", "TOPSECRETTOPSECRET")], "the name 1 to 64 letters"),
        (
            &[("a.token", "TOPSECRETTOPSECRET"), ("a.apps", "*"), ("b.token", "TOPSECRETTOPSECRET"), ("b.apps", "*")],
            "callers.b.token: the same as that of a",
        ),
        (
            &[("a.certificate-names", "CN=x"), ("a.apps", "*"), ("b.certificate-names", "DNS:y,CN=x"), ("b.apps", "*")],
            "callers.b.certificate-names: 'CN=x' is a name of a too",
        ),
    ];
    for (settings, part) in table {
        let error = rules(flags(settings)).expect_err(part).to_string();
        assert!(error.contains(part) && !error.contains("TOPSECRET"), "{error}");
    }
    let mut sources = flags(&[("ci.token", "TOPSECRETTOPSECRET"), ("ci.apps", "*")]);
    sources.flags.push(("eurus.sync-speed.token".to_owned(), "TOPSECRETTOPSECRET".to_owned()));
    let error = rules(sources).unwrap_err().to_string();
    assert!(error.contains("the same as eurus.sync-speed.token") && !error.contains("TOPSECRET"), "{error}");
}

#[test]
fn there_is_room_for_so_many() {
    let settings = |count: usize| -> Vec<(String, String)> {
        (0..count)
            .flat_map(|n| {
                [
                    (format!("{CALLERS}.c{n}.token"), format!("{TEXT}{n}")),
                    (format!("{CALLERS}.c{n}.apps"), "*".to_owned()),
                ]
            })
            .collect()
    };
    assert_eq!(rules(Sources { flags: settings(256), ..Sources::default() }).unwrap().callers.len(), 256);
    let error = rules(Sources { flags: settings(257), ..Sources::default() }).unwrap_err().to_string();
    assert!(error.contains("257 callers are more than the 256"), "{error}");
}
