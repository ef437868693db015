//! Trouble, for one instance after the other, until the time is over.

use std::collections::BTreeMap;

use eurus_service::Clock;
use eurus_service::clock::Timer;
use futures_util::future::try_join_all;
use tokio::sync::Mutex;

use super::fate::{Deck, Event, Fate};
use super::fleet::Fleet;
use super::ledger::Ledger;
use super::settings::Settings;
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
    fleet: &'a Mutex<Fleet>,
    ledger: Ledger,
    clock: Clock,
    timer: Timer,
    deck: Deck,
}

/// How often each trouble came.
pub(super) type Times = BTreeMap<&'static str, u64>;

/// As many troubles at a time as the settings say, each among instances of its own.
///
/// # Errors
/// An instance that ends, or does not start.
pub(super) async fn disturb(
    settings: &Settings,
    fleet: &Mutex<Fleet>,
    ledger: &Ledger,
    clock: &Clock,
    until_ms: i64,
) -> Result<Times, Failure> {
    let of_places = (0..settings.at_once).map(|place| async move {
        let mut disturber = Disturber::new(settings, place, fleet, ledger.clone(), clock);
        disturber.disturb(until_ms).await
    });
    let mut all = Times::new();
    for (fate, times) in try_join_all(of_places).await?.into_iter().flatten() {
        *all.entry(fate).or_default() += times;
    }
    Ok(all)
}

impl<'a> Disturber<'a> {
    fn new(settings: &'a Settings, place: usize, fleet: &'a Mutex<Fleet>, ledger: Ledger, clock: &Clock) -> Self {
        let timer = clock.timer("disturber");
        let instances = (0..settings.instances).filter(|instance| instance % settings.at_once == place).collect();
        // Seeds of neighbours begin alike.
        let seed = settings.seed.rotate_left(32) ^ place as u64;
        let deck = Deck::new(seed, instances, &settings.fates);
        Self { settings, fleet, ledger, clock: clock.clone(), timer, deck }
    }

    async fn disturb(&mut self, until_ms: i64) -> Result<Times, Failure> {
        let mut times = Times::new();
        self.timer.sleep_ms(GAP_MS).await;
        while self.clock.now_ms() < until_ms {
            let event = self.deck.draw(self.settings.is_brief);
            let began_ms = self.clock.now_ms();
            self.carry_out(event).await?;
            let Event { instance, fate, .. } = event;
            let ended_ms = self.clock.now_ms();
            self.ledger.say(&format!("{fate:?} of instance {instance}: from {began_ms} to {ended_ms}"));
            *times.entry(event.fate.word()).or_default() += 1;
            self.fleet.lock().await.all_run()?;
            // Whoever waited for it is tried again elsewhere, where nothing more may be wrong then.
            let rest_ms = if event.fate.holds_requests_up() { self.settings.response_timeout_ms } else { 0 };
            self.timer.sleep_ms(GAP_MS + rest_ms).await;
        }
        Ok(times)
    }

    async fn carry_out(&mut self, event: Event) -> Result<(), Failure> {
        let Event { instance, fate, lasts_ms } = event;
        if !matches!(fate, Fate::Leave | Fate::Bounce) {
            self.ledger.troubles.begin(instance, fate, self.clock.now_ms());
        }
        match fate {
            Fate::Crash => {
                self.fleet.lock().await.kill(instance)?;
                self.timer.sleep_ms(lasts_ms).await;
                self.fleet.lock().await.start_one(instance).await?;
            }
            Fate::Hang => {
                self.fleet.lock().await.stand_still(instance, true)?;
                self.timer.sleep_ms(lasts_ms).await;
                self.fleet.lock().await.stand_still(instance, false)?;
            }
            Fate::Leave => self.leave(instance, lasts_ms).await?,
            Fate::Bounce => {
                self.fleet.lock().await.say(instance, "leave")?;
                self.timer.sleep_ms(lasts_ms).await;
                self.fleet.lock().await.say(instance, "join")?;
            }
            _ => {
                self.fleet.lock().await.say(instance, fate.word())?;
                self.timer.sleep_ms(lasts_ms).await;
                self.fleet.lock().await.say(instance, "well")?;
            }
        }
        self.ledger.troubles.end(instance, self.clock.now_ms());
        Ok(())
    }

    /// As an orderly stop is: out of the registry, until gateways know; then what is under way ends, or is cut off.
    async fn leave(&mut self, instance: usize, lasts_ms: i64) -> Result<(), Failure> {
        self.fleet.lock().await.say(instance, "leave")?;
        self.timer.sleep_ms(KNOWN_AFTER_MS).await;
        self.ledger.troubles.begin(instance, Fate::Leave, self.clock.now_ms());
        self.fleet.lock().await.exit(instance)?;
        let mut patience = Patience::new(&self.clock, EXITS_WITHIN_MS);
        while !self.fleet.lock().await.has_ended(instance)? {
            patience.wait("an instance that was told to exit ends").await?;
        }
        self.fleet.lock().await.kill(instance)?;
        self.timer.sleep_ms(lasts_ms).await;
        self.fleet.lock().await.start_one(instance).await
    }
}
