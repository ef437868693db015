//! How often: whoever has no rate of his own has the default one.

use super::*;

/// Two for everybody, but for those with rates of their own.
fn rules() -> String {
    RULES.replace("  keep-percent: 60\n", "  keep-percent: 60\n  rate-per-minute: 2\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_no_rate_has_the_default_one() {
    let (world, _gateway) = world();
    let file = world.folder.path().join("application.yml");
    std::fs::write(&file, rules()).unwrap();
    let service = start(&world, &file);
    let missing = |token, from| Call { token, from, ..body("let in", r#"{"ip": "10.0.0.99"}"#, 404, "no-instance") };
    for (token, from, again_from) in
        // A token is one caller, wherever it calls from.
        [(PLAIN, "127.0.0.1", "127.0.0.4"), (CI, "127.0.0.1", "127.0.0.4"), (FAR, "127.0.0.12", "127.0.0.12")]
    {
        let call = missing(token, from);
        put(&service, &call).await;
        put(&service, &call).await;
        put(&service, &Call { from: again_from, name: token, status: 429, word: "too-fast", ..call }).await;
    }
    let request = as_json(client().post(format!("{}/offline", service.url)), r#"{"ip": "10.0.0.99"}"#.to_owned());
    let answer = request.bearer_auth(PLAIN).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (429, "30"));
    // Looking is not limited, and a minute later there is room.
    read(&service, "/offline").await;
    service.advance_ms(30_000).await;
    put(&service, &missing(PLAIN, "127.0.0.1")).await;
    // What is configured otherwise holds from the next request on.
    std::fs::write(&file, rules().replace("rate-per-minute: 2", "rate-per-minute: 60000")).unwrap();
    service.advance_ms(1_000).await;
    for _ in 0..5 {
        put(&service, &missing(CI, "127.0.0.1")).await;
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nobody_has_credentials_each_address_has_its_rate() {
    let world = World::with_three();
    let service = world.start_with(|config| config.access = crate::support::rules::rules(&[("rate-per-minute", "2")]));
    for from in ["127.0.0.1", "127.0.0.2"] {
        let call = Call { from, token: "", ..body("let in", r#"{"ip": "10.0.0.99"}"#, 404, "no-instance") };
        put(&service, &call).await;
        put(&service, &call).await;
        put(&service, &Call { name: from, status: 429, word: "too-fast", ..call }).await;
    }
    service.stop().await;
}
