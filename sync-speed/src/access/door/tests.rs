use super::super::buckets::Rate;
use super::super::{Caller, Right, Segments, Token};
use super::*;
use crate::selection::OptedIn;

const SECOND_US: i64 = 1_000_000;

fn networks(list: &[&str]) -> Vec<ipnetwork::IpNetwork> {
    list.iter().map(|text| text.parse().unwrap()).collect()
}

fn caller(name: &str, change: impl FnOnce(&mut Caller)) -> Arc<Caller> {
    let mut caller = Caller {
        name: name.to_owned(),
        token: Token::new(format!("token-of-{name}")),
        certificate_names: vec![format!("cn-{name}")],
        apps: OptedIn::All,
        networks: Vec::new(),
        rate: None,
        expires_ms: None,
        rights: vec![Right::Offline],
    };
    change(&mut caller);
    Arc::new(caller)
}

fn rules() -> AccessRules {
    AccessRules {
        segments: Segments { allow: networks(&["127.0.0.0/8", "10.0.0.0/8"]), deny: networks(&["10.9.0.0/16"]) },
        trusted_proxies: networks(&["172.16.0.0/16", "10.9.9.0/24"]),
        token: Token::new("the-token".to_owned()),
        callers: vec![
            caller("ci", |_| {}),
            caller("far", |caller| caller.networks = networks(&["10.1.0.0/16"])),
            caller("slow", |caller| caller.rate = Some(Rate::per_minute(2))),
            caller("old", |caller| caller.expires_ms = Some(5_000)),
        ],
        ..AccessRules::stock()
    }
}

fn arrival<'a>(peer: &str, authorization: Option<&'a str>) -> Arrival<'a> {
    Arrival {
        peer: peer.parse().unwrap(),
        forwarding: Forwarding::default(),
        is_from_page: false,
        authorization,
        certificate_names: &[],
        is_change: true,
    }
}

fn answer(door: &Door, arrival: &Arrival<'_>, now_us: i64) -> Result<String, Why> {
    door.admit(arrival, now_us).map(|admitted| admitted.who.to_string()).map_err(|denial| denial.why)
}

#[test]
fn who_comes_in() {
    let door = Door::new(rules());
    for (peer, header, expected) in [
        ("10.0.0.1", "Bearer the-token", Ok("(token)")),
        ("10.0.0.2", "Bearer token-of-ci", Ok("ci")),
        ("::ffff:10.0.0.2", "bearer  token-of-ci ", Ok("ci")),
        ("10.0.0.3", "Bearer token-of-nobody", Err("not the right one")),
        ("10.0.0.3", "Basic token-of-ci", Err("not the right one")),
        ("10.0.0.3", "", Err("not the right one")),
        ("10.0.0.4", "Bearer token-of-far", Err("far may not call from 10.0.0.4")),
        ("10.1.0.4", "Bearer token-of-far", Ok("far")),
        ("10.0.0.5", "Bearer token-of-old", Ok("old")),
        ("11.0.0.1", "Bearer the-token", Err("in no allowed network segment")),
        ("10.9.0.1", "Bearer the-token", Err("in the denied network segment")),
        // Denied wins over trusted too.
        ("10.9.9.1", "Bearer the-token", Err("in the denied network segment")),
    ] {
        match (answer(&door, &arrival(peer, Some(header)), 0), expected) {
            (Ok(who), Ok(expected)) => assert_eq!(who, expected, "{peer} {header}"),
            (Err(Why::Outside(why) | Why::Credentials(why)), Err(part)) => {
                assert!(why.contains(part), "{peer} {header}: {why}");
            }
            (answer, _) => panic!("{peer} {header}: {answer:?}, not {expected:?}"),
        }
    }
    assert!(matches!(answer(&door, &arrival("10.0.0.1", None), 0), Err(Why::Credentials(why)) if why == "no token"));
    let expired = answer(&door, &arrival("10.0.0.5", Some("Bearer token-of-old")), 5 * SECOND_US);
    assert!(matches!(&expired, Err(Why::Credentials(why)) if why.contains("old have expired")), "{expired:?}");
}

