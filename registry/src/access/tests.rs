use eurus_service::secret::Secret;

use super::*;

const OPS: &str = "ops-0123456789abcdef";
const CI: &str = "ci-0123456789abcdef";

fn user(password: Password) -> Option<User> {
    Some(User { name: "eureka".to_owned(), password })
}

fn config(anonymous: &[Role]) -> AccessConfig {
    let token = |name: &str, text: &str, roles: &[Role]| Token {
        name: name.to_owned(),
        secret: Secret::new(text),
        roles: Roles::of(roles),
    };
    AccessConfig {
        user: user(Password::Plain(Secret::new("pass:word"))),
        tokens: vec![token("ops", OPS, &[Role::Operate]), token("ci", CI, &[Role::Read, Role::Register])],
        anonymous: Roles::of(anonymous),
    }
}

fn decide(gate: &Gate, authorization: Option<&[u8]>, role: Role) -> Decision {
    gate.decide(authorization, role)
}

#[test]
fn an_open_registry_allows_everything_to_everybody() {
    let gate = Gate::new(&AccessConfig::open()).unwrap();
    assert!(gate.is_open());
    for role in Role::ALL {
        for given in [None, Some(&b"Basic rubbish"[..]), Some(b"")] {
            assert_eq!(decide(&gate, given, role), Decision::Allowed);
        }
    }
}

#[test]
fn every_credential_and_every_role() {
    let gate = Gate::new(&config(&[])).unwrap();
    let all = &Role::ALL[..];
    let none: Option<&[Role]> = None;
    type Row<'a> = (Option<Vec<u8>>, Option<&'a [Role]>);
    let rows: Vec<Row<'_>> = vec![
        (Some(authorization::basic("eureka", "pass:word")), Some(all)),
        (Some(authorization::bearer(OPS)), Some(&[Role::Operate])),
        (Some(authorization::basic("ops", OPS)), Some(&[Role::Operate])),
        (Some(authorization::bearer(CI)), Some(&[Role::Read, Role::Register])),
        (Some(authorization::basic("ci", CI)), Some(&[Role::Read, Role::Register])),
        (Some(format!("bEaReR  {CI}").into_bytes()), Some(&[Role::Read, Role::Register])),
        (None, none),
        (Some(Vec::new()), none),
        (Some(b"Basic".to_vec()), none),
        (Some(b"Basic ".to_vec()), none),
        (Some(b"Basic !!!".to_vec()), none),
        (Some(b"\xff\xff".to_vec()), none),
        (Some(OPS.as_bytes().to_vec()), none),
        (Some(authorization::basic("eureka", "wrong")), none),
        (Some(authorization::basic("eureka", "")), none),
        (Some(authorization::basic("", "pass:word")), none),
        (Some(authorization::basic("EUREKA", "pass:word")), none),
        (Some(authorization::basic("eureka", OPS)), none),
        (Some(authorization::basic("ci", OPS)), none),
        (Some(authorization::bearer("pass:word")), none),
        (Some(authorization::bearer(&OPS[1..])), none),
        (Some(authorization::bearer(&format!("{OPS}x"))), none),
    ];
    for (given, roles) in rows {
        for role in Role::ALL {
            let expected = match roles {
                None => Decision::Unauthenticated,
                Some(roles) if roles.contains(&role) => Decision::Allowed,
                Some(_) => Decision::Forbidden(role),
            };
            let shown = given.as_ref().map(|given| given.escape_ascii().to_string());
            assert_eq!(decide(&gate, given.as_deref(), role), expected, "{shown:?} {role}");
        }
    }
}

#[test]
fn anonymous_may_read_when_told_so_but_not_with_wrong_credentials() {
    let gate = Gate::new(&config(&[Role::Read])).unwrap();
    assert_eq!(decide(&gate, None, Role::Read), Decision::Allowed);
    assert_eq!(decide(&gate, None, Role::Register), Decision::Unauthenticated, "a login may help");
    assert_eq!(decide(&gate, Some(b"Bearer x"), Role::Read), Decision::Unauthenticated);
    // Somebody known may do what is written for them, no more.
    assert_eq!(decide(&gate, Some(&authorization::bearer(OPS)), Role::Read), Decision::Forbidden(Role::Read));
    let lower_case = format!("bearer {OPS}");
    for given in [authorization::bearer(OPS), lower_case.into_bytes()] {
        assert_eq!(gate.name_of(&given), Some("ops"));
    }
}

#[test]
fn a_hashed_password_is_compared_once() {
    let hash = bcrypt::hash("secret", 4).unwrap();
    let access = AccessConfig { user: user(Password::Bcrypt(Secret::new(hash))), ..AccessConfig::open() };
    let gate = Gate::new(&access).unwrap();
    let (right, wrong) = (authorization::basic("eureka", "secret"), authorization::basic("eureka", "guess"));
    for (given, then) in [(&right, Decision::Allowed), (&wrong, Decision::Unauthenticated)] {
        let Decision::Unverified(unverified) = decide(&gate, Some(given), Role::Operate) else { panic!("unknown yet") };
        assert!(!format!("{unverified:?}").contains("secret"));
        assert_eq!(gate.verify(&unverified), then == Decision::Allowed);
        assert_eq!(decide(&gate, Some(given), Role::Operate), then);
    }
    let respelled = String::from_utf8(right.clone()).unwrap().replace("Basic ", "basic  ");
    assert_eq!(decide(&gate, Some(respelled.as_bytes()), Role::Read), Decision::Allowed);
    assert_eq!(decide(&gate, Some(&right), Role::Read), Decision::Allowed, "a wrong one in between changes nothing");
}

#[test]
fn another_name_costs_what_the_users_costs_and_is_never_let_in() {
    let hash = bcrypt::hash("secret", 4).unwrap();
    let access = AccessConfig { user: user(Password::Bcrypt(Secret::new(hash))), ..config(&[]) };
    let gate = Gate::new(&access).unwrap();
    // Nobody, somebody whose name is near, a token's name; each with the right password.
    for name in ["stranger", "eurek", "Eureka", "", "ci"] {
        let given = authorization::basic(name, "secret");
        let Decision::Unverified(unverified) = decide(&gate, Some(&given), Role::Read) else {
            panic!("{name}: no work")
        };
        assert!(!gate.verify(&unverified), "{name}");
        assert_eq!(decide(&gate, Some(&given), Role::Read), Decision::Unauthenticated, "{name}: remembered");
    }
    assert_eq!(
        decide(&gate, Some(&authorization::basic("ci", CI)), Role::Read),
        Decision::Allowed,
        "a token costs nothing"
    );
}

#[test]
fn what_fitted_stays_known_however_many_guesses_come() {
    let hash = bcrypt::hash("secret", 4).unwrap();
    let access = AccessConfig { user: user(Password::Bcrypt(Secret::new(hash))), ..AccessConfig::open() };
    let gate = Gate::new(&access).unwrap();
    let right = authorization::basic("eureka", "secret");
    let Decision::Unverified(unverified) = decide(&gate, Some(&right), Role::Read) else { panic!("unknown yet") };
    assert!(gate.verify(&unverified));
    for number in 0..200 {
        let given = authorization::basic("eureka", &format!("guess {number}"));
        let Decision::Unverified(unverified) = decide(&gate, Some(&given), Role::Read) else { panic!("new") };
        assert!(!gate.verify(&unverified));
        assert_eq!(decide(&gate, Some(&right), Role::Operate), Decision::Allowed, "after {number} guesses");
    }
}
