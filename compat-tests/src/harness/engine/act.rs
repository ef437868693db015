//! Carries a step out.

use super::super::history::Happening;
use super::super::layer::Layer;
use super::super::scenario::{Action, CacheFault, LinkFault};
use super::Engine;
use super::patience::WaitsFor;
use crate::Failure;
use crate::link::Fault;
use eurus_registry::CacheLayer;

impl Engine {
    /// Does it; what came of it, where that is not plain.
    pub(super) async fn act(&mut self, action: &Action) -> Result<Option<String>, Failure> {
        match action {
            Action::Start(name) => self.start_instance(name).await?,
            Action::Crash(name) => self.world.instance(name)?.end().await,
            Action::Silence(name) => self.world.instance(name)?.is_beating = false,
            Action::Shutdown(name) => {
                self.cancel(name).await?;
                self.world.instance(name)?.end().await;
            }
            Action::Cancel(name) => self.cancel(name).await?,
            Action::Register(name, status) => {
                let clock = self.clock();
                let instance = self.world.instance(name)?;
                (!instance.id.is_empty()).then_some(()).ok_or_else(|| not_started(name))?;
                instance.own_status.clone_from(status);
                instance.dirty_ms = clock.now_ms() + instance.part.ahead_ms;
                self.register(name).await?;
            }
            Action::Heartbeat(name, status, as_client) => self.heartbeat(name, status, *as_client).await?,
            Action::StaleReplica(name) => self.hand_on(name).await?,
            Action::SetStatus(name, status) => self.set_status(name, Some(status)).await?,
            Action::RemoveStatus(name) => self.set_status(name, None).await?,
            Action::Offline(name, by, how) => return self.offline(name, by, how).await,
            Action::OfflineAddress(name, by) => return self.order_address(name, by).await,
            Action::Online(name, by) => return self.online(name, by).await,
            Action::Stop(node) => self.world.stop_node(node).await?,
            Action::Run(node) => self.run_again(node).await?,
            Action::Restart(node) => {
                self.world.stop_node(node).await?;
                self.look().await?;
                self.run_again(node).await?;
            }
            Action::Pause(_) | Action::Resume(_) => self.signal(action)?,
            Action::Kill(node) => self.world.kill_node(node).await?,
            Action::Fault(rule) => {
                let about_id = match &rule.about {
                    Some(name) => Some(self.world.id_of(name).ok_or_else(|| not_started(name))?),
                    None => None,
                };
                self.world.faults_of(&rule.node)?.add(rule.clone(), about_id);
            }
            Action::ClearFaults(node) => self.world.faults_of(node)?.clear(),
            Action::Cache(node, Layer::ClientCopy, fault) => return self.disturb_copy(node, *fault).await,
            Action::Cache(node, layer, fault) => self.disturb_cache(node, *layer, *fault).await?,
            Action::Link(link, LinkFault::DeliverAgain) => return self.deliver_again(link).await.map(Some),
            Action::Link(link, fault) => self.disturb_link(link, *fault)?,
        }
        Ok(None)
    }

    async fn run_again(&mut self, node: &str) -> Result<(), Failure> {
        let runs = self.world.running(node)?.is_up();
        Failure::unless(!runs, || format!("{node} runs already"))?;
        if self.world.start_node(node).await? {
            self.note(Happening::Emptied { registry: node.to_owned() });
        }
        Ok(())
    }

    async fn disturb_cache(&mut self, node: &str, layer: Layer, fault: CacheFault) -> Result<(), Failure> {
        match layer {
            Layer::ReadWrite | Layer::ReadOnly => self.disturb_registry(node, layer, fault),
            Layer::ServerList => {
                let place = self.world.callers.iter().position(|one| one.part.name == node);
                let place = place.ok_or_else(|| Failure::new(format!("there is no caller {node}")))?;
                match fault {
                    CacheFault::Refresh => self.copy_list(place).await?,
                    _ => self.world.callers[place].is_frozen = fault == CacheFault::Freeze,
                }
                Ok(())
            }
            Layer::Store | Layer::ClientCopy | Layer::Routable => Err(Failure::new(format!("{layer} is no cache"))),
        }
    }

    fn disturb_registry(&mut self, node: &str, layer: Layer, fault: CacheFault) -> Result<(), Failure> {
        let registry = self.world.registry(node)?;
        // A client that took in what such a cache says need not come to the registry's hash any more.
        registry.shadow = None;
        let cache = if layer == Layer::ReadWrite { CacheLayer::ReadWrite } else { CacheLayer::ReadOnly };
        let (access, now_ms) = (&registry.access, registry.now_ms());
        let is_running = match fault {
            CacheFault::Freeze => access.freeze(cache, true),
            CacheFault::Thaw => access.freeze(cache, false),
            CacheFault::Refresh => access.refresh(cache, now_ms),
            CacheFault::Remember => access.remember(cache, now_ms),
            CacheFault::PutBack => access.put_back(cache, now_ms),
            CacheFault::SpoilHash => access.spoil_hash(cache, now_ms),
        };
        Failure::unless(is_running, || format!("{node} does not run"))
    }

    /// Those who get it may take time; what they answer is nobody's business.
    async fn deliver_again(&mut self, name: &str) -> Result<String, Failure> {
        let again = self.world.link(name)?.deliver_again();
        let count = self.answer_of(tokio::spawn(again), WaitsFor::AnyPoint).await?;
        Ok(format!("{count} delivered again"))
    }

    pub(super) fn disturb_link(&mut self, name: &str, fault: LinkFault) -> Result<(), Failure> {
        let link = self.world.link(name)?;
        let set = match fault {
            LinkFault::Mend => Fault::None,
            LinkFault::Cut => Fault::Cut,
            LinkFault::Reset => Fault::Reset,
            LinkFault::Slow(bytes_per_second) => Fault::Slow(bytes_per_second),
            LinkFault::Hold => Fault::Held,
            LinkFault::Delay(delay_ms) => Fault::Delayed(delay_ms),
            LinkFault::Twice => Fault::Twice,
            // Nothing that lasts.
            LinkFault::DeliverAgain => return Ok(()),
            LinkFault::SpoilHash => Fault::WrongHash,
        };
        // Every path ends with nothing.
        link.set("", set);
        if fault == LinkFault::Mend {
            link.release();
        }
        Ok(())
    }
}

fn not_started(name: &str) -> Failure {
    Failure::new(format!("{name} has not started yet"))
}
