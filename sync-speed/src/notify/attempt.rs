//! One attempt to tell one node: the call, and where its answer is no plain yes, what the journal and the registry
//! say about it.

use std::sync::Arc;

use eurus_client::EurekaClient;
use eurus_service::faults::Way;
use eurus_service::{Faults, Timer};

use super::batch::Call;
use super::gateway::{Failure, GatewayClient, Told};
use crate::entry::Ack;
use crate::points;
use crate::registration::Registration;
use crate::store::Store;

/// What an attempt asks.
#[derive(Clone)]
pub(super) struct Attempt {
    pub(super) gateways: GatewayClient,
    pub(super) client: Arc<EurekaClient>,
    pub(super) store: Store,
    pub(super) faults: Faults,
}

/// What an attempt came to.
pub(super) struct Answered {
    pub(super) id: u64,
    pub(super) answer: Result<Ack, Failure>,
    pub(super) at_us: i64,
    /// Kept for its life alone.
    pub(super) _timer: Timer,
}

impl Attempt {
    /// The acknowledgement, or why there is none.
    pub(super) async fn make(&self, call: &Call) -> Result<Ack, Failure> {
        match self.faults.pass(&points::GATEWAY_CALL, &call.node).await {
            Way::On => {}
            Way::Fails => return Err(Failure::Unreachable("made to fail by a fault plan".to_owned())),
            Way::Skips => return Ok(Ack::Applied),
        }
        let told = self.gateways.tell(&call.node, call.address, call.kind, &call.order).await;
        self.faults.pass(&points::GATEWAY_ANSWERED, &call.node).await;
        match told? {
            Told::Applied => Ok(Ack::Applied),
            Told::Superseded => self.superseded(call).await,
            Told::OtherRegistration { service_up_ms } => self.other_registration(call, service_up_ms).await,
        }
    }

    /// "Superseded" by what? Only an entry of this journal makes it an acknowledgement: a gateway that heard a higher
    /// number from elsewhere has not heard this order.
    async fn superseded(&self, call: &Call) -> Result<Ack, Failure> {
        let order = &call.order;
        match self.store.is_overruled(order.number, &order.application, &order.instance_id).await {
            Ok(true) => Ok(Ack::Superseded),
            Ok(false) => Err(Failure::Final(format!(
                "answered superseded, and there is no newer entry here for {}/{}: another sync-speed told it, or this \
                 one lost its database; ask again",
                order.application, order.instance_id
            ))),
            Err(error) => Err(Failure::Unclear(format!("answered superseded, by what is not known: {error}"))),
        }
    }

    /// The gateway's copy shows another life of the instance than the one that was meant: the registry decides.
    async fn other_registration(&self, call: &Call, seen_ms: Option<i64>) -> Result<Ack, Failure> {
        let order = &call.order;
        let seen = seen_ms.map_or_else(|| "not said".to_owned(), |seen_ms| seen_ms.to_string());
        match self.client.registries().instance(&order.application, &order.instance_id).await {
            Ok(Some(live)) if Registration::of(&live).is_newer_than(&order.registration) => {
                Ok(Ack::PassedOver("the instance has registered anew".to_owned()))
            }
            Ok(Some(_)) => Err(Failure::Rejected(format!(
                "gateway's copy shows another registration (serviceUpTimestamp {seen}) than the registry \
                 ({}); do both follow the same registry?",
                order.registration.service_up_ms
            ))),
            Ok(None) => Ok(Ack::PassedOver("the instance has left the registry".to_owned())),
            Err(error) => Err(Failure::Unclear(format!(
                "gateway's copy shows another registration (serviceUpTimestamp {seen}), and which one is right is not \
                 known: {error}"
            ))),
        }
    }
}
