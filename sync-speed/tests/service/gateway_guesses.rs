//! Wrong tokens of gateways: after a few nothing is compared for a while, and the log is not filled.

use eurus_sync_speed::access::Token;
use serde_json::json;

use crate::support::log;
use crate::support::service::{Answer, GROUP, Service, World, as_json, client_from, send};

fn start(world: &World) -> Service {
    world.start_with(|config| {
        config.notify.token = Token::new("gateway".to_owned());
        config.notify.networks = vec!["127.0.0.0/8".parse().unwrap()];
    })
}

/// An announcement from an address with a token.
async fn announce(service: &Service, address: &str, token: &str) -> Answer {
    let body = json!({"node": "n", "group": GROUP}).to_string();
    send(as_json(client_from(address).post(format!("{}/gateways", service.url)), body).bearer_auth(token)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_guesses_a_gateways_token_is_told_to_wait() {
    let world = World::with_three();
    let service = start(&world);
    announce(&service, "127.0.0.41", "gateway").await.expect(200);
    for _ in 0..10 {
        announce(&service, "127.0.0.41", "guess").await.expect(401);
        announce(&service, "127.0.0.42", "guess").await.expect(401);
    }
    // Also the right one is not compared, on either of a gateway's paths.
    let refused = announce(&service, "127.0.0.42", "gateway").await.expect(429);
    assert_eq!(refused["error"], "too-many-attempts", "{refused:#}");
    let report = as_json(client_from("127.0.0.42").post(format!("{}/gateways/refused", service.url)), "{}".to_owned());
    let answer = report.bearer_auth("gateway").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (429, "6"));
    // Neither who got in before from there, nor others, nor platforms are held up.
    announce(&service, "127.0.0.41", "gateway").await.expect(200);
    announce(&service, "127.0.0.43", "gateway").await.expect(200);
    announce(&service, "127.0.0.41", "guess").await.expect(429);
    service.offline(json!({"ip": "10.0.0.2"})).await.expect(200);
    service.advance_ms(6_000).await;
    announce(&service, "127.0.0.42", "gateway").await.expect(200);
    service.stop().await;
}

/// A gateway with a wrong token asks again every few seconds, for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_says_once_a_minute_that_a_gateway_is_refused() {
    log::keep();
    let world = World::with_three();
    let service = start(&world);
    let lines = || log::lines("refused POST /gateways from 127.0.0.44");
    for _ in 0..12 {
        announce(&service, "127.0.0.44", "guess").await;
    }
    assert_eq!(lines().len(), 1, "{:#?}", lines());
    assert!(lines()[0].contains("the token is not the right one"), "{:#?}", lines());
    service.advance_ms(60_000).await;
    announce(&service, "127.0.0.44", "guess").await.expect(401);
    assert_eq!(lines().len(), 2);
    assert!(lines()[1].ends_with("nothing was done (11 before it were not logged)"), "{:#?}", lines());
    // The trail has each of them, as long as they are few.
    let trail = service.get("/audit?limit=500").await.expect(200);
    let refused = trail["entries"].as_array().unwrap().iter().filter(|one| one["address"] == "127.0.0.44");
    assert_eq!(refused.count(), 13);
    service.stop().await;
}
