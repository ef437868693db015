//! An entry, or a refusal, for a person at 3 a.m.: one line per instance and per gateway, and what to do. Pure.

use super::answer::{Drain, Entry, Gateway, Instance, Outcome, Problem};
use super::server::Reply;

/// The whole entry.
pub(super) fn lines(entry: &Entry) -> Vec<String> {
    let mut lines = vec![summary(entry)];
    lines.extend(entry.instances.iter().map(instance));
    lines.extend(entry.gateways.iter().map(gateway));
    lines.extend(entry.skipped.iter().map(|skipped| {
        let reason = skipped.reason.as_deref().unwrap_or("no reason given");
        format!("  left out  {}/{}  {reason}", skipped.app, skipped.instance_id)
    }));
    lines.extend(entry.drain.iter().map(drain));
    lines.extend(entry.note.iter().map(|why| note(why)));
    lines
}

/// What is special, or what it waits for.
pub(super) fn note(note: &str) -> String {
    format!("  note      {note}")
}

/// One line: `offline-7 partial: 1 of 1 instances, 2 of 3 gateways; still being told`.
pub(super) fn summary(entry: &Entry) -> String {
    let instances_done = entry.instances.iter().filter(|instance| instance.outcome == "done").count();
    let settled = entry.gateways.iter().filter(|gateway| gateway.is_settled()).count();
    let goes_on = match (entry.retrying, entry.outcome()) {
        (true, Outcome::Failed) => "; being undone",
        (_, Outcome::UnderWay) => "; under way",
        (true, _) => "; still being told",
        (false, _) => "",
    };
    format!(
        "{} {}: {instances_done} of {} instances, {settled} of {} gateways{goes_on}",
        entry.id,
        entry.state,
        entry.instances.len(),
        entry.gateways.len()
    )
}

/// What to do, where there is something to do.
pub(super) fn advice(entry: &Entry) -> Vec<String> {
    let mut advice = Vec::new();
    let open: Vec<&str> =
        entry.gateways.iter().filter(|gateway| !gateway.is_settled()).map(|gateway| gateway.node.as_str()).collect();
    match entry.outcome() {
        Outcome::Done | Outcome::UnderWay => {}
        Outcome::Partial if entry.retrying => {
            if !open.is_empty() && entry.kind == "offline" {
                advice.push(format!(
                    "do not stop the instances yet: requests may still come through {}",
                    open.join(", ")
                ));
            }
            advice.push(format!("sync-speed goes on telling them; follow it with: eurus watch {}", entry.id));
        }
        Outcome::Partial => advice.push(format!(
            "nobody is retrying any more: look at {}, then run the same command again",
            if open.is_empty() { "the instances above".to_owned() } else { open.join(", ") }
        )),
        Outcome::Failed if entry.retrying => {
            advice.push(format!("it may have happened, and is being undone; follow it with: eurus watch {}", entry.id));
        }
        Outcome::Failed => {
            advice.push("no gateway was told; mend what the note says, then run the same command again".to_owned());
        }
        Outcome::Unknown => {
            advice.push(format!("this command does not know the state '{}': is sync-speed newer?", entry.state));
        }
    }
    if let Some(drain) = &entry.drain
        && drain.state != "drained"
    {
        advice.push(match drain.not_known.is_empty() {
            true => format!("{} requests are still under way: stopping the instances now cuts them off", drain.under_way),
            false => "whether requests are still under way is not known: stopping the instances now may cut them off; run the \
                      same command again to wait anew"
                .to_owned(),
        });
    }
    advice
}

/// What to do about a refusal.
pub(super) fn advice_on(problem: &Problem, reply: &Reply) -> Vec<String> {
    let mut advice = Vec::new();
    let known = match problem.error.as_str() {
        "token" => "put the token into EURUS_SYNC_SPEED_TOKEN or a file named by --token-file",
        "caller-not-allowed" => "allow this machine's address in eurus.sync-speed.allow, and call sync-speed directly",
        "application-not-allowed" => "eurus.sync-speed.apps lists the applications that may be taken offline",
        "last-up-instance" => "start another instance first, or take it all the same with --force",
        "keep-percent" => "wait until more instances are UP; eurus.sync-speed.keep-percent says how many must stay",
        "no-right" => "this token or certificate may not do that: eurus.sync-speed.callers says what it may",
        "no-instance" => "if the instance has already left the registry, there is nothing to do",
        "too-many-instances" => "narrow it with --app, --port or --instance-id",
        "busy" => "run the same command again in a moment",
        "body" if problem.message.contains("unknown field") => {
            "this sync-speed is older than this command: leave that flag out (one address at a time), or update it"
        }
        _ => match reply.status {
            422 => "take another --idempotency-key, or send the same order as before",
            429 => "too many calls: wait, then run the same command again",
            502 | 503 => "run the same command again once the registry answers",
            500.. => "sync-speed's log says more",
            _ => "",
        },
    };
    if !known.is_empty() {
        advice.push(known.to_owned());
    }
    advice.extend(reply.retry_after.iter().map(|seconds| format!("it asks to wait {seconds} s")));
    advice.extend(problem.id.iter().map(|id| format!("what became of it: eurus watch {id}")));
    advice
}

fn instance(instance: &Instance) -> String {
    let detail = instance.detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
    format!(
        "  instance  {}/{} ({}:{})  {}{detail}; the registry says {}",
        instance.app, instance.instance_id, instance.ip, instance.port, instance.outcome, instance.status
    )
}

