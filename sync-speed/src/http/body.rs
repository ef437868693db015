//! What `POST /offline` and `POST /online` are sent.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use serde::Deserialize;

use super::Problem;
use crate::access::Who;
use crate::request::{Kind, Request, Rolling, Target};

const EXPECTED: &str = r#"expected {"ip": "10.1.2.3"}, {"ips": [...]} or {"app": "NAME"}, and optionally "app", "port", "instanceId", "force", "reason", "rolling", "drain", "expiresAfterMs""#;
/// Addresses of one request.
const IPS_ALLOWED: RangeInclusive<usize> = 1..=64;
/// Length of a reason.
const REASON_CHARS_MAX: usize = 256;
/// Length of an application's name and of an instance id.
const NAME_CHARS_MAX: usize = 128;
const ID_CHARS_MAX: usize = 250;
const PERCENT_ALLOWED: RangeInclusive<u8> = 1..=100;
/// One second to a day.
const ROLLING_WITHIN_MS_ALLOWED: RangeInclusive<i64> = 1_000..=86_400_000;
/// Up to ten minutes: longer than any platform waits for a container.
const DRAIN_WITHIN_MS_ALLOWED: RangeInclusive<i64> = 1..=600_000;
/// One second to thirty days, as long as entries are kept.
const EXPIRES_AFTER_MS_ALLOWED: RangeInclusive<i64> = 1_000..=2_592_000_000;

/// An unknown field is a mistake that would otherwise widen what is taken offline.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "an object")]
struct Body {
    ip: Option<String>,
    ips: Option<Vec<String>>,
    app: Option<String>,
    port: Option<i64>,
    instance_id: Option<String>,
    #[serde(default)]
    force: bool,
    reason: Option<String>,
    rolling: Option<Rolling>,
    drain: Option<Drain>,
    expires_after_ms: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "an object such as {\"withinMs\": 30000}")]
struct Drain {
    within_ms: i64,
}

/// # Errors
/// What is wrong, where, and what is expected.
pub(super) fn parse(kind: Kind, body: &[u8], caller: IpAddr, who: Who) -> Result<Request, Problem> {
    let sent: Body = serde_json::from_slice(body).map_err(|error| {
        Problem::bad_request("body", format!("the body is not understood: {}; {EXPECTED}", in_words(&error)))
    })?;
    let port = port(sent.port)?;
    let target = Target { port, ..target(&sent)? };
    only_for_offlines(kind, &sent)?;
    in_range_ms("expiresAfterMs", sent.expires_after_ms, EXPIRES_AFTER_MS_ALLOWED)?;
    in_range_ms("drain.withinMs", sent.drain.as_ref().map(|drain| drain.within_ms), DRAIN_WITHIN_MS_ALLOWED)?;
    if let Some(rolling) = &sent.rolling {
        in_range("rolling.percent", Some(rolling.percent), PERCENT_ALLOWED)?;
        in_range_ms("rolling.withinMs", rolling.within_ms, ROLLING_WITHIN_MS_ALLOWED)?;
    }
    if let Some(reason) = &sent.reason {
        let chars = reason.chars().count();
        if chars > REASON_CHARS_MAX {
            let message = format!("{chars} characters; {REASON_CHARS_MAX} are allowed");
            return Err(Problem::bad_request("reason", message));
        }
    }
    Ok(Request {
        kind,
        target,
        force: sent.force,
        reason: sent.reason,
        rolling: sent.rolling,
        drain_within_ms: sent.drain.map(|drain| drain.within_ms),
        expires_after_ms: sent.expires_after_ms,
        idempotency_key: None,
        part_of: None,
        while_held_by: None,
        caller: who.at(caller),
        who,
        body: String::from_utf8_lossy(body).into_owned(),
    })
}

fn target(sent: &Body) -> Result<Target, Problem> {
    let given: Vec<&String> = match (&sent.ip, &sent.ips) {
        (Some(_), Some(_)) => {
            return Err(Problem::bad_request("ips", format!("either \"ip\" or \"ips\", not both; {EXPECTED}")));
        }
        (Some(ip), None) => vec![ip],
        (None, Some(ips)) if IPS_ALLOWED.contains(&ips.len()) => ips.iter().collect(),
        (None, Some(ips)) => {
            return Err(Problem::bad_request("ips", format!("{} addresses; 1 to 64 are allowed", ips.len())));
        }
        (None, None) if sent.app.is_some() => Vec::new(),
        (None, None) => {
            return Err(Problem::bad_request("body", format!("neither \"ip\", \"ips\" nor \"app\"; {EXPECTED}")));
        }
    };
    for (field, name, longest) in [("app", &sent.app, NAME_CHARS_MAX), ("instanceId", &sent.instance_id, ID_CHARS_MAX)]
    {
        if let Some(name) = name
            && !(1..=longest).contains(&name.chars().count())
        {
            return Err(Problem::bad_request(field, format!("{field}: 1 to {longest} characters are allowed")));
        }
    }
    Ok(Target {
        ips: given.into_iter().map(|ip| address(ip)).collect::<Result<BTreeSet<_>, _>>()?,
        app: sent.app.as_ref().map(|app| app.to_uppercase()),
        port: None,
        instance_ids: sent.instance_id.iter().cloned().collect(),
        registered_before_ms: None,
    })
}

