//! A password that is only known as a hash: compared once, and not as often as somebody guesses.

use super::rig::{Answer, Rig};
use super::{START_MS, config, send};

/// user:secret, user:guess
const RIGHT: &str = "Basic dXNlcjpzZWNyZXQ=";
const WRONG: &str = "Basic dXNlcjpndWVzcw==";
/// As many wrong ones are compared for one address in a row.
const GUESSES_MAX: usize = 10;

async fn hashed() -> Rig {
    let hash = bcrypt::hash("secret", 4).unwrap();
    Rig::start(config(&[("spring.security.user.password", &format!("{{bcrypt}}{hash}"))]), START_MS).await
}

/// A guess that nobody has made before, of this user's password.
async fn guess(rig: &Rig, user: &str, number: usize) -> Answer {
    use base64::Engine as _;
    let given = base64::engine::general_purpose::STANDARD.encode(format!("{user}:guess {number}"));
    send(rig, "GET", "/eureka/apps", Some(&format!("Basic {given}")), false).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hashed_password_is_accepted() {
    let rig = hashed().await;
    for (given, status) in [(WRONG, 401), (RIGHT, 200), (WRONG, 401)] {
        for _ in 0..20 {
            assert_eq!(send(&rig, "GET", "/eureka/apps", Some(given), false).await.status, status, "{given}");
        }
    }
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_are_throttled_and_hold_up_nobody_who_is_known() {
    // Whether a name is known shows neither in the answers nor in when they turn into 429.
    for user in ["user", "stranger"] {
        let rig = hashed().await;
        assert_eq!(send(&rig, "GET", "/eureka/apps", Some(RIGHT), false).await.status, 200);
        for number in 0..GUESSES_MAX {
            assert_eq!(guess(&rig, user, number).await.status, 401, "{user} {number}");
        }
        let refused = guess(&rig, user, 100).await;
        assert_eq!((refused.status, refused.header("retry-after")), (429, Some("6")), "{user}");
        assert!(refused.text().contains("too many wrong passwords"), "{}", refused.text());
        assert_eq!(guess(&rig, user, 0).await.status, 401, "compared before: known to be wrong");
        let heartbeat = send(&rig, "PUT", "/eureka/apps/A/one", Some("Basic eDp5"), false).await;
        assert!(heartbeat.status == 429 && heartbeat.body.is_empty(), "{heartbeat:?}");
        for _ in 0..3 {
            assert_eq!(send(&rig, "GET", "/eureka/apps", Some(RIGHT), false).await.status, 200, "known");
        }
        let metrics = send(&rig, "GET", "/metrics", Some(RIGHT), false).await.text();
        assert!(metrics.contains("eurus_registry_access_denials_total{reason=\"throttled\"} 2\n"), "{metrics}");
        rig.advance_ms(6_000).await;
        assert_eq!(guess(&rig, user, 101).await.status, 401, "the next is looked at");
        assert_eq!(guess(&rig, user, 102).await.status, 429);
        rig.stop().await;
    }
}
