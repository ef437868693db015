//! Orders to a sync-speed.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::super::history::{Happening, OrderKind};
use super::super::world::Instance;
use super::Engine;
use super::journal::Acknowledged;
use super::patience::WaitsFor;
use super::unfinished::Unfinished;
use crate::Failure;

/// What came of an order whose connection broke.
const NO_ANSWER: &str = "no-answer";
/// Real time after which an order's answer is not waited for any more: a node may stand still.
const ANSWERED_WITHIN: Duration = Duration::from_secs(120);

/// Status and body; `None`: the connection broke.
type Answer = Result<Option<(u16, Value)>, Failure>;

impl Engine {
    /// Asks for one instance; gives what was answered, in words of which the first is the state.
    pub(super) async fn order(
        &mut self,
        kind: OrderKind,
        name: &str,
        by: &str,
        force: bool,
    ) -> Result<Option<String>, Failure> {
        let instance = self.world.instance(name)?;
        let address = address_of(instance)?;
        let body = json!({
            "ip": address.ip(), "app": instance.app(), "port": address.port(), "instanceId": instance.id, "force": force
        });
        if kind == OrderKind::Online {
            // What an offline promised ends when somebody asks for the opposite, not when that is done.
            self.note(Happening::Ordered { kind, instance: name.to_owned(), state: "asked".to_owned() });
        }
        self.send_order(kind, name, by, &body).await
    }

    /// Asks for whoever has the address of an instance, as a platform does that knows no more.
    pub(super) async fn order_address(&mut self, name: &str, by: &str) -> Result<Option<String>, Failure> {
        let address = address_of(self.world.instance(name)?)?;
        self.send_order(OrderKind::Offline, name, by, &json!({"ip": address.ip()})).await
    }

    /// Asks, and lets time pass while the answer waits for something that takes time.
    async fn send_order(
        &mut self,
        kind: OrderKind,
        name: &str,
        by: &str,
        body: &Value,
    ) -> Result<Option<String>, Failure> {
        let found = self.world.sync_speeds.iter().find(|one| one.part.name == by);
        let sync_speed = found.ok_or_else(|| Failure::new(format!("there is no sync-speed {by}")))?;
        let what = if kind == OrderKind::Offline { "offline" } else { "online" };
        let request = self.world.stack.http.post(format!("{}/{what}", sync_speed.url())).json(body);
        let request = request.timeout(ANSWERED_WITHIN);
        let waits_for = WaitsFor::sync_speed(&sync_speed.faults);
        let meanwhile = self.load_meanwhile()?;
        let asked: JoinHandle<Answer> = tokio::spawn(async move {
            let Ok(answer) = request.send().await else { return Ok(None) };
            let status = answer.status().as_u16();
            // Broken off: it may have been carried out or not.
            let Ok(bytes) = answer.bytes().await else { return Ok(None) };
            Ok(Some((status, serde_json::from_slice(&bytes)?)))
        });
        let answer = self.answer_of(asked, waits_for).await.flatten()?;
        let words = self.note_answer(kind, name, by, answer).await?;
        self.end_meanwhile(meanwhile).await?;
        Ok(Some(words))
    }

    /// From here on what was answered is promised.
    async fn note_answer(
        &mut self,
        kind: OrderKind,
        name: &str,
        by: &str,
        answer: Option<(u16, Value)>,
    ) -> Result<String, Failure> {
        let Some((status, body)) = answer else {
            self.fence(name).await?;
            self.note_begun();
            return Ok(NO_ANSWER.to_owned());
        };
        let names = self.answered_about(name, &body);
        for name in &names {
            self.fence(name).await?;
        }
        self.note_begun();
        let state = body["state"].as_str().map_or_else(|| status.to_string(), ToOwned::to_owned);
        let id = body["id"].as_str().unwrap_or_default();
        for instance in names {
            self.note(Happening::Ordered { kind, instance: instance.clone(), state: state.clone() });
            if kind == OrderKind::Offline && state == "partial" {
                self.unfinished.push(Unfinished { instance, sync_speed: by.to_owned(), id: id.to_owned() });
            }
        }
        if matches!(state.as_str(), "done" | "partial") {
            let (sync_speed, id, state) = (by.to_owned(), id.to_owned(), state.clone());
            self.acknowledged.push(Acknowledged { sync_speed, id, state });
        }
        let detail = body["error"].as_str().or_else(|| body["note"].as_str());
        Ok(detail.map_or_else(|| state.clone(), |detail| format!("{state} ({detail})")))
    }

    /// The instances that an answer names; who was meant, where it names none.
    fn answered_about(&self, name: &str, body: &Value) -> Vec<String> {
        let listed = body["instances"].as_array().map_or(&[][..], Vec::as_slice);
        let named = listed.iter().filter_map(|one| self.world.names.get(one["instanceId"].as_str()?));
        let names: Vec<String> = named.cloned().collect();
        if names.is_empty() { vec![name.to_owned()] } else { names }
    }

    /// What had reached the instance before the answer has been noted when this returns.
    pub(super) async fn fence(&self, name: &str) -> Result<(), Failure> {
        let instance = self.world.instances.iter().find(|one| one.part.name == name);
        match instance.and_then(|instance| instance.producer.as_ref()) {
            Some(producer) => producer.fence(&self.world.stack.http).await,
            None => Ok(()),
        }
    }
}

fn address_of(instance: &Instance) -> Result<SocketAddr, Failure> {
    instance.address.ok_or_else(|| Failure::new(format!("{} has not started yet", instance.part.name)))
}
