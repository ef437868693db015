//! Orders to a sync-speed.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::super::history::{Happening, OrderKind};
use super::Engine;
use crate::Failure;

/// Real time that an answer may take that needs no virtual time: where nothing is disturbed, and where a gateway may
/// be out of reach, so that sync-speed waits for its next try.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
const ANSWER_WITHIN_DISTURBED: Duration = Duration::from_millis(700);
/// Virtual time after which an order without an answer is given up.
const GIVEN_UP_AFTER_MS: i64 = 120_000;

type Answer = Result<(u16, Value), Failure>;

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
        if kind == OrderKind::Online {
            // What an offline promised ends when somebody asks for the opposite, not when that is done.
            self.note(Happening::Ordered { kind, instance: name.to_owned(), state: "asked".to_owned() });
        }
        let meanwhile = self.load_meanwhile()?;
        let asked = tokio::spawn(async move {
            let answer = request.send().await?;
            let (status, bytes) = (answer.status().as_u16(), answer.bytes().await?);
            Ok((status, serde_json::from_slice(&bytes)?))
        });
        let answer = self.answer_to(asked).await;
        self.fence(name).await?;
        self.note_begun();
        let (status, body) = answer?;
        let state = body["state"].as_str().map_or_else(|| status.to_string(), ToOwned::to_owned);
        let detail = body["error"].as_str().or_else(|| body["note"].as_str());
        self.note(Happening::Ordered { kind, instance: name.to_owned(), state: state.clone() });
        self.end_meanwhile(meanwhile).await;
        Ok(Some(detail.map_or_else(|| state.clone(), |detail| format!("{state} ({detail})"))))
    }

    async fn answer_to(&mut self, mut asked: JoinHandle<Answer>) -> Answer {
        let patience = if self.is_disturbed { ANSWER_WITHIN_DISTURBED } else { ANSWER_WITHIN };
        let began_ms = self.world.now_ms();
        loop {
            if let Ok(ended) = tokio::time::timeout(patience, &mut asked).await {
                return ended.map_err(|error| Failure::new(error.to_string()))?;
            }
            let now_ms = self.world.now_ms();
            Failure::unless(now_ms - began_ms < GIVEN_UP_AFTER_MS, || {
                format!("sync-speed had no answer after {GIVEN_UP_AFTER_MS} ms of virtual time")
            })?;
            let next_ms = self.world.hand.next_deadline_ms().map_or(now_ms, |at_ms| at_ms - self.world.began_ms);
            self.world.hand.advance_ms((next_ms - now_ms).max(1)).await?;
            self.look().await?;
        }
    }

    /// What had reached the instance before the answer has been noted when this returns.
    async fn fence(&self, name: &str) -> Result<(), Failure> {
        let instance = self.world.instances.iter().find(|one| one.part.name == name);
        match instance.and_then(|instance| instance.producer.as_ref()) {
            Some(producer) => producer.fence(&self.world.stack.http).await,
            None => Ok(()),
        }
    }
}
