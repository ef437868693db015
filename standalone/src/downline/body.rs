//! The body of a request: only what was asked for, so that a sync-speed that knows fewer fields takes it too. Pure.

use serde_json::{Map, Value, json};

use super::arguments::{MannerArgs, OfflineArgs, OnlineArgs, TargetArgs};

pub(super) fn offline(arguments: &OfflineArgs) -> Value {
    let mut body = common(&arguments.target, &arguments.manner);
    if arguments.force {
        body.insert("force".to_owned(), json!(true));
    }
    if let Some(percent) = arguments.rolling {
        let mut rolling = json!({"percent": percent});
        if let Some(min_up) = arguments.min_up {
            rolling["minUp"] = json!(min_up);
        }
        body.insert("rolling".to_owned(), rolling);
    }
    if let Some(drain_s) = arguments.drain {
        body.insert("drain".to_owned(), json!({"withinMs": drain_s * 1_000}));
    }
    if let Some(expires_after_s) = arguments.expires_after {
        body.insert("expiresAfterMs".to_owned(), json!(expires_after_s * 1_000));
    }
    Value::Object(body)
}

pub(super) fn online(arguments: &OnlineArgs) -> Value {
    Value::Object(common(&arguments.target, &arguments.manner))
}

fn common(target: &TargetArgs, manner: &MannerArgs) -> Map<String, Value> {
    let mut body = Map::new();
    match target.ips.as_slice() {
        [] => None,
        [ip] => body.insert("ip".to_owned(), json!(ip)),
        ips => body.insert("ips".to_owned(), json!(ips)),
    };
    let optional = [
        ("app", target.app.as_ref().map(|app| json!(app))),
        ("port", target.port.map(|port| json!(port))),
        ("instanceId", target.instance_id.as_ref().map(|id| json!(id))),
        ("reason", manner.reason.as_ref().map(|reason| json!(reason))),
    ];
    body.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    body
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Offline {
        #[command(flatten)]
        arguments: OfflineArgs,
    }

    #[derive(Parser)]
    struct Online {
        #[command(flatten)]
        arguments: OnlineArgs,
    }

    #[test]
    fn bodies() {
        for (line, expected) in [
            ("10.0.0.1", json!({"ip": "10.0.0.1"})),
            ("2001:db8::1", json!({"ip": "2001:db8::1"})),
            ("10.0.0.1 10.0.0.2", json!({"ips": ["10.0.0.1", "10.0.0.2"]})),
            ("--app java-service", json!({"app": "java-service"})),
            (
                "10.0.0.1 --app A --port 80 --instance-id a:1 --force",
                json!({"ip": "10.0.0.1", "app": "A", "port": 80, "instanceId": "a:1", "force": true}),
            ),
            ("--app A --rolling 25%", json!({"app": "A", "rolling": {"percent": 25}})),
            (
                "--app A --rolling 25 --min-up 2 --drain 30 --expires-after 15m --reason deploy",
                json!({"app": "A", "rolling": {"percent": 25, "minUp": 2}, "drain": {"withinMs": 30_000},
                    "expiresAfterMs": 900_000, "reason": "deploy"}),
            ),
            ("10.0.0.1 --async --idempotency-key k --json", json!({"ip": "10.0.0.1"})),
        ] {
            let words = std::iter::once("offline").chain(line.split(' '));
            assert_eq!(offline(&Offline::try_parse_from(words).unwrap().arguments), expected, "{line}");
        }
        let words = ["online", "10.0.0.1", "--app", "A", "--reason", "back"];
        let body = online(&Online::try_parse_from(words).unwrap().arguments);
        assert_eq!(body, json!({"ip": "10.0.0.1", "app": "A", "reason": "back"}));
    }

    #[test]
    fn what_makes_no_sense_is_not_sent() {
        for line in [
            "10.0.0",
            "host",
            "10.0.0.1 --port 0",
            "10.0.0.1 --port 65536",
            "10.0.0.1 --min-up 2",
            "10.0.0.1 --rolling 0",
            "10.0.0.1 --drain 601",
            "10.0.0.1 --token secret",
        ] {
            let words = std::iter::once("offline").chain(line.split(' ').filter(|word| !word.is_empty()));
            assert!(Offline::try_parse_from(words).is_err(), "'{line}'");
        }
        for line in ["10.0.0.1 --force", "10.0.0.1 --rolling 10", "10.0.0.1 --drain 1"] {
            let words = std::iter::once("online").chain(line.split(' '));
            assert!(Online::try_parse_from(words).is_err(), "'{line}'");
        }
    }
}
