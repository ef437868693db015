use eurus_client::{FailureKind, Heartbeat, Outcome, Registries, Timeouts};
use eurus_model::InstanceStatus;

use crate::lists::instance;
use crate::scripted::{Answer, Scripted};

fn registries(registry: &Scripted) -> Registries {
    Registries::new(vec![registry.url()], Timeouts::default()).unwrap()
}

#[tokio::test]
async fn each_operation_is_sent_as_java_s_client_sends_it() {
    let registry = Scripted::start().await;
    let registries = registries(&registry);
    let path = "/eureka/apps/A/h:1";
    for what in [format!("PUT {path}/status"), format!("DELETE {path}/status"), format!("PUT {path}")] {
        registry.answers(&what, Answer::Is(200, String::new()));
    }
    let body = serde_json::json!({"instance": instance("A", "h:1", "OUT_OF_SERVICE", "MODIFIED")}).to_string();
    registry.answers(&format!("GET {path}"), Answer::Is(200, body));

    use InstanceStatus::{OutOfService, Up};
    assert_eq!(registries.set_status("A", "h:1", OutOfService).await.map(|changed| changed.outcome), Ok(Outcome::Done));
    assert_eq!(
        registries.remove_override("A", "h:1", Some(Up)).await.map(|changed| changed.outcome),
        Ok(Outcome::Done)
    );
    assert_eq!(registries.remove_override("A", "h:1", None).await.map(|changed| changed.outcome), Ok(Outcome::Done));
    assert_eq!(registries.heartbeat("A", "h:1", Up, 5).await, Ok(Heartbeat::Renewed));
    let held = registries.instance("A", "h:1").await.unwrap().unwrap();
    assert_eq!((held.instance_id.as_str(), held.status), ("h:1", OutOfService));
    assert_eq!(
        registry.take_lines(),
        [
            format!("PUT {path}/status?value=OUT_OF_SERVICE"),
            format!("DELETE {path}/status?value=UP"),
            format!("DELETE {path}/status"),
            format!("PUT {path}?status=UP&lastDirtyTimestamp=5"),
            format!("GET {path}"),
        ]
    );
}

#[tokio::test]
async fn a_change_may_be_answered_with_the_instance() {
    let registry = Scripted::start().await;
    let registries = registries(&registry);
    let path = "/eureka/apps/A/h:1/status";
    let shown = serde_json::json!({"instance": instance("A", "h:1", "OUT_OF_SERVICE", "MODIFIED")}).to_string();
    // Java's answer is empty; what cannot be read is no reason to call the change failed.
    for (body, expected) in [(shown.as_str(), Some("h:1")), ("", None), ("<html>", None)] {
        registry.answers(&format!("PUT {path}"), Answer::Is(200, body.to_owned()));
        registry.answers(&format!("DELETE {path}"), Answer::Is(200, body.to_owned()));
        for changed in [
            registries.set_status("A", "h:1", InstanceStatus::OutOfService).await.unwrap(),
            registries.remove_override("A", "h:1", Some(InstanceStatus::Up)).await.unwrap(),
        ] {
            assert_eq!(changed.outcome, Outcome::Done, "{body}");
            assert_eq!(changed.instance.as_ref().map(|shown| shown.instance_id.as_str()), expected, "{body}");
        }
    }
}

#[tokio::test]
async fn an_unknown_instance_is_an_answer() {
    let registry = Scripted::start().await;
    let registries = registries(&registry);
    let up = InstanceStatus::Up;
    assert_eq!(registries.set_status("A", "h:1", up).await.map(|changed| changed.outcome), Ok(Outcome::NotFound));
    assert_eq!(
        registries.remove_override("A", "h:1", Some(up)).await.map(|changed| changed.outcome),
        Ok(Outcome::NotFound)
    );
    assert_eq!(registries.heartbeat("A", "h:1", up, 5).await, Ok(Heartbeat::NotFound));
    assert_eq!(registries.instance("A", "h:1").await, Ok(None));
    assert_eq!(registries.cancel("A", "h:1").await, Ok(()));
    assert_eq!(registries.delta().await, Ok(None));
}

#[tokio::test]
async fn a_name_that_no_url_can_carry_is_refused_before_anything_is_sent() {
    let registry = Scripted::start().await;
    let registries = registries(&registry);
    for (app, id) in [("A", ".."), ("A", ""), ("..", "h:1")] {
        let error = registries.cancel(app, id).await.unwrap_err();
        assert_eq!(error.kind(), FailureKind::Config, "{error}");
    }
    assert_eq!(registry.seen_count(), 0);
}

#[tokio::test]
async fn an_answer_beyond_its_bound_is_not_read() {
    let registry = Scripted::start().await;
    registry.answers("GET /eureka/apps/A/h:1", Answer::Is(200, " ".repeat((16 << 20) + 1)));
    let error = registries(&registry).instance("A", "h:1").await.unwrap_err();
    assert_eq!(error.kind(), FailureKind::TooLarge, "{error}");
}