fn gateway(gateway: &Gateway) -> String {
    let calls = if gateway.attempts == 1 { "1 call".to_owned() } else { format!("{} calls", gateway.attempts) };
    let latency = gateway.latency_ms.map(|latency_ms| format!(", {latency_ms:.1} ms")).unwrap_or_default();
    format!("  gateway   {}  {} ({calls}{latency})", gateway.node, gateway.outcome)
}

fn drain(drain: &Drain) -> String {
    let waited = format!("{}.{} s", drain.waited_ms / 1_000, drain.waited_ms % 1_000 / 100);
    match drain.state.as_str() {
        "drained" => format!("  drain     no request is under way on them any more, after {waited}"),
        "bound-reached" => {
            let upgraded = match drain.upgraded {
                0 => String::new(),
                count => format!(" ({count} of them WebSockets or the like, which end when their peers want)"),
            };
            let least = if drain.not_known.is_empty() { "" } else { "at least " };
            let not_known: String = drain.not_known.iter().map(|who| format!("; not known: {who}")).collect();
            format!(
                "  drain     {least}{} requests are still under way after {waited}{upgraded}{not_known}",
                drain.under_way
            )
        }
        other => format!("  drain     {other}, {} requests under way after {waited}", drain.under_way),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn entry(state: &str, retrying: bool, gateways: &Value, more: &Value) -> Entry {
        let mut json = json!({
            "id": "offline-7", "kind": "offline", "state": state, "retrying": retrying,
            "instances": [{"app": "A", "instanceId": "a:1", "ip": "10.0.0.1", "port": 80,
                "status": "OUT_OF_SERVICE", "outcome": "done"}],
            "gateways": gateways,
        });
        json.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Entry::parse(&json.to_string()).unwrap()
    }

    fn gateways() -> Value {
        json!([
            {"node": "g1", "outcome": "applied", "attempts": 1, "latency_ms": 0.543},
            {"node": "g2", "outcome": "retrying: connection refused", "attempts": 4, "latency_ms": null},
        ])
    }

    #[test]
    fn one_line_each() {
        let more = json!({
            "note": "no gateway group", "skipped": [{"app": "B", "instanceId": "b:1", "reason": "not listed"}],
            "drain": {"state": "bound-reached", "underWay": 3, "upgraded": 1, "waitedMs": 30_050},
        });
        assert_eq!(
            lines(&entry("partial", true, &gateways(), &more)),
            [
                "offline-7 partial: 1 of 1 instances, 1 of 2 gateways; still being told",
                "  instance  A/a:1 (10.0.0.1:80)  done; the registry says OUT_OF_SERVICE",
                "  gateway   g1  applied (1 call, 0.5 ms)",
                "  gateway   g2  retrying: connection refused (4 calls)",
                "  left out  B/b:1  not listed",
                "  drain     3 requests are still under way after 30.0 s (1 of them WebSockets or the like, which end when \
                 their peers want)",
                "  note      no gateway group",
            ]
        );
    }

    #[test]
    fn what_to_do() {
        let drained = json!({"drain": {"state": "drained", "underWay": 0, "waitedMs": 1_200}});
        let bound = json!({"drain": {"state": "bound-reached", "underWay": 3, "waitedMs": 30_000}});
        let unknown =
            json!({"drain": {"state": "bound-reached", "underWay": 0, "waitedMs": 0, "notKnown": ["g2: hangs"]}});
        let rows: [(&str, bool, &Value, &[&str]); 9] = [
            ("done", false, &json!({}), &[]),
            ("done", false, &drained, &[]),
            ("done", false, &bound, &["3 requests are still under way"]),
            ("done", false, &unknown, &["is not known"]),
            ("partial", true, &json!({}), &["may still come through g2", "eurus watch offline-7"]),
            ("partial", false, &json!({}), &["look at g2"]),
            ("failed", false, &json!({}), &["no gateway was told"]),
            ("failed", true, &json!({}), &["being undone"]),
            ("floating", false, &json!({}), &["does not know the state 'floating'"]),
        ];
        for (state, retrying, more, expected) in rows {
            let advice = advice(&entry(state, retrying, &gateways(), more));
            let fits =
                advice.len() == expected.len() && advice.iter().zip(expected).all(|(line, part)| line.contains(part));
            assert!(fits, "{state} {retrying}: {advice:?}");
        }
    }

    #[test]
    fn what_to_do_about_a_refusal() {
        for (status, error, message, part) in [
            (400, "body", "the body is not understood: unknown field `ips`", "older than this command"),
            (400, "ip", "no address", ""),
            (401, "token", "no token", "EURUS_SYNC_SPEED_TOKEN"),
            (403, "caller-not-allowed", "", "eurus.sync-speed.allow"),
            (403, "application-not-allowed", "", "eurus.sync-speed.apps"),
            (404, "no-instance", "", "nothing to do"),
            (409, "last-up-instance", "", "--force"),
            (409, "keep-percent", "", "more instances are UP"),
            (403, "no-right", "", "eurus.sync-speed.callers"),
            (422, "another-word", "", "--idempotency-key"),
            (429, "too-fast", "", "wait"),
            (502, "registry", "", "once the registry answers"),
            (503, "busy", "", "again in a moment"),
            (500, "store", "", "log says more"),
        ] {
            let problem = Problem { error: error.to_owned(), message: message.to_owned(), id: None };
            let reply = Reply { status, text: String::new(), retry_after: None };
            let advice = advice_on(&problem, &reply).join("\n");
            assert!(advice.contains(part) && advice.is_empty() == part.is_empty(), "{error}: {advice}");
        }
    }
}