#[test]
fn a_certificate_is_as_good_as_a_token_and_a_wrong_token_is_not_made_good_by_it() {
    let door = Door::new(rules());
    let names = ["cn-other".to_owned(), "cn-ci".to_owned()];
    let with = |authorization, names| Arrival { certificate_names: names, ..arrival("10.0.0.1", authorization) };
    assert_eq!(answer(&door, &with(None, &names), 0), Ok("ci".to_owned()));
    assert!(answer(&door, &with(Some("Bearer wrong"), &names), 0).is_err());
    assert!(answer(&door, &with(None, &names[..1]), 0).is_err());
}

#[test]
fn without_credentials_configured_the_address_is_enough() {
    let door = Door::new(AccessRules::stock());
    assert_eq!(answer(&door, &arrival("127.0.0.1", None), 0), Ok("(address)".to_owned()));
    assert!(answer(&door, &Arrival { is_from_page: true, ..arrival("127.0.0.1", None) }, 0).is_err());
}

#[test]
fn the_address_behind_a_trusted_proxy_is_the_one_that_counts() {
    let door = Door::new(rules());
    let through = |peer: &str, header: &'static str| {
        let forwarding =
            Forwarding { x_forwarded_for: vec![Some(header)], forwarded: Vec::new(), sign: Some("x-forwarded-for") };
        door.admit(&Arrival { forwarding, ..arrival(peer, Some("Bearer the-token")) }, 0)
    };
    let admitted = through("172.16.0.1", "10.0.0.7").unwrap();
    assert_eq!(admitted.address.to_string(), "10.0.0.7");
    assert_eq!(admitted.proxy.map(|proxy| proxy.to_string()).as_deref(), Some("172.16.0.1"));
    for (peer, header) in [
        ("172.16.0.1", "11.0.0.7"),
        ("172.16.0.1", "10.9.0.7"),
        ("172.16.0.1", "10.0.0.7, 11.0.0.7"),
        ("10.0.0.1", "10.0.0.7"),
        ("10.9.9.1", "10.0.0.7"),
    ] {
        assert!(matches!(through(peer, header).map_err(|denial| denial.why), Err(Why::Outside(_))), "{peer} {header}");
    }
    assert!(door.admit(&arrival("172.16.0.1", Some("Bearer the-token")), 0).is_err(), "for whom does it speak?");
}

#[test]
fn a_caller_that_is_too_fast_waits_and_looking_costs_nothing() {
    let door = Door::new(rules());
    let slow = arrival("10.0.0.1", Some("Bearer token-of-slow"));
    for _ in 0..9 {
        assert!(answer(&door, &Arrival { is_change: false, ..slow.clone() }, 0).is_ok());
    }
    assert!(answer(&door, &slow, 0).is_ok() && answer(&door, &slow, 0).is_ok());
    assert_eq!(answer(&door, &slow, 0), Err(Why::TooFast(Wait { seconds: 30 })));
    door.replace(rules());
    assert!(answer(&door, &slow, 0).is_err(), "new rules are no new minute");
    assert!(answer(&door, &slow, 30 * SECOND_US).is_ok());
}

#[test]
fn whoever_guesses_waits_and_a_neighbour_who_got_in_before_does_not() {
    let door = Door::new(rules());
    let right = arrival("10.0.0.1", Some("Bearer token-of-ci"));
    assert!(answer(&door, &right, 0).is_ok());
    let wrong = arrival("10.0.0.1", Some("Bearer token-of-c"));
    for _ in 0..10 {
        assert!(matches!(answer(&door, &wrong, 0), Err(Why::Credentials(_))));
    }
    assert_eq!(answer(&door, &wrong, 0), Err(Why::TooManyWrong(Wait { seconds: 6 })));
    assert!(answer(&door, &right, 0).is_ok());
    // Who has not been here is not compared.
    let other = arrival("10.0.0.1", Some("Bearer the-token"));
    assert_eq!(answer(&door, &other, 0), Err(Why::TooManyWrong(Wait { seconds: 6 })));
    assert!(answer(&door, &other, 6 * SECOND_US).is_ok());
    assert!(answer(&door, &arrival("10.0.0.2", Some("Bearer the-token")), 0).is_ok());
}

#[test]
fn new_rules_hold_for_the_next_request() {
    let door = Door::new(rules());
    let right = arrival("10.0.0.1", Some("Bearer token-of-ci"));
    let before = door.admit(&right, 0).unwrap();
    door.replace(AccessRules { callers: Vec::new(), ..rules() });
    assert!(answer(&door, &right, 0).is_err());
    assert_eq!(before.rules.callers.len(), 4, "one request, one set of rules");
}
