use eurus_client::{FailureKind, Heartbeat, Registries, Timeouts};
use eurus_model::InstanceStatus::Up;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::lists::list;
use crate::scripted::{Answer, Scripted};

const HEARTBEAT: &str = "PUT /eureka/apps/A/h:1";

async fn two() -> (Scripted, Scripted, Registries) {
    let (first, second) = (Scripted::start().await, Scripted::start().await);
    let timeouts = Timeouts { connect_ms: 200, read_ms: 200 };
    let registries = Registries::new(vec![first.url(), second.url()], timeouts).unwrap();
    for registry in [&first, &second] {
        registry.answers(HEARTBEAT, Answer::Is(200, String::new()));
    }
    (first, second, registries)
}

#[tokio::test]
async fn the_next_url_is_asked_when_one_fails_and_stays_in_use() {
    for failing in [Answer::Is(500, "{}".into()), Answer::Is(503, String::new()), Answer::Never] {
        let (first, second, registries) = two().await;
        first.answers(HEARTBEAT, failing);
        for _ in 0..2 {
            assert_eq!(registries.heartbeat("A", "h:1", Up, 5).await, Ok(Heartbeat::Renewed));
        }
        assert_eq!((first.seen_count(), second.seen_count()), (1, 2));
        assert_eq!(registries.current_url(), second.url());

        // Back to the first, when the second fails in its turn.
        second.die().await;
        first.answers(HEARTBEAT, Answer::Is(200, String::new()));
        assert_eq!(registries.heartbeat("A", "h:1", Up, 5).await, Ok(Heartbeat::Renewed));
        assert_eq!(registries.current_url(), first.url());
    }
}

#[tokio::test]
async fn a_refusal_is_an_answer_and_asks_nobody_else() {
    for status in [302, 400, 401, 403, 409] {
        let (first, second, registries) = two().await;
        first.answers(HEARTBEAT, Answer::Is(status, "Missing\nsomething".into()));
        let error = registries.heartbeat("A", "h:1", Up, 5).await.unwrap_err();
        assert_eq!(error.kind(), FailureKind::Refused(status));
        assert!(error.to_string().contains("'Missing something'"), "{error}");
        assert_eq!((first.seen_count(), second.seen_count()), (1, 0));
    }
}

#[tokio::test]
async fn a_list_comes_from_whichever_registry_serves_one() {
    for not_a_list in [Answer::Is(403, String::new()), Answer::Is(200, "<html>".into())] {
        let (first, second, registries) = two().await;
        first.answers("GET /eureka/apps/", not_a_list);
        second.serves_full(list("1", "UP_1_", &[("A", "h:1", "UP", "ADDED")]));
        assert_eq!(registries.apps().await.unwrap().instances().count(), 1);
    }
}

#[tokio::test]
async fn when_all_are_away_the_error_says_what_happened_where() {
    let (first, second, registries) = two().await;
    first.die().await;
    second.answers(HEARTBEAT, Answer::Never);
    let error = registries.heartbeat("A", "h:1", Up, 5).await.unwrap_err();
    assert_eq!((error.kind(), error.call()), (FailureKind::TimedOut, "heartbeat A/h:1"));
    assert_eq!(error.tries().len(), 2);
    assert!(error.tries()[0].starts_with(&first.url()), "{error}");
    assert!(error.tries()[1].starts_with(&second.url()), "{error}");

    first.revive();
    assert_eq!(registries.heartbeat("A", "h:1", Up, 5).await, Ok(Heartbeat::Renewed));
}

#[tokio::test]
async fn a_call_is_tried_three_times_at_most_and_the_next_call_asks_the_others() {
    let mut all = Vec::new();
    for _ in 0..5 {
        let registry = Scripted::start().await;
        registry.answers(HEARTBEAT, Answer::Is(503, String::new()));
        all.push(registry);
    }
    let registries = Registries::new(all.iter().map(Scripted::url).collect(), Timeouts::default()).unwrap();
    let seen = || all.iter().map(Scripted::seen_count).collect::<Vec<_>>();
    assert!(registries.heartbeat("A", "h:1", Up, 5).await.is_err());
    assert_eq!(seen(), [1, 1, 1, 0, 0]);
    assert!(registries.heartbeat("A", "h:1", Up, 5).await.is_err());
    assert_eq!(seen(), [2, 1, 1, 1, 1], "all were in quarantine then, so none is");
}

#[tokio::test]
async fn a_registry_that_was_restarted_is_reached_at_once() {
    let registry = Scripted::start().await;
    registry.answers(HEARTBEAT, Answer::Is(200, String::new()));
    let registries = Registries::new(vec![registry.url()], Timeouts::default()).unwrap();
    assert_eq!(registries.heartbeat("A", "h:1", Up, 5).await, Ok(Heartbeat::Renewed));
    registry.die().await;
    registry.revive();
    assert_eq!(registries.heartbeat("A", "h:1", Up, 5).await, Ok(Heartbeat::Renewed));
}

/// A registry closes a kept-alive connection just as the next request is written on it.
#[tokio::test]
async fn a_connection_that_breaks_before_the_answer_is_opened_once_more() {
    for (breaks, expected) in [(1, Ok(Heartbeat::Renewed)), (2, Err(FailureKind::Away))] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/eureka/", listener.local_addr().unwrap());
        let registry = tokio::spawn(async move {
            for number in 0.. {
                let (mut connection, _) = listener.accept().await.unwrap();
                let mut head = [0; 1024];
                assert!(connection.read(&mut head).await.unwrap() > 0);
                if number >= breaks {
                    connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
                }
            }
        });
        let registries = Registries::new(vec![url], Timeouts::default()).unwrap();
        let outcome = registries.heartbeat("A", "h:1", Up, 5).await;
        assert_eq!(outcome.map_err(|error| error.kind()), expected, "{breaks} broken");
        registry.abort();
    }
}

#[tokio::test]
async fn what_cannot_work_is_refused_at_once() {
    for (urls, reason) in [
        (vec![], "0 given"),
        (vec!["http://h/eureka/"; 33], "33 given"),
        (vec!["http://h/eureka/", "ftp://u:secret@h/eureka/"], "not a registry's address"),
    ] {
        let error = Registries::new(urls.into_iter().map(str::to_owned).collect(), Timeouts::default()).err().unwrap();
        assert_eq!(error.kind(), FailureKind::Config);
        let text = error.to_string();
        assert!(text.contains(reason) && !text.contains("secret"), "{text}");
    }
}
