//! Every role on every kind of route, and what a refusal says.

use serde_json::json;

use super::rig::Rig;
use super::{START_MS, TOKENS, USER, config, locked, registration, send};

/// Method, path, whether it comes as from another registry, the role it needs, what it is answered when it may.
const REQUESTS: [(&str, &str, bool, &str, u16); 26] = [
    ("POST", "/eureka/apps/A", false, "register", 204),
    ("GET", "/eureka/apps", false, "read", 200),
    ("HEAD", "/eureka/apps/", false, "read", 200),
    ("GET", "/eureka/v2/apps/delta", false, "read", 200),
    ("GET", "/eureka/apps/A", false, "read", 200),
    ("GET", "/eureka/apps/A/one", false, "read", 200),
    ("GET", "/eureka/instances/one", false, "read", 200),
    ("GET", "/eureka/vips/none", false, "read", 200),
    ("GET", "/", false, "read", 200),
    ("GET", "/lastn", false, "read", 200),
    ("GET", "/metrics", false, "read", 200),
    ("GET", "/actuator/prometheus", false, "read", 200),
    ("GET", "/no/such/page", false, "read", 404),
    ("POST", "/eureka/apps", false, "read", 405),
    ("OPTIONS", "/eureka/apps", false, "read", 200),
    ("PUT", "/eureka/apps/A/one", false, "register", 200),
    ("PUT", "/eureka/apps/A/one/metadata?a=b", false, "register", 200),
    ("PUT", "/eureka/apps/A/one/status?value=OUT_OF_SERVICE", false, "operate", 200),
    ("DELETE", "/eureka/apps/A/one/status?value=UP", false, "operate", 200),
    ("POST", "/eureka/peerreplication/batch", false, "replicate", 200),
    ("PUT", "/eureka/apps/A/one", true, "replicate", 200),
    ("PUT", "/eureka/apps/A/one/status?value=UP", true, "replicate", 200),
    ("POST", "/eureka/apps/A", true, "replicate", 204),
    ("GET", "/eureka/apps", true, "replicate", 200),
    ("DELETE", "/eureka/apps/A/one", true, "replicate", 200),
    ("DELETE", "/eureka/apps/A/one", false, "register", 404),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_role_on_every_kind_of_route() {
    let rig = locked(&[]).await;
    for (method, path, replica, needed, expected) in REQUESTS {
        let what = format!("{method} {path} {replica}");
        let none = send(&rig, method, path, None, replica).await;
        assert_eq!(none.status, 401, "{what}");
        for (role, token) in TOKENS.into_iter().filter(|(role, _)| *role != needed) {
            let answer = send(&rig, method, path, Some(&format!("Bearer {token}")), replica).await;
            assert_eq!(answer.status, 403, "{what} by {role}");
            let challenge = answer.header("www-authenticate").unwrap();
            assert!(challenge.contains(&format!("scope=\"{needed}\"")), "{what} by {role}: {challenge}");
        }
        let token = TOKENS.iter().find(|(role, _)| *role == needed).unwrap().1;
        let answer = send(&rig, method, path, Some(&format!("Bearer {token}")), replica).await;
        assert_eq!(answer.status, expected, "{what}");
        if method != "DELETE" {
            let answer = send(&rig, method, path, Some(USER), replica).await;
            assert_eq!(answer.status, expected, "{what} by the user");
        }
    }
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_a_password_too_and_spellings_do_not_matter() {
    let rig = locked(&[]).await;
    // read:read-0123456789abcdef, as in http://read:read-…@host:8761/eureka/
    let basic = "cmVhZDpyZWFkLTAxMjM0NTY3ODlhYmNkZWY";
    for given in [
        format!("Basic {basic}="),
        format!("basic {basic}="),
        format!("Basic {basic}"),
        "bearer read-0123456789abcdef".to_owned(),
        USER.to_lowercase().replace("basic dxnlcjpwyxnzondvcmq=", USER),
    ] {
        assert_eq!(send(&rig, "GET", "/eureka/apps", Some(&given), false).await.status, 200, "{given}");
    }
    for given in [
        "",
        "Basic",
        "Basic !",
        "Bearer",
        "Bearer ",
        "Bearer read-0123456789abcdeg",
        "Bearer read-0123456789abcdef x",
        "read-0123456789abcdef",
        "Digest username=\"user\"",
        // user:wrong, user:, operate:<the token of read>
        "Basic dXNlcjp3cm9uZw==",
        "Basic dXNlcjo=",
        "Basic b3BlcmF0ZTpyZWFkLTAxMjM0NTY3ODlhYmNkZWY=",
    ] {
        let answer = send(&rig, "GET", "/eureka/apps", Some(given), false).await;
        assert_eq!(answer.status, 401, "{given}");
    }
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_says_what_is_wanted_in_the_form_that_was_asked_for() {
    let rig = locked(&[]).await;
    let answer = send(&rig, "GET", "/eureka/apps", None, false).await;
    let challenges: Vec<&str> =
        answer.headers.iter().filter(|(name, _)| name == "www-authenticate").map(|(_, value)| value.as_str()).collect();
    assert_eq!(challenges, ["Basic realm=\"eurus\"", "Bearer realm=\"eurus\""]);
    let body = answer.json();
    assert_eq!(
        (&body["status"], &body["error"], &body["path"]),
        (&json!(401), &json!("Unauthorized"), &json!("/eureka/apps"))
    );
    assert!(body["message"].as_str().unwrap().contains("Bearer token"), "{body}");
    let xml = rig.send("GET", "/eureka/apps", &[("Accept", "application/xml")], "").await;
    assert!(
        xml.text().starts_with("<Map><timestamp>") && xml.text().contains("<message>credentials"),
        "{}",
        xml.text()
    );
    let reader = Some("Bearer read-0123456789abcdef");
    let forbidden = send(&rig, "POST", "/eureka/apps/A", reader, false).await;
    assert_eq!(forbidden.json()["message"], "these credentials lack the role register");
    // A body in the answer to a heartbeat makes Netflix's client read an instance out of it.
    for given in [None, reader] {
        let heartbeat = send(&rig, "PUT", "/eureka/apps/A/one", given, false).await;
        assert!(matches!(heartbeat.status, 401 | 403) && heartbeat.body.is_empty(), "{heartbeat:?}");
        assert_eq!(heartbeat.header("content-length"), Some("0"));
    }
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_is_open_and_reading_can_be() {
    let rig = locked(&[("eurus.registry.access.anonymous", "read")]).await;
    for (path, status) in [("/actuator/health", 200), ("/eureka/apps", 200), ("/", 200)] {
        assert_eq!(send(&rig, "GET", path, None, false).await.status, status, "{path}");
    }
    assert_eq!(send(&rig, "POST", "/eureka/apps/A", None, false).await.status, 401);
    assert_eq!(send(&rig, "GET", "/eureka/apps", None, true).await.status, 401, "as from another registry");
    assert_eq!(send(&rig, "GET", "/eureka/apps", Some("Bearer x"), false).await.status, 401, "wrong, not anonymous");
    rig.stop().await;
    let rig = locked(&[]).await;
    assert_eq!(send(&rig, "GET", "/actuator/health", None, false).await.status, 200);
    assert_eq!(send(&rig, "GET", "/actuator/health", Some("Bearer x"), true).await.status, 200);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_configured_is_open_whatever_comes() {
    let rig = Rig::start(config(&[]), START_MS).await;
    for (method, path, replica, _, expected) in REQUESTS {
        let answer = send(&rig, method, path, Some("Basic rubbish"), replica).await;
        assert_eq!(answer.status, expected, "{method} {path}");
    }
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registration_overrides_no_status_for_who_may_not() {
    let rig = locked(&[]).await;
    let body =
        registration("A").replace("\"status\":\"UP\"", "\"status\":\"UP\",\"overriddenStatus\":\"OUT_OF_SERVICE\"");
    assert!(body.contains("overriddenStatus"), "{body}");
    let service = "Bearer register-0123456789abcdef";
    for (authorization, status) in [(service, "\"status\":\"UP\""), (USER, "\"status\":\"OUT_OF_SERVICE\"")] {
        let headers = [("Content-Type", "application/json"), ("Authorization", authorization)];
        assert_eq!(rig.send("POST", "/eureka/apps/A", &headers, &body).await.status, 204);
        let headers = [("Accept", "application/json"), ("Authorization", USER)];
        let shown = rig.send("GET", "/eureka/apps/A/one", &headers, "").await;
        assert!(shown.text().contains(status), "{authorization}: {}", shown.text());
    }
    rig.stop().await;
}
