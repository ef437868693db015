use eurus_service::properties::Sources;

use super::*;

const CI: &str = "eurus.registry.access.tokens.ci.token";
const CI_ROLES: &str = "eurus.registry.access.tokens.ci.roles";
const TEXT: &str = "0123456789abcdef";

fn sources(flags: &[(&str, &str)], environment: &[(&str, &str)]) -> Result<AccessConfig, ConfigError> {
    let own = |pairs: &[(&str, &str)]| pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
    let (properties, _) =
        Properties::layered(Sources { flags: own(flags), environment: own(environment), ..Sources::default() })?;
    AccessConfig::from_properties(&properties)
}

fn read(flags: &[(&str, &str)]) -> Result<AccessConfig, ConfigError> {
    sources(flags, &[])
}

fn token(name: &str, text: &str, roles: &[Role]) -> Token {
    Token { name: name.to_owned(), secret: Secret::new(text), roles: Roles::of(roles) }
}

#[test]
fn nothing_said_is_open() {
    assert!(read(&[]).unwrap().is_open());
}

#[test]
fn springs_user_is_read() {
    for (flags, name) in
        [(vec![(PASSWORD, "secret")], "user"), (vec![(PASSWORD, "{noop}secret"), (USER, "eureka")], "eureka")]
    {
        let user = read(&flags).unwrap().user.unwrap();
        assert_eq!((user.name.as_str(), user.password), (name, Password::Plain(Secret::new("secret"))));
    }
    // In the environment, where Kubernetes puts it.
    let access = sources(&[], &[("SPRING_SECURITY_USER_PASSWORD", "secret")]).unwrap();
    assert_eq!(access.user.unwrap().name, "user");
}

#[test]
fn tokens_are_read_from_flags_environment_and_files() {
    let file = tempfile::NamedTempFile::new().unwrap();
    #[allow(clippy::disallowed_methods)] // A test.
    std::fs::write(file.path(), "fedcba9876543210\n").unwrap();
    let path = file.path().to_str().unwrap();
    let access = sources(
        &[
            (CI, TEXT),
            (CI_ROLES, "read, Register"),
            ("eurus.registry.access.tokens.peer-1.tokenFile", path),
            ("eurus.registry.access.tokens.peer-1.roles", "replicate"),
            (ANONYMOUS, "read"),
        ],
        &[
            ("EURUS_REGISTRY_ACCESS_TOKENS_OPS_TOKEN", "0123456789abcdeX"),
            ("EURUS_REGISTRY_ACCESS_TOKENS_OPS_ROLES", "operate"),
        ],
    );
    let access = access.unwrap();
    let expected = [
        token("ci", TEXT, &[Role::Read, Role::Register]),
        token("ops", "0123456789abcdeX", &[Role::Operate]),
        token("peer-1", "fedcba9876543210", &[Role::Replicate]),
    ];
    assert_eq!((access.tokens.as_slice(), access.anonymous), (&expected[..], Roles::of(&[Role::Read])));
    let shown = format!("{access:?}");
    assert!(!shown.contains(TEXT) && shown.contains("ci"), "{shown}");
}

#[test]
fn what_would_not_protect_is_refused_and_no_secret_is_shown() {
    let same = "eurus.registry.access.tokens.other.token";
    let same_roles = "eurus.registry.access.tokens.other.roles";
    let table: &[(&[(&str, &str)], &str)] = &[
        (&[(USER, "eureka")], "a user without a password"),
        (&[(PASSWORD, "")], "a text that is not empty"),
        (&[(USER, "a:b"), (PASSWORD, "TOPSECRET")], "without a colon"),
        (&[(PASSWORD, "{scrypt}TOPSECRET")], "{scrypt} cannot be checked here"),
        (&[(CI, "TOPSECRET"), (CI_ROLES, "read")], "expected 16 to 1024 visible"),
        (&[(CI, "TOPSECRET TOPSECRET"), (CI_ROLES, "read")], "visible ASCII"),
        (&[(CI, "TOPSECRETTOPSECRET")], "tokens.ci.roles: must be set: expected some of read, register"),
        (&[(CI, "TOPSECRETTOPSECRET"), (CI_ROLES, "reed")], "'reed' is no role: expected some of read, register"),
        (&[(CI_ROLES, "read")], "tokens.ci.token: must be set, or token-file"),
        (&[(CI, TEXT), (CI_ROLES, "read"), (same, TEXT), (same_roles, "read")], "the same secret as"),
        (&[(CI, TEXT), (CI_ROLES, "read"), (USER, "ci"), (PASSWORD, "TOPSECRET")], "has this name too"),
        (&[("eurus.registry.access.tokens.ci.role", "read")], "expected eurus.registry.access.tokens.<name>.token"),
        (&[("eurus.registry.access.tokens.a:b.token", "TOPSECRET")], "the name of letters"),
        (&[("eurus.registry.access.tokens.ci.token-file", "/none"), (CI_ROLES, "read")], "/none cannot be read"),
        (&[("eurus.registry.access.tokens.ci.token-file", "/none"), (CI, TEXT)], "keep one of the two"),
        (&[(ANONYMOUS, "all"), (PASSWORD, "TOPSECRET")], "none or read"),
        (&[(ANONYMOUS, "read")], "nobody else is known"),
    ];
    for (flags, why) in table {
        let error = read(flags).expect_err(why).to_string();
        assert!(error.contains(why), "{flags:?}: {error}");
        assert!(!error.contains("TOPSECRET") && !error.contains(TEXT), "{error}");
    }
}

#[test]
fn more_tokens_than_the_limit_are_refused() {
    let flags: Vec<(String, String)> =
        (0..=TOKENS_MAX).map(|n| (format!("{TOKENS}.t{n}.token"), format!("{TEXT}{n}"))).collect();
    let flags: Vec<(&str, &str)> = flags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let error = read(&flags).unwrap_err().to_string();
    assert!(error.contains("65 tokens are more than the 64"), "{error}");
}
