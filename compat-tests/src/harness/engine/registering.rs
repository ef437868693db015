//! What instances say to their registries, as Netflix's client says it.

use eurus_service::Clock;

use super::super::history::Happening;
use super::super::layer::Layer;
use super::{Engine, Task};
use crate::Failure;

/// What one registry says to another.
const REPLICATION_HEADER: &str = "x-netflix-discovery-replication";

impl Engine {
    pub(super) async fn start_instance(&mut self, name: &str) -> Result<(), Failure> {
        let clock = self.world.stack.clock.clone();
        let now_ms = self.world.now_ms();
        let instance = self.world.instance(name)?;
        Failure::unless(instance.producer.is_none(), || format!("{name} runs already"))?;
        instance.start(&clock)?;
        let (id, heartbeat_ms) = (instance.id.clone(), instance.part.heartbeat_ms);
        let was_beating = std::mem::replace(&mut instance.is_beating, heartbeat_ms.is_some());
        self.world.names.insert(id, name.to_owned());
        self.register(name).await?;
        if let Some(heartbeat_ms) = heartbeat_ms.filter(|_| !was_beating) {
            self.agenda.retain(|_, task| !matches!(task, Task::Beat(other) if other == name));
            self.plan(now_ms + heartbeat_ms, Task::Beat(name.to_owned()));
        }
        Ok(())
    }

    /// A heartbeat that is due by its interval, and the next one.
    pub(super) async fn beat(&mut self, name: &str) -> Result<(), Failure> {
        let now_ms = self.world.now_ms();
        let instance = self.world.instance(name)?;
        let Some(heartbeat_ms) = instance.part.heartbeat_ms.filter(|_| instance.is_beating) else { return Ok(()) };
        let status = instance.own_status.clone();
        self.plan(now_ms + heartbeat_ms, Task::Beat(name.to_owned()));
        self.heartbeat(name, &status, true).await
    }

    /// Registers at the first of its registries that answers.
    pub(super) async fn register(&mut self, name: &str) -> Result<(), Failure> {
        let clock = self.world.stack.clock.clone();
        let instance = self.world.instance(name)?;
        let (body, app) = (instance.registration(&clock), instance.app());
        for registry in self.registries_of(name)? {
            let url = format!("{}apps/{app}", self.url_of(&registry)?);
            let is_new = self.timeline.shown(&registry, Layer::Store, name).is_none();
            let request = self.world.stack.http.post(&url).json(&body);
            match self.call(&registry, request).await? {
                Some(204) => {
                    self.uses(name, &registry)?;
                    let instance = self.world.instance(name)?;
                    instance.registered_dirty_ms = instance.dirty_ms;
                    self.note(Happening::Registered { registry, instance: name.to_owned(), is_new });
                    return Ok(());
                }
                Some(status) => return Err(Failure::new(format!("POST {url} answered {status}"))),
                // It is away: the next one.
                None => {}
            }
        }
        Ok(())
    }

    /// One heartbeat. With `as_client` a 404 is answered by registering again.
    pub(super) async fn heartbeat(&mut self, name: &str, status: &str, as_client: bool) -> Result<(), Failure> {
        let instance = self.world.instance(name)?;
        let (app, id, dirty_ms) = (instance.app(), instance.id.clone(), instance.dirty_ms);
        let lease_ms = instance.part.lease_ms;
        let is_ahead = dirty_ms > instance.registered_dirty_ms;
        for registry in self.registries_of(name)? {
            let url =
                format!("{}apps/{app}/{id}?status={status}&lastDirtyTimestamp={dirty_ms}", self.url_of(&registry)?);
            let instance = name.to_owned();
            let request = self.world.stack.http.put(&url);
            match self.call(&registry, request).await? {
                Some(200) => {
                    self.uses(name, &registry)?;
                    self.note(Happening::Renewed { registry, instance });
                    return Ok(());
                }
                Some(404) => {
                    self.uses(name, &registry)?;
                    // What has changed and was not taken in is asked for by a 404 too: then nothing is lost.
                    if !is_ahead {
                        self.note(Happening::Unknown { registry, instance, lease_ms });
                    }
                    if as_client {
                        let now_ms = self.world.stack.clock.now_ms();
                        let instance = self.world.instance(name)?;
                        instance.dirty_ms = now_ms + instance.part.ahead_ms;
                        self.register(name).await?;
                    }
                    return Ok(());
                }
                Some(status) => return Err(Failure::new(format!("PUT {url} answered {status}"))),
                None => {}
            }
        }
        Ok(())
    }

