//! Who is called.

use eurus_gateway::RuleName;
use tokio::sync::watch;

use crate::support::gateway::Gateway;
use crate::support::producer::{APP, Producer};
use crate::support::registry::Registry;
use crate::support::{raw, soon, until};

#[tokio::test(flavor = "multi_thread")]
async fn instances_are_called_in_turn_by_any_case_of_the_service_id() {
    let producers = [Producer::start(2).await, Producer::start(3).await, Producer::start(4).await];
    let registry = Registry::start(&producers.each_ref()).await;
    let gateway = Gateway::start(&registry).await;
    let mut answers = Vec::new();
    for path in ["/java-service/hello", "/JAVA-SERVICE/hello", "/Java-Service/hello"].repeat(2) {
        answers.push(gateway.get(path).await);
    }
    let expected = ["p2", "p3", "p4", "p2", "p3", "p4"].map(|id| (200, id.to_owned()));
    assert_eq!(answers, expected);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_registrys_status_decides_and_a_later_copy_counts() {
    let (up, other) = (Producer::start(2).await, Producer::start(3).await);
    let registry = Registry::start(&[&up]).await;
    registry.put(&other, "STARTING");
    let gateway = Gateway::start(&registry).await;
    for _ in 0..3 {
        assert_eq!(gateway.get("/java-service/hello").await, (200, "p2".to_owned()));
    }
    let starting = gateway.instance(&other).await;
    assert_eq!(
        (starting["status"].as_str(), starting["why"].as_str()),
        (Some("STARTING"), Some("STARTING from registry"))
    );
    registry.put(&up, "DOWN");
    registry.put(&other, "UP");
    gateway.fetch().await;
    for _ in 0..3 {
        assert_eq!(gateway.get("/java-service/hello").await, (200, "p3".to_owned()));
    }
    assert_eq!(gateway.instance(&other).await["requests"], 3);
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_known_copy_counts_while_the_registry_is_away() {
    let producer = Producer::start(2).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start(&registry).await;
    registry.set_away(true);
    gateway.fetch().await;
    gateway.fetch().await;
    assert_eq!(gateway.get("/java-service/hello").await, (200, "p2".to_owned()));
    gateway.stop().await.unwrap();
}

/// As a registry that has restarted without a memory shows it.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_known_copy_counts_while_the_registry_shows_no_service() {
    let producer = Producer::start(2).await;
    let registry = Registry::start(&[&producer]).await;
    let gateway = Gateway::start(&registry).await;
    registry.forget_all();
    gateway.fetch().await;
    assert_eq!(gateway.get("/java-service/hello").await, (200, "p2".to_owned()));
    assert_eq!(gateway.order("/downline", 1, &producer).await, "applied");
    assert_eq!(gateway.get("/java-service/hello").await.0, 503);
    registry.put(&producer, "OUT_OF_SERVICE");
    gateway.fetch().await;
    assert_eq!(gateway.instance(&producer).await["status"], "OUT_OF_SERVICE");
    gateway.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_connection_goes_to_the_next_instance_whatever_the_method() {
    let (absent, present) = (Producer::absent(2), Producer::start(3).await);
    let registry = Registry::start(&[&absent, &present]).await;
    let gateway = Gateway::start(&registry).await;
    let url = format!("http://{}/java-service/echo", gateway.data);
    for _ in 0..4 {
        let response = gateway.http.post(&url).body("once").send().await.unwrap();
        assert_eq!((response.status().as_u16(), response.text().await.unwrap().as_str()), (200, "once"));
    }
    assert_eq!(present.requests(), 4);
    assert_eq!(gateway.instance(&absent).await["requests"], 0);
    gateway.stop().await.unwrap();
}

/// The slow one holds its answers. In turn it would get every third request, which would hang.
#[tokio::test(flavor = "multi_thread")]
async fn least_connections_sends_no_more_to_an_instance_that_holds_its_answers() {
    let (release, released) = watch::channel(false);
    let slow = Producer::at(2, raw::late_server(2, released).await);
    let quick = [Producer::start(3).await, Producer::start(4).await];
    let registry = Registry::start(&[&slow, &quick[0], &quick[1]]).await;
    let gateway = Gateway::start_with(&registry, |config| {
        config.balancing.rules.insert(APP.to_owned(), RuleName::LeastConnections);
    })
    .await;
    let (_, services) = gateway.admin_get("/services").await;
    assert_eq!(services["services"][0]["rule"], "least-connections");
    let requests = async |producer: &Producer| gateway.instance(producer).await["requests"].as_u64().unwrap();
    // One at a time, until the slow one has one.
    let url = format!("http://{}/java-service/hello", gateway.data);
    let held = loop {
        let mut request = tokio::spawn(gateway.http.get(&url).send());
        tokio::select! {
            answer = &mut request => assert_eq!(answer.unwrap().unwrap().status(), 200),
            () = until("an answer, or a request at the slow one", async || requests(&slow).await == 1) => break request,
        }
    };
    for _ in 0..30 {
        // An answer that has come may not have ended yet in the gateway's eyes.
        for producer in &quick {
            until("its end", async || gateway.instance(producer).await["under_way"] == 0).await;
        }
        assert_eq!(gateway.get("/java-service/hello").await.0, 200);
    }
    assert_eq!(requests(&slow).await, 1);
    assert!(requests(&quick[0]).await > 0 && requests(&quick[1]).await > 0);
    release.send(true).unwrap();
    assert_eq!(soon("the answer that was held", held).await.unwrap().unwrap().text().await.unwrap(), "late");
    // What holds nothing any more takes part again.
    until("another request at the slow one", async || {
        gateway.get("/java-service/hello").await;
        requests(&slow).await > 1
    })
    .await;
    gateway.stop().await.unwrap();
}
