//! Which layer saw a change of status when: asked of each by its public API, every few milliseconds.

use std::fmt;

use eurus_service::{Clock, Timer};
use serde_json::Value;

/// How often each layer is asked: the resolution of the figures.
pub(super) const EVERY_MS: i64 = 2;

/// Where an instance's status can be seen, in the order in which a change travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layer {
    /// The registry's own record.
    Registry,
    /// What the registry answers to clients: its read-only cache.
    ReadOnlyCache,
    /// The gateway's list for balancing.
    Gateway,
}

/// All layers, in order.
pub(super) const LAYERS: [Layer; 3] = [Layer::Registry, Layer::ReadOnlyCache, Layer::Gateway];

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Registry => "registry, own record",
            Self::ReadOnlyCache => "registry, read-only cache",
            Self::Gateway => "gateway, balancer's list",
        })
    }
}

/// Asks the layers about one instance.
pub(super) struct Watch {
    pub(super) http: reqwest::Client,
    pub(super) registry: String,
    pub(super) gateway_admin: String,
    pub(super) app: String,
    pub(super) instance_id: String,
    pub(super) clock: Clock,
}

/// When each layer first showed what was waited for, microseconds; in the order of [`LAYERS`].
pub(super) type Seen = [Option<i64>; LAYERS.len()];

impl Watch {
    /// Asks until every layer shows the status, or until `until_ms`.
    pub(super) async fn until(&self, status: &str, until_ms: i64) -> Seen {
        let mut timer: Timer = self.clock.timer("watch");
        let mut seen: Seen = [None; LAYERS.len()];
        while seen.iter().any(Option::is_none) && self.clock.now_ms() < until_ms {
            for (place, layer) in LAYERS.iter().enumerate() {
                if seen[place].is_none() && self.status(*layer).await.as_deref() == Some(status) {
                    seen[place] = Some(self.clock.now_us());
                }
            }
            timer.sleep_ms(EVERY_MS).await;
        }
        seen
    }

    /// Asks each layer once: a read-only cache fills on the first read and only lags from then on.
    pub(super) async fn warm(&self) {
        for layer in LAYERS {
            self.status(layer).await;
        }
    }

    async fn status(&self, layer: Layer) -> Option<String> {
        let (app, id) = (&self.app, &self.instance_id);
        let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
        match layer {
            Layer::Registry => {
                let answer = self.get(format!("{}apps/{app}/{id}", self.registry)).await?;
                text(&answer["instance"]["status"])
            }
            Layer::ReadOnlyCache => {
                let answer = self.get(format!("{}apps/{app}", self.registry)).await?;
                let instances = answer["application"]["instance"].as_array()?;
                text(&instances.iter().find(|instance| instance["instanceId"] == **id)?["status"])
            }
            Layer::Gateway => {
                let answer = self.get(format!("{}/services", self.gateway_admin)).await?;
                let services = answer["services"].as_array()?;
                let instances = services.iter().find(|service| service["name"] == **app)?["instances"].as_array()?;
                text(&instances.iter().find(|instance| instance["instanceId"] == **id)?["status"])
            }
        }
    }

    async fn get(&self, url: String) -> Option<Value> {
        self.http.get(url).header("accept", "application/json").send().await.ok()?.json().await.ok()
    }
}