fn port(given: Option<i64>) -> Result<Option<u16>, Problem> {
    in_range("port", given, 1..=i64::from(u16::MAX))?;
    Ok(given.and_then(|port| u16::try_from(port).ok()))
}

/// The parser names this program's types, which a caller does not know.
fn in_words(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let numbers = ["i64", "usize", "u8"].map(|name| format!("expected {name}"));
    numbers.iter().fold(said, |said, name| said.replace(name, "expected a whole number"))
}

fn address(given: &str) -> Result<IpAddr, Problem> {
    let ip: IpAddr = given.parse().map_err(|_| {
        let shown: String = given.chars().take(64).collect();
        Problem::bad_request("ip", format!("'{shown}' is not an IP address; {EXPECTED}"))
    })?;
    Ok(ip.to_canonical())
}

fn only_for_offlines(kind: Kind, sent: &Body) -> Result<(), Problem> {
    if kind == Kind::Offline {
        return Ok(());
    }
    let given = [
        ("rolling", sent.rolling.is_some()),
        ("drain", sent.drain.is_some()),
        ("expiresAfterMs", sent.expires_after_ms.is_some()),
    ];
    match given.into_iter().find(|(_, is_given)| *is_given) {
        Some((field, _)) => Err(Problem::bad_request(field, format!("\"{field}\" is for POST /offline only"))),
        None => Ok(()),
    }
}

fn in_range<T: PartialOrd + std::fmt::Display>(
    field: &'static str,
    given: Option<T>,
    allowed: RangeInclusive<T>,
) -> Result<(), Problem> {
    match given {
        Some(given) if !allowed.contains(&given) => Err(Problem::bad_request(
            field,
            format!("{field} {given}: {} to {} is allowed", allowed.start(), allowed.end()),
        )),
        _ => Ok(()),
    }
}

