//! Orders to a sync-speed.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::super::history::{Happening, OrderKind};
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
    /// Asks, and lets time pass while the answer waits for something that takes time; gives what was answered, in words
    /// of which the first is the state.
    pub(super) async fn order(
        &mut self,
        kind: OrderKind,
        name: &str,
        by: &str,
        force: bool,
    ) -> Result<Option<String>, Failure> {
        let instance = self.world.instance(name)?;
        let address = instance.address.ok_or_else(|| Failure::new(format!("{name} has not started yet")))?;
        let body = json!({
            "ip": address.ip(), "app": instance.app(), "port": address.port(), "instanceId": instance.id, "force": force
        });
        let found = self.world.sync_speeds.iter().find(|one| one.part.name == by);
        let sync_speed = found.ok_or_else(|| Failure::new(format!("there is no sync-speed {by}")))?;
        let what = if kind == OrderKind::Offline { "offline" } else { "online" };
        let request = self.world.stack.http.post(format!("{}/{what}", sync_speed.url())).json(&body);
        let request = request.timeout(ANSWERED_WITHIN);
        let waits_for = WaitsFor::sync_speed(&sync_speed.faults);
        if kind == OrderKind::Online {
            // What an offline promised ends when somebody asks for the opposite, not when that is done.
            self.note(Happening::Ordered { kind, instance: name.to_owned(), state: "asked".to_owned() });
        }
        let meanwhile = self.load_meanwhile()?;
        let asked: JoinHandle<Answer> = tokio::spawn(async move {
            let Ok(answer) = request.send().await else { return Ok(None) };
            let status = answer.status().as_u16();
            // Broken off: it may have been carried out or not.
            let Ok(bytes) = answer.bytes().await else { return Ok(None) };
            Ok(Some((status, serde_json::from_slice(&bytes)?)))
        });
        let answer = self.answer_of(asked, waits_for).await.flatten();
        self.fence(name).await?;
        self.note_begun();
        let Some((status, body)) = answer? else {
            self.end_meanwhile(meanwhile).await?;
            return Ok(Some(NO_ANSWER.to_owned()));
        };
        let state = body["state"].as_str().map_or_else(|| status.to_string(), ToOwned::to_owned);
        let detail = body["error"].as_str().or_else(|| body["note"].as_str());
        self.note(Happening::Ordered { kind, instance: name.to_owned(), state: state.clone() });
        if let ("done" | "partial", Some(id)) = (state.as_str(), body["id"].as_str()) {
            let (sync_speed, id, state) = (by.to_owned(), id.to_owned(), state.clone());
            self.acknowledged.push(Acknowledged { sync_speed, id, state });
        }
        if let (OrderKind::Offline, "partial", Some(id)) = (kind, state.as_str(), body["id"].as_str()) {
            let (instance, sync_speed, id) = (name.to_owned(), by.to_owned(), id.to_owned());
            self.unfinished.push(Unfinished { instance, sync_speed, id });
        }
        self.end_meanwhile(meanwhile).await?;
        Ok(Some(detail.map_or_else(|| state.clone(), |detail| format!("{state} ({detail})"))))
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