    /// Another registry hands on, late, what the instance said when it last registered. No promise comes of it.
    pub(super) async fn hand_on(&mut self, name: &str) -> Result<(), Failure> {
        let (registry, _) = self.place_at_registry(name)?;
        let clock = self.clock();
        let instance = self.world.instance(name)?;
        let (body, app) = (instance.registration(&clock), instance.app());
        let url = format!("{}apps/{app}", self.url_of(&registry)?);
        let request = self.world.stack.http.post(&url).json(&body).header(REPLICATION_HEADER, "true");
        let status = self.call(&registry, request).await?;
        Failure::unless(matches!(status, Some(204) | None), || format!("POST {url} answered {status:?}"))
    }

    /// Deregisters at the registry in use.
    pub(super) async fn cancel(&mut self, name: &str) -> Result<(), Failure> {
        self.world.instance(name)?.is_beating = false;
        let (registry, path) = self.place_at_registry(name)?;
        let url = format!("{}apps/{path}", self.url_of(&registry)?);
        let request = self.world.stack.http.delete(&url);
        let status = self.call(&registry, request).await?;
        // Without an answer it may have been carried out: nothing can be expected of it any more.
        Failure::unless(matches!(status, Some(200 | 404) | None), || format!("DELETE {url} answered {status:?}"))?;
        self.note(Happening::Cancelled { registry, instance: name.to_owned() });
        Ok(())
    }

    /// Somebody sets or removes an override, past sync-speed.
    pub(super) async fn set_status(&mut self, name: &str, status: Option<&str>) -> Result<(), Failure> {
        let (registry, path) = self.place_at_registry(name)?;
        let base = format!("{}apps/{path}/status", self.url_of(&registry)?);
        let http = &self.world.stack.http;
        let request = match status {
            Some(status) => http.put(format!("{base}?value={status}")),
            None => http.delete(format!("{base}?value=UP")),
        };
        let status = self.call(&registry, request).await?;
        Failure::unless(matches!(status, Some(200) | None), || format!("{base} answered {status:?}"))?;
        self.note(Happening::StatusSet { instance: name.to_owned() });
        Ok(())
    }

    /// The registry in use, and the instance's path there.
    fn place_at_registry(&mut self, name: &str) -> Result<(String, String), Failure> {
        let instance = self.world.instance(name)?;
        Failure::unless(!instance.id.is_empty(), || format!("{name} has not started yet"))?;
        let registry = instance.part.registries[instance.registry].clone();
        Ok((registry, format!("{}/{}", instance.app(), instance.id)))
    }

    /// The registries of an instance: the one in use first, then the others in their order.
    fn registries_of(&mut self, name: &str) -> Result<Vec<String>, Failure> {
        let instance = self.world.instance(name)?;
        let mut registries = instance.part.registries.clone();
        registries.rotate_left(instance.registry);
        Ok(registries)
    }

    fn uses(&mut self, name: &str, registry: &str) -> Result<(), Failure> {
        let instance = self.world.instance(name)?;
        instance.registry = instance.part.registries.iter().position(|one| one == registry).unwrap_or(0);
        Ok(())
    }

    fn url_of(&mut self, registry: &str) -> Result<String, Failure> {
        Ok(self.world.registry(registry)?.url())
    }

    /// The clock that everybody starts from.
    pub(super) fn clock(&self) -> Clock {
        self.world.stack.clock.clone()
    }
}
