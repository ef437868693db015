//! This process's own entry in the registry.

use eurus_model::InstanceInfo;
use eurus_service::faults::Way;
use eurus_service::{Clock, Faults};
use parking_lot::Mutex;

use crate::error::ClientError;
use crate::points;
use crate::reach::{Away, Reach};
use crate::registries::{Heartbeat, Registries};

/// How the registration stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationHealth {
    /// The last register or heartbeat that was accepted, epoch milliseconds; `None` before the first.
    pub last_accepted_ms: Option<i64>,
    /// The row of failures, while it lasts.
    pub away: Option<Away>,
    /// The last time that a registry that had known this instance did not know it any more.
    pub forgotten: Option<Forgotten>,
}

/// A registry answered a heartbeat with 404: it has restarted empty, another one is asked, or the lease had ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forgotten {
    /// The last register or heartbeat that was accepted before.
    pub known_until_ms: i64,
    /// When the 404 came.
    pub noticed_ms: i64,
}

/// What is registered, and whether it is.
pub(crate) struct Registration {
    clock: Clock,
    faults: Faults,
    state: Mutex<State>,
    /// Held over a whole heartbeat: the loop's, or one that somebody asks for.
    turn: tokio::sync::Mutex<()>,
}

struct State {
    instance: InstanceInfo,
    registered: bool,
    /// A register may have reached the registry, answered or not: there is something to cancel.
    ever_sent: bool,
    last_accepted_ms: Option<i64>,
    forgotten: Option<Forgotten>,
    reach: Reach,
}

impl Registration {
    pub(crate) fn new(mut instance: InstanceInfo, clock: Clock, faults: Faults) -> Self {
        instance.last_dirty_ms = clock.now_ms();
        instance.last_updated_ms = instance.last_dirty_ms;
        Self {
            clock,
            faults,
            turn: tokio::sync::Mutex::default(),
            state: Mutex::new(State {
                instance,
                registered: false,
                ever_sent: false,
                last_accepted_ms: None,
                forgotten: None,
                reach: Reach::default(),
            }),
        }
    }

    pub(crate) fn health(&self) -> RegistrationHealth {
        let state = self.state.lock();
        RegistrationHealth {
            last_accepted_ms: state.last_accepted_ms,
            away: state.reach.away().cloned(),
            forgotten: state.forgotten,
        }
    }

    /// One turn of the loop: a heartbeat, or a register where the registry does not know us.
    pub(crate) async fn renew(&self, registries: &Registries) -> Result<(), ClientError> {
        let _turn = self.turn.lock().await;
        let outcome = self.renew_unnoted(registries).await;
        let now_ms = self.clock.now_ms();
        let mut state = self.state.lock();
        match &outcome {
            Ok(()) => {
                state.last_accepted_ms = Some(now_ms);
                state.reach.succeeded(now_ms, "registration");
            }
            Err(error) => {
                let consequence = if state.registered {
                    "Until it is back the registry shows this instance only as long as its lease lasts"
                } else {
                    "Others do not find this instance until it is registered"
                };
                state.reach.failed(now_ms, error, consequence);
            }
        }
        outcome
    }

    async fn renew_unnoted(&self, registries: &Registries) -> Result<(), ClientError> {
        let (instance, registered) = {
            let state = self.state.lock();
            (state.instance.clone(), state.registered)
        };
        if self.faults.pass(&points::HEARTBEAT, &instance.instance_id).await == Way::Fails {
            return Err(ClientError::injected("heartbeat"));
        }
        if !registered {
            return self.register(registries, &instance).await;
        }
        let (app, id) = (&instance.app, &instance.instance_id);
        match registries.heartbeat(app, id, instance.status, instance.last_dirty_ms).await? {
            Heartbeat::Renewed => Ok(()),
            Heartbeat::NotFound => {
                log::warn!("{} does not know {app}/{id}: registering again", registries.current_url());
                let instance = self.make_dirty();
                self.register(registries, &instance).await
            }
        }
    }

    async fn register(&self, registries: &Registries, instance: &InstanceInfo) -> Result<(), ClientError> {
        self.state.lock().ever_sent = true;
        registries.register(instance).await?;
        self.state.lock().registered = true;
        log::info!("registered {}/{} at {}", instance.app, instance.instance_id, registries.current_url());
        Ok(())
    }

    /// Newer than before, so that a registry that holds an older state of us takes this one.
    fn make_dirty(&self) -> InstanceInfo {
        let mut state = self.state.lock();
        state.registered = false;
        let noticed_ms = self.clock.now_ms();
        state.forgotten = state.last_accepted_ms.map(|known_until_ms| Forgotten { known_until_ms, noticed_ms });
        state.instance.last_dirty_ms = self.clock.now_ms().max(state.instance.last_dirty_ms + 1);
        state.instance.last_updated_ms = state.instance.last_dirty_ms;
        state.instance.clone()
    }

    /// Takes the entry out, if one may be there.
    pub(crate) async fn cancel(&self, registries: &Registries) -> Result<(), ClientError> {
        let (app, id, ever_sent) = {
            let state = self.state.lock();
            (state.instance.app.clone(), state.instance.instance_id.clone(), state.ever_sent)
        };
        if !ever_sent {
            return Ok(());
        }
        registries.cancel(&app, &id).await?;
        self.state.lock().registered = false;
        log::info!("{app}/{id} is taken out of {}", registries.current_url());
        Ok(())
    }
}
