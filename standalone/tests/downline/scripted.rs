//! Against a sync-speed by script: what is sent, and every answer.

use serde_json::{Value, json};

use crate::support::{Scene, Scripted, eurus};

pub(crate) fn entry(state: &str, retrying: bool) -> Value {
    let outcome = if state == "done" { "applied" } else { "retrying: connection refused" };
    json!({
        "id": "offline-7", "kind": "offline", "state": state, "retrying": retrying,
        "instances": [{"app": "A", "instanceId": "a:1", "ip": "10.0.0.1", "port": 80,
            "status": "OUT_OF_SERVICE", "outcome": "done"}],
        "gateways": [{"node": "g1", "outcome": outcome, "attempts": 2, "latency_ms": null}],
    })
}

fn drained(state: &str) -> Value {
    let mut entry = entry("done", false);
    entry["drain"] = json!({"state": state, "underWay": 2, "waitedMs": 1_000});
    entry
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_was_asked_for_is_sent() {
    for (words, line, body, key) in [
        ("offline 10.0.0.1", "POST /offline", json!({"ip": "10.0.0.1"}), None),
        (
            "offline 10.0.0.1 10.0.0.2 --drain 30 --reason deploy-7 --idempotency-key k7",
            "POST /offline",
            json!({"ips": ["10.0.0.1", "10.0.0.2"], "reason": "deploy-7", "drain": {"withinMs": 30_000}}),
            Some("k7"),
        ),
        ("online --app A", "POST /online", json!({"app": "A"}), None),
    ] {
        let server = Scripted::start(vec![Scene::json(200, &entry("done", false))]);
        let said = eurus(&format!("{words} --url {}", server.url), &[("EURUS_SYNC_SPEED_TOKEN", "abc")]).await;
        said.expect(0, &["offline-7 done: 1 of 1 instances, 1 of 1 gateways"], &[]);
        let asked = server.asked().remove(0);
        assert_eq!((asked.line.as_str(), asked.body, asked.key.as_deref()), (line, body, key));
        assert_eq!(asked.authorization.as_deref(), Some("Bearer abc"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_has_its_code_and_its_advice() {
    let refused = |status, error: &str| {
        Scene::json(status, &json!({"error": error, "message": "because\u{1b}[2J", "id": "offline-7"}))
    };
    for (scene, code, out, err) in [
        (Scene::json(200, &entry("partial", true)), 3, "g1  retrying", "requests may still come through g1"),
        (Scene::json(200, &entry("partial", false)), 3, "offline-7 partial", "look at g1"),
        (Scene::json(200, &drained("bound-reached")), 4, "2 requests are still under way", ""),
        (Scene::json(200, &drained("drained")), 0, "no request is under way", ""),
        (Scene::json(200, &entry("failed", false)), 1, "offline-7 failed", "no gateway was told"),
        (refused(502, "registry"), 1, "", "what became of it: eurus watch offline-7"),
        (refused(400, "body"), 1, "", "eurus: body: because\\u{1b}[2J"),
        (refused(422, "idempotency"), 1, "", "--idempotency-key"),
        (Scene::json(200, &json!({"hello": "world"})), 1, "", "answered 200: the answer is no entry"),
        (Scene::json(404, &json!("not here")), 1, "", "is --url the address of sync-speed?"),
    ] {
        let server = Scripted::start(vec![scene]);
        eurus(&format!("offline 10.0.0.1 --url {}", server.url), &[]).await.expect(code, &[out], &[err]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_down_goes_on_by_itself() {
    let server = Scripted::start(vec![Scene::json(202, &entry("recorded", false))]);
    let said = eurus(&format!("offline 10.0.0.1 --async --url {}", server.url), &[]).await;
    said.expect(0, &["offline-7 recorded"], &["eurus watch offline-7"]);
    assert_eq!(server.lines(), ["POST /offline?async=true"]);
    assert_eq!(server.asked()[0].body, json!({"ip": "10.0.0.1"}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_offline_is_followed_to_its_end() {
    let done = format!("event: entry\ndata: {}\n\nevent: end\ndata: {{}}\n\n", entry("done", false));
    let server = Scripted::start(vec![Scene::json(202, &entry("recorded", false)), Scene::open_events(&done)]);
    let line = format!("offline --app A --rolling 25% --min-up 1 --url {}", server.url);
    let said = eurus(&line, &[]).await.expect(0, &["offline-7 done"], &[]);
    assert_eq!(said.out.matches("offline-7").count(), 1, "{said:?}");
    assert_eq!(server.lines(), ["POST /offline?async=true", "GET /offline/offline-7/events"]);
    assert_eq!(server.asked()[0].body, json!({"app": "A", "rolling": {"percent": 25, "minUp": 1}}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_node_is_asked_when_one_cannot_be_reached() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = Scripted::start(vec![Scene::json(200, &entry("done", false))]);
    eurus(&format!("offline 10.0.0.1 --url http://{nobody},{}", server.url), &[]).await.expect(0, &[" done: "], &[]);
    let alone = eurus(&format!("offline 10.0.0.1 --url http://{nobody}"), &[]).await;
    alone.expect(1, &[], &["nothing was sent", "refused", "is it running"]);
}
