//! Registers, renews, leaves, joins again.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use eurus_service::Clock;
use serde_json::json;

use crate::Failure;
use crate::gateway_proof::settings::APP;
use crate::producer::registration;

const RENEW_EVERY_MS: i64 = 1_000;
/// A lease that is not renewed ends soon: who has crashed for longer is evicted.
const LEASE_S: u32 = 3;
const CALL_WITHIN: Duration = Duration::from_secs(2);

/// See the module.
pub(super) struct Registered {
    is_wanted: Arc<AtomicBool>,
    renew: Arc<tokio::sync::Notify>,
}

struct Renewal {
    http: reqwest::Client,
    /// `http://host:port/eureka/`.
    registry: String,
    at: SocketAddr,
    is_http2: bool,
    clock: Clock,
}

impl Registered {
    pub(super) fn start(at: SocketAddr, registry: &str, is_http2: bool, clock: Clock) -> Result<Self, Failure> {
        let http = reqwest::Client::builder().no_proxy().timeout(CALL_WITHIN).build()?;
        let is_wanted = Arc::new(AtomicBool::new(true));
        let renew = Arc::new(tokio::sync::Notify::new());
        let renewal = Renewal { http, registry: registry.to_owned(), at, is_http2, clock };
        tokio::spawn(renewal.go_on(Arc::clone(&is_wanted), Arc::clone(&renew)));
        Ok(Self { is_wanted, renew })
    }

    pub(super) fn leave(&self) {
        self.is_wanted.store(false, Ordering::SeqCst);
        self.renew.notify_one();
    }

    pub(super) fn join(&self) {
        self.is_wanted.store(true, Ordering::SeqCst);
        self.renew.notify_one();
    }
}

impl Renewal {
    fn instance_id(&self) -> String {
        format!("{}:{}:{}", self.at.ip(), APP.to_lowercase(), self.at.port())
    }

    async fn go_on(self, is_wanted: Arc<AtomicBool>, renew: Arc<tokio::sync::Notify>) {
        let mut timer = self.clock.timer("renewal");
        let url = format!("{}apps/{APP}/{}", self.registry, self.instance_id());
        loop {
            // A registry that does not answer is asked again at the next turn.
            if !is_wanted.load(Ordering::SeqCst) {
                drop(self.http.delete(&url).send().await);
            } else if !self.http.put(format!("{url}?status=UP")).send().await.is_ok_and(|answer| answer.status() == 200)
            {
                drop(self.register().await);
            }
            tokio::select! {
                () = timer.sleep_ms(RENEW_EVERY_MS) => {}
                () = renew.notified() => {}
            }
        }
    }

    async fn register(&self) -> Result<(), Failure> {
        let mut body = registration(APP, &self.instance_id(), self.at, self.clock.now_ms());
        body["instance"]["leaseInfo"] = json!({"renewalIntervalInSecs": 1, "durationInSecs": LEASE_S});
        if self.is_http2 {
            body["instance"]["metadata"]["eurus.protocol"] = json!("http2");
        }
        self.http.post(format!("{}apps/{APP}", self.registry)).json(&body).send().await?;
        Ok(())
    }
}