fn in_range_ms(field: &'static str, given: Option<i64>, allowed: RangeInclusive<i64>) -> Result<(), Problem> {
    let (shortest, longest) = (*allowed.start(), *allowed.end());
    match given.filter(|given| !allowed.contains(given)) {
        Some(given) => Err(Problem::bad_request(
            field,
            format!("{field} is {given} ms: {shortest} to {longest} ms are allowed, {} s at most", longest / 1_000),
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(kind: Kind, body: &str) -> Result<Request, Problem> {
        parse(kind, body.as_bytes(), IpAddr::from([127, 0, 0, 1]), Who::Anybody)
    }

    #[test]
    fn bodies_that_are_not_understood() {
        for (body, part) in [
            ("", "the body is not understood"),
            ("[]", "the body is not understood"),
            ("{}", "neither \"ip\", \"ips\" nor \"app\""),
            (r#"{"port": 80}"#, "neither \"ip\", \"ips\" nor \"app\""),
            (r#"{"ip": 7}"#, "invalid type"),
            (r#"{"ip": "10.0.0.1", "port": "a"}"#, "expected a whole number"),
            (r#"{"ip": "10.0.0.1", "drain": 7}"#, "expected an object such as {\"withinMs\": 30000}"),
            (r#"{"app": "A", "rolling": {"percent": 300}}"#, "expected a whole number"),
            (r#"{"ip": ""}"#, "'' is not an IP address"),
            (r#"{"ip": "10.0.0"}"#, "'10.0.0' is not an IP address"),
            (r#"{"ip": "10.0.0.256"}"#, "is not an IP address"),
            (r#"{"ip": "010.0.0.1"}"#, "is not an IP address"),
            (r#"{"ip": "10.0.0.1/32"}"#, "is not an IP address"),
            (r#"{"ip": " 10.0.0.1"}"#, "is not an IP address"),
            (r#"{"ip": "host"}"#, "is not an IP address"),
            (r#"{"ips": ["10.0.0.1", "host"]}"#, "is not an IP address"),
            (r#"{"ip": "10.0.0.1", "ips": ["10.0.0.2"]}"#, "not both"),
            (r#"{"ip": "10.0.0.1", "instance_id": "a"}"#, "unknown field `instance_id`"),
            (r#"{"ip": "10.0.0.1", "prot": 80}"#, "unknown field `prot`"),
            (r#"{"ip": "10.0.0.1", "force": "yes"}"#, "invalid type"),
            (r#"{"ip": "10.0.0.1"} {"ip": "10.0.0.2"}"#, "trailing characters"),
            (r#"{"ip": "10.0.0.1", "ip": "10.0.0.2"}"#, "duplicate field `ip`"),
            (r#"{"app": "A", "rolling": {}}"#, "missing field `percent`"),
            (r#"{"app": "A", "rolling": {"percent": 10, "min": 1}}"#, "unknown field `min`"),
            (r#"{"ip": "10.0.0.1", "drain": true}"#, "invalid type"),
        ] {
            let problem = parsed(Kind::Offline, body).expect_err(body).to_string();
            assert!(problem.contains(part) && problem.contains("expected {\"ip\""), "{body}: {problem}");
        }
    }

    #[test]
    fn values_that_are_not_allowed() {
        let many: Vec<String> = (0..65).map(|last| format!("10.0.0.{last}")).collect();
        let many = serde_json::json!({ "ips": many }).to_string();
        let long = serde_json::json!({"ip": "10.0.0.1", "reason": "x".repeat(257)}).to_string();
        for (body, part) in [
            (many.as_str(), "65 addresses; 1 to 64 are allowed"),
            (r#"{"ips": []}"#, "0 addresses"),
            (long.as_str(), "257 characters; 256 are allowed"),
            (r#"{"ip": "10.0.0.1", "port": 65536}"#, "port 65536: 1 to 65535 is allowed"),
            (r#"{"ip": "10.0.0.1", "port": -1}"#, "port -1"),
            (r#"{"app": ""}"#, "app: 1 to 128 characters"),
            (r#"{"app": "A", "instanceId": ""}"#, "instanceId: 1 to 250 characters"),
            (r#"{"app": "A", "rolling": {"percent": 0}}"#, "rolling.percent 0: 1 to 100"),
            (r#"{"app": "A", "rolling": {"percent": 101}}"#, "rolling.percent 101"),
            (
                r#"{"app": "A", "rolling": {"percent": 5, "withinMs": 0}}"#,
                "rolling.withinMs is 0 ms: 1000 to 86400000 ms are allowed, 86400 s at most",
            ),
            (
                r#"{"ip": "10.0.0.1", "drain": {"withinMs": 0}}"#,
                "drain.withinMs is 0 ms: 1 to 600000 ms are allowed, 600 s at most",
            ),
            (
                r#"{"ip": "10.0.0.1", "expiresAfterMs": 999}"#,
                "expiresAfterMs is 999 ms: 1000 to 2592000000 ms are allowed",
            ),
        ] {
            let problem = parsed(Kind::Offline, body).expect_err(body).to_string();
            assert!(problem.contains(part), "{body}: {problem}");
        }
        let problem = parsed(Kind::Online, r#"{"ip": "10.0.0.1", "drain": {"withinMs": 5}}"#).unwrap_err().to_string();
        assert!(problem.contains("\"drain\" is for POST /offline only"), "{problem}");
    }

    #[test]
    fn what_is_meant() {
        for (body, expected) in [
            (r#"{"ip": "10.0.0.1"}"#, "IP 10.0.0.1"),
            (
                r#"{"ip": "::ffff:10.0.0.1", "app": "java-service", "port": 80, "instanceId": "i", "force": true}"#,
                "IP 10.0.0.1, application JAVA-SERVICE, port 80, instance id i",
            ),
            (r#"{"ips": ["10.0.0.2", "10.0.0.1", "::ffff:10.0.0.1"]}"#, "IP 10.0.0.1, 10.0.0.2"),
            (r#"{"app": "a"}"#, "application A"),
        ] {
            assert_eq!(parsed(Kind::Offline, body).unwrap().target.to_string(), expected);
        }
        let rolling = parsed(Kind::Offline, r#"{"app": "a", "rolling": {"percent": 25, "minUp": 2}, "force": true}"#);
        let rolling = rolling.unwrap();
        assert_eq!(rolling.rolling, Some(Rolling { percent: 25, min_up: Some(2), within_ms: None }));
        assert!(rolling.force);
    }
}
