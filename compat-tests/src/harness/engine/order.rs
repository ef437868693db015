//! Orders to a sync-speed.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::super::history::{Happening, OrderKind};
use super::super::scenario::How;
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

/// An order that is sent.
#[derive(Clone, Copy)]
struct Asked<'a> {
    kind: OrderKind,
    path: &'a str,
    name: &'a str,
    by: &'a str,
    /// When it ends by itself.
    until_ms: Option<i64>,
    /// A share that ends by itself does so some time after it was taken: only its sync-speed knows when.
    is_promised: bool,
}

impl Engine {
    /// Asks for one instance, or for its application share by share; gives what was answered, in words of which the
    /// first is the state.
    pub(super) async fn offline(&mut self, name: &str, by: &str, how: &How) -> Result<Option<String>, Failure> {
        let mut body = self.one(name)?;
        if let Some(percent) = how.rolling {
            body = json!({"app": body["app"], "rolling": {"percent": percent, "minUp": 0}});
        }
        body["force"] = json!(how.force);
        if let Some(after_ms) = how.expires_after_ms {
            body["expiresAfterMs"] = json!(after_ms);
        }
        let path = if how.is_not_awaited() { "offline?async=true" } else { "offline" };
        let until_ms = how.expires_after_ms.map(|after_ms| self.world.now_ms() + after_ms);
        let is_promised = how.rolling.is_none() || until_ms.is_none();
        if !is_promised {
            self.promise_nothing(&body["app"]);
        }
        // Its time may be over before its answer comes.
        let ending = until_ms.map(|until_ms| (until_ms, name.to_owned()));
        self.expiring.extend(ending);
        self.send_order(Asked { kind: OrderKind::Offline, path, name, by, until_ms, is_promised }, &body).await
    }

    /// The newest order counts, also about when it ends: all of an application may come back from now on.
    fn promise_nothing(&mut self, app: &Value) {
        let of_app = self.world.instances.iter().filter(|instance| *app == *instance.app());
        let names: Vec<String> = of_app.map(|instance| instance.part.name.clone()).collect();
        for name in names {
            self.note_asked_back(&name);
        }
    }

    /// What an offline promised ends when somebody asks for the opposite, not when that is done.
    fn note_asked_back(&mut self, name: &str) {
        let (kind, instance) = (OrderKind::Online, name.to_owned());
        self.note(Happening::Ordered { kind, instance, state: "asked".to_owned() });
    }

    /// Asks for the way back.
    pub(super) async fn online(&mut self, name: &str, by: &str) -> Result<Option<String>, Failure> {
        let body = self.one(name)?;
        self.note_asked_back(name);
        let (kind, path) = (OrderKind::Online, "online");
        self.send_order(Asked { kind, path, name, by, until_ms: None, is_promised: true }, &body).await
    }

    fn one(&mut self, name: &str) -> Result<Value, Failure> {
        let instance = self.world.instance(name)?;
        let address = address_of(instance)?;
        Ok(json!({"ip": address.ip(), "app": instance.app(), "port": address.port(), "instanceId": instance.id}))
    }

    /// Asks for whoever has the address of an instance, as a platform does that knows no more.
    pub(super) async fn order_address(&mut self, name: &str, by: &str) -> Result<Option<String>, Failure> {
        let address = address_of(self.world.instance(name)?)?;
        let (kind, path) = (OrderKind::Offline, "offline");
        let asked = Asked { kind, path, name, by, until_ms: None, is_promised: true };
        self.send_order(asked, &json!({"ip": address.ip()})).await
    }

    /// Asks, and lets time pass while the answer waits for something that takes time.
    async fn send_order(&mut self, order: Asked<'_>, body: &Value) -> Result<Option<String>, Failure> {
        let by = order.by;
        let found = self.world.sync_speeds.iter().find(|one| one.part.name == by);
        let sync_speed = found.ok_or_else(|| Failure::new(format!("there is no sync-speed {by}")))?;
        let request = self.world.stack.http.post(format!("{}/{}", sync_speed.url(), order.path)).json(body);
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
        let words = self.note_answer(&order, answer).await?;
        self.end_meanwhile(meanwhile).await?;
        Ok(Some(words))
    }

    /// From here on what was answered is promised.
    async fn note_answer(&mut self, order: &Asked<'_>, answer: Option<(u16, Value)>) -> Result<String, Failure> {
        let &Asked { kind, name, by, until_ms, .. } = order;
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
        if let Some(until_ms) = until_ms {
            // From here on what was answered says whether it ends.
            self.expiring.retain(|(other_ms, other)| (*other_ms, other.as_str()) != (until_ms, name));
        }
        let state = match body["state"].as_str() {
            // Nothing is promised yet, and it goes on.
            Some("recorded" | "rolling") => "partial".to_owned(),
            said => said.map_or_else(|| status.to_string(), ToOwned::to_owned),
        };
        let id = body["id"].as_str().unwrap_or_default();
        for instance in names {
            self.note(Happening::Ordered { kind, instance: instance.clone(), state: state.clone() });
            match (kind, state.as_str()) {
                (OrderKind::Offline, "partial" | "done") if !order.is_promised => {}
                (OrderKind::Offline, "partial") => {
                    let (sync_speed, id) = (by.to_owned(), id.to_owned());
                    if until_ms.is_some() {
                        // It ends by itself also where it has not reached everybody.
                        self.expires(&instance, until_ms);
                    }
                    self.unfinished.push(Unfinished { instance, sync_speed, id, until_ms });
                }
                (OrderKind::Offline, "done") => self.expires(&instance, until_ms),
                _ => {}
            }
        }
        // It may have ended before everybody had it.
        self.look_at_expiring();
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
