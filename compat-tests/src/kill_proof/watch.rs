//! Looking again and again, while processes die and come back: at the journal, at the gateways' marks, at the instances.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use eurus_service::Clock;
use futures_util::future::join_all;

use super::agreement::disagreement;
use super::closed::Closed;
use super::cluster::Places;
use super::entry::{Entries, Entry};
use super::ledger::Ledger;
use super::numbers::{Marks, Numbers};
use super::shops::Shops;
use crate::Failure;
use crate::java::until::Patience;

/// How long an acknowledged request may take to be completed. A node that is dead loses what it works on after 15 s.
const COMPLETED_WITHIN_MS: i64 = 90_000;
/// How long it may take until all agree: caches, heartbeats, and what a registry forgot is asserted again.
const AGREED_WITHIN_MS: i64 = 90_000;
/// Between two looks: looking must not be all that the processes do.
const LOOK_PAUSE_MS: i64 = 80;
/// Entries of one look, and of the one that closes a round.
const NEWEST: usize = 40;
const NEWEST_MAX: usize = 200;

pub(super) struct Watch {
    pub(super) places: Arc<Places>,
    pub(super) shops: Shops,
    pub(super) http: reqwest::Client,
    pub(super) clock: Clock,
    pub(super) ledger: Ledger,
    pub(super) closed: Closed,
    pub(super) numbers: Numbers,
    /// Whether what is acknowledged now is an offline that nobody has asked the way back of.
    pub(super) is_closing: bool,
}

impl Watch {
    /// Looks until an entry is final.
    ///
    /// # Errors
    /// When it takes too long.
    pub(super) async fn until_final(&mut self, id: &str) -> Result<Entry, Failure> {
        let mut patience = Patience::new(&self.clock, COMPLETED_WITHIN_MS);
        loop {
            self.look(NEWEST).await?;
            let words = match self.entry(id).await {
                Ok(entry) if entry.is_final() => return Ok(entry),
                Ok(entry) => entry.in_words(),
                Err(failure) => failure.to_string(),
            };
            patience.wait(&format!("{id} is completed: {words}")).await?;
        }
    }

    /// Looks until no entry that was ever seen is open.
    ///
    /// # Errors
    /// When it takes too long, with one that is.
    pub(super) async fn until_none_is_open(&mut self) -> Result<(), Failure> {
        let mut patience = Patience::new(&self.clock, COMPLETED_WITHIN_MS);
        self.look_at_all().await?;
        loop {
            let Some(open) = self.ledger.open().pop() else { return Ok(()) };
            let words = match self.entry(&open).await {
                Ok(entry) => {
                    let words = entry.in_words();
                    self.take_in(entry).await?;
                    words
                }
                Err(failure) => failure.to_string(),
            };
            patience.wait(&format!("nothing is left open: {words}")).await?;
        }
    }

    /// Looks until every gateway shows what the registry says, and that is this status for all.
    ///
    /// # Errors
    /// When it takes too long, with who does not agree.
    pub(super) async fn until_agreed(&mut self, status: &str) -> Result<(), Failure> {
        let mut patience = Patience::new(&self.clock, AGREED_WITHIN_MS);
        loop {
            self.look(NEWEST).await?;
            let deaths = self.places.registry_deaths();
            let count = self.shops.all.len();
            let words = match disagreement(&self.places, &self.http, count, status).await {
                Ok(None) => {
                    self.closed.agreed(deaths);
                    return Ok(());
                }
                Ok(Some(words)) => words,
                Err(failure) => failure.to_string(),
            };
            patience.wait(&format!("all agree: {words}")).await?;
        }
    }

    /// One look, at as many entries as there may be.
    pub(super) async fn look_at_all(&mut self) -> Result<(), Failure> {
        self.look(NEWEST_MAX).await
    }

    /// One look at everything that answers.
    async fn look(&mut self, newest: usize) -> Result<(), Failure> {
        for entry in self.newest(newest).await {
            self.take_in(entry).await?;
        }
        self.look_at_marks().await;
        self.closed.look(self.places.registry_deaths(), &self.shops);
        self.clock.timer("watch").sleep_ms(LOOK_PAUSE_MS).await;
        Ok(())
    }

    async fn take_in(&mut self, entry: Entry) -> Result<(), Failure> {
        let deaths = self.places.registry_deaths();
        let offline = (entry.kind == "offline" && self.is_closing).then(|| entry.clone());
        if self.ledger.note(entry)
            && let Some(offline) = offline
        {
            for instance in offline.with_outcome("done") {
                self.closed.close(&instance.instance_id, deaths, (&self.shops, &self.http)).await?;
            }
        }
        Ok(())
    }

    /// Of the first sync-speed that answers; none where all are dead.
    async fn newest(&self, limit: usize) -> Vec<Entry> {
        for origin in self.places.awake() {
            if let Ok(entries) = self.ask::<Entries>(&format!("{origin}/offline?limit={limit}")).await {
                return entries.entries;
            }
        }
        Vec::new()
    }

    /// # Errors
    /// When no sync-speed answers, or none knows it.
    pub(super) async fn entry(&self, id: &str) -> Result<Entry, Failure> {
        let mut last = Failure::new("there is no sync-speed");
        for origin in self.places.awake() {
            match self.ask(&format!("{origin}/offline/{id}")).await {
                Ok(entry) => return Ok(entry),
                Err(failure) => last = failure,
            }
        }
        Err(last)
    }

    async fn look_at_marks(&mut self) {
        let watch = &*self;
        let looks = watch.places.gateways.iter().map(|(origin, deaths)| async move {
            let before = deaths.load(Ordering::SeqCst);
            let marks: Marks = watch.ask(&format!("{origin}/down-service-cache")).await.ok()?;
            (deaths.load(Ordering::SeqCst) == before).then_some((before, marks))
        });
        let looks = join_all(looks).await;
        for (gateway, look) in looks.into_iter().enumerate() {
            if let Some((life, marks)) = look {
                self.numbers.note(gateway, life, marks);
            }
        }
    }

    async fn ask<T: serde::de::DeserializeOwned>(&self, url: &str) -> Result<T, Failure> {
        let answer = self.http.get(url).send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        Failure::unless(status == 200, || format!("GET {url}: {status} {text}"))?;
        Ok(serde_json::from_str(&text)?)
    }

    /// All rules that were broken so far, in words.
    pub(super) fn violations(&self) -> Vec<String> {
        [&self.ledger.violations, &self.closed.violations, &self.numbers.violations]
            .into_iter()
            .flatten()
            .cloned()
            .collect()
    }
}
