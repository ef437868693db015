//! The pages: whatever is registered, they show it, escape it, and say how it stands.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // It is a test throughout.

mod rig;

use eurus_registry::{Deployment, LeaseDuration, RegistryConfig};
use serde_json::{Value, json};

use rig::Rig;

const START_MS: i64 = 1_795_317_120_000;

async fn page(rig: &Rig, path: &str) -> String {
    let answer = rig.send("GET", path, &[("Accept", "text/html")], "").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/html;charset=UTF-8")), "{path}");
    assert!(answer.header("content-security-policy").unwrap().contains("default-src 'none'"));
    let text = answer.text();
    assert!(text.starts_with("<!doctype html>") && text.ends_with("</html>\n"), "{path} is whole");
    assert!(!text.contains("<script"), "{path} has no scripts");
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_registrations_are_shown_and_do_no_harm() {
    let rig = Rig::start(RegistryConfig::stock(), START_MS).await;
    let odd: [(&str, Value); 8] = [
        ("plain", json!({})),
        ("bare", json!({"vipAddress": null, "metadata": null, "leaseInfo": null, "port": null})),
        ("tag", json!({"ipAddr": "<script>alert(1)</script>", "metadata": {"zone": "\"><img src=x>"}})),
        ("amazon", json!({"dataCenterInfo": {"@class": "com.netflix.appinfo.AmazonInfo", "name": "Amazon"}})),
        ("js", json!({"statusPageUrl": "javascript:alert(1)"})),
        ("link", json!({"statusPageUrl": "https://h/?a=1&b=\"'>"})),
        ("strange", json!({"status": "WHO_KNOWS", "overriddenstatus": "DOWN", "metadata": {"zone": "a\u{0}b"}})),
        ("long", json!({"metadata": {"zone": "z".repeat(100_000)}})),
    ];
    for (id, changes) in odd {
        assert_eq!(rig.register("A", id, changes).await.status, 204, "{id}");
    }
    let text = page(&rig, "/").await;
    for shown in [
        "<td>plain<td>10.0.0.1:8001<td><td>UP<td><td>2026-11-22T",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&quot;&gt;&lt;img src=x&gt;",
        "<td>js<td>",
        "<a href=\"https://h/?a=1&amp;b=&quot;&#39;&gt;\" rel=\"noreferrer\">link</a>",
        "<td>a\u{fffd}b<td><span class=\"bad\">UNKNOWN</span><td><span class=\"bad\">DOWN</span>",
        "<th colspan=\"7\">A: <span class=\"bad\">UNKNOWN</span> (1), UP (7)",
    ] {
        assert!(text.contains(shown), "{shown} is not in {text}");
    }
    assert!(!text.contains("javascript:") && !text.contains("<img"));
    assert!(text.len() < 20_000, "a long value is cut");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_leases_are_remembered_up_to_a_limit() {
    let rig = Rig::start(RegistryConfig::stock(), START_MS).await;
    assert_eq!(page(&rig, "/lastn").await.matches("None since start-up.").count(), 2);
    rig.register("A", "<one>", json!({})).await;
    rig.advance_ms(1_000).await;
    rig.delete("/eureka/apps/A/%3Cone%3E").await;
    let text = page(&rig, "/lastn/").await;
    assert_eq!(text.matches("All 1 since start-up.").count(), 2);
    assert!(text.contains("<td>2026-11-22T03:12:00.000+00:00<td>A(&lt;one&gt;)"), "registered: {text}");
    assert!(text.contains("<td>2026-11-22T03:12:01.000+00:00<td>A(&lt;one&gt;)"), "cancelled: {text}");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_says_where_it_runs_and_how_it_stands() {
    let deployment =
        Deployment { environment: "prod & more".to_owned(), datacenter: "fra-1".to_owned(), ..Deployment::stock() };
    let rig = Rig::start(RegistryConfig { deployment, ..RegistryConfig::stock() }, START_MS).await;
    let text = page(&rig, "/").await;
    for fact in ["<td>Environment<td>prod &amp; more", "<td>Data center<td>fra-1", "<td>Renews threshold<td>1"] {
        assert!(text.contains(fact), "{fact} is not in {text}");
    }
    assert!(!text.contains("<p class="), "an empty registry is no emergency: {text}");
    for id in ["1", "2", "3"] {
        rig.register("A", id, json!({"leaseInfo": {"durationInSecs": 200}})).await;
    }
    rig.advance_ms(5_000).await;
    assert!(page(&rig, "/").await.contains("just started"));
    rig.advance_ms(145_000).await;
    assert!(page(&rig, "/").await.contains("Every instance below has renewed in time"));
    rig.advance_ms(100_000).await;
    let text = page(&rig, "/lastn").await;
    assert!(text.contains("EMERGENCY: 3 of 3 instances"), "{text}");
    assert!(text.contains("0 renewals came in the last minute; for leases to end it must be more than 6."), "{text}");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_renewal_and_the_end_of_the_lease_are_shown_in_both_modes() {
    for (lease_duration, ends) in [(LeaseDuration::Exact, "03:13:35"), (LeaseDuration::Netflix, "03:15:05")] {
        let rig = Rig::start(RegistryConfig { lease_duration, ..RegistryConfig::stock() }, START_MS).await;
        rig.register("A", "1", json!({"leaseInfo": {"durationInSecs": 90}})).await;
        rig.advance_ms(5_000).await;
        assert_eq!(rig.put("/eureka/apps/A/1").await.status, 200);
        let text = page(&rig, "/").await;
        let times = format!("<td>2026-11-22T03:12:05.000+00:00<td>2026-11-22T{ends}.000+00:00");
        assert!(text.contains(&times), "{times} is not in {text}");
        assert!(text.contains("<p>1 instance of 1 application.</p>"), "{text}");
        rig.stop().await;
    }
}
