//! Trouble, one instance at a time, until the time is over.

use std::collections::BTreeMap;

use eurus_service::Clock;
use eurus_service::clock::Timer;

use super::fate::{Deck, Event, Fate};
use super::fleet::Fleet;
use super::settings::Settings;
use super::trouble::Troubles;
use crate::Failure;
use crate::java::until::Patience;

/// Between two troubles: answers on their way end.
const GAP_MS: i64 = 400;
/// Who leaves goes on serving until every gateway knows: the registry's cache, a fetch, and room.
const KNOWN_AFTER_MS: i64 = 3_000;
/// Who was told to exit ends what is under way before.
const EXITS_WITHIN_MS: i64 = 10_000;

/// See the module.
pub(super) struct Disturber<'a> {
    settings: &'a Settings,
    fleet: &'a mut Fleet,
    troubles: Troubles,
    clock: Clock,
    timer: Timer,
    /// How often each came.
    pub(super) times: BTreeMap<&'static str, u64>,
}

impl<'a> Disturber<'a> {
    pub(super) fn new(settings: &'a Settings, fleet: &'a mut Fleet, troubles: Troubles, clock: &Clock) -> Self {
        let timer = clock.timer("disturber");
        Self { settings, fleet, troubles, clock: clock.clone(), timer, times: BTreeMap::new() }
    }

    /// # Errors
    /// An instance that ends, or does not start.
    pub(super) async fn disturb(&mut self, until_ms: i64) -> Result<(), Failure> {
        let mut deck = Deck::new(self.settings.seed, self.settings.instances, &self.settings.fates);
        self.timer.sleep_ms(GAP_MS).await;
        while self.clock.now_ms() < until_ms {
            let event = deck.draw(self.settings.is_brief);
            self.carry_out(event).await?;
            *self.times.entry(event.fate.word()).or_default() += 1;
            self.fleet.all_run()?;
            // Whoever waited for it is tried again elsewhere, where nothing may be wrong then.
            let rest_ms = if event.fate.holds_requests_up() { self.settings.response_timeout_ms } else { 0 };
            self.timer.sleep_ms(GAP_MS + rest_ms).await;
        }
        Ok(())
    }

    async fn carry_out(&mut self, event: Event) -> Result<(), Failure> {
        let Event { instance, fate, lasts_ms } = event;
        if !matches!(fate, Fate::Leave | Fate::Bounce) {
            self.troubles.begin(instance, fate, self.clock.now_ms());
        }
        match fate {
            Fate::Crash => {
                self.fleet.kill(instance)?;
                self.timer.sleep_ms(lasts_ms).await;
                self.fleet.start_one(instance).await?;
            }
            Fate::Hang => {
                self.fleet.stand_still(instance, true)?;
                self.timer.sleep_ms(lasts_ms).await;
                self.fleet.stand_still(instance, false)?;
            }
            Fate::Leave => self.leave(instance, lasts_ms).await?,
            Fate::Bounce => {
                self.fleet.say(instance, "leave")?;
                self.timer.sleep_ms(lasts_ms).await;
                self.fleet.say(instance, "join")?;
            }
            _ => {
                self.fleet.say(instance, fate.word())?;
                self.timer.sleep_ms(lasts_ms).await;
                self.fleet.say(instance, "well")?;
            }
        }
        self.troubles.end_all(self.clock.now_ms());
        Ok(())
    }

    /// As an orderly stop is: out of the registry, until gateways know; then what is under way ends, or is cut off.
    async fn leave(&mut self, instance: usize, lasts_ms: i64) -> Result<(), Failure> {
        self.fleet.say(instance, "leave")?;
        self.timer.sleep_ms(KNOWN_AFTER_MS).await;
        self.troubles.begin(instance, Fate::Leave, self.clock.now_ms());
        self.fleet.say(instance, "exit")?;
        let mut patience = Patience::new(&self.clock, EXITS_WITHIN_MS);
        while !self.fleet.has_ended(instance)? {
            patience.wait("an instance that was told to exit ends").await?;
        }
        self.fleet.kill(instance)?;
        self.timer.sleep_ms(lasts_ms).await;
        self.fleet.start_one(instance).await
    }
}
