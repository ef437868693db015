//! After a restart: entries that a stop left unfinished are finished.
//!
//! Whether the registry was asked before the stop is not known; setting a status twice is harmless, so it is asked
//! (again), unless a newer entry or a newer registration of the instance has come since.

use std::collections::BTreeSet;
use std::sync::Arc;

use eurus_service::{Shutdown, Timer};

use crate::downline::Downline;
use crate::entry::{Entry, EntryState, Step};
use crate::error::Refusal;
use crate::registration::Registration;

/// First wait before the registry is asked again, milliseconds; it doubles.
const RETRY_BASE_MS: i64 = 500;
/// Longest wait, milliseconds.
const RETRY_MAX_MS: i64 = 10_000;

/// Up to which age the registry is still asked, milliseconds. Eureka keeps an override for an hour: what was asked
/// before that would have ended by itself.
const ASK_WITHIN_MS: i64 = 3_600_000;

/// What such an entry says.
const TOO_OLD: &str = "interrupted by a stop more than an hour ago; whether the registry did it before is not known: \
     look at its status there, ask again if it is still wanted";

/// Finishes them, oldest first; ends when there is none left.
pub async fn finish_open_entries(downline: Arc<Downline>, open: Vec<Entry>, mut timer: Timer, shutdown: Shutdown) {
    if open.is_empty() {
        return;
    }
    log::warn!("{} entries were left unfinished by the last stop; they are finished now", open.len());
    let work = async {
        wait_for_a_copy(&downline, &mut timer).await;
        for entry in open {
            finish(&downline, entry, &mut timer).await;
        }
    };
    tokio::select! {
        () = work => {}
        () = shutdown.wait() => log::warn!("stopped before all unfinished entries were finished; the next start goes on"),
    }
}

/// Without a fetched copy every gateway would seem to have left.
async fn wait_for_a_copy(downline: &Downline, timer: &mut Timer) {
    let mut wait_ms = RETRY_BASE_MS;
    while let Err(error) = downline.client.refresh().await {
        log::warn!("unfinished entries wait for the registry, asked again in {wait_ms} ms: {error}");
        timer.sleep_ms(wait_ms).await;
        wait_ms = (wait_ms * 2).min(RETRY_MAX_MS);
    }
}

async fn finish(downline: &Downline, entry: Entry, timer: &mut Timer) {
    let id = entry.id.clone();
    match entry.state {
        EntryState::Recorded => match ask_the_registry(downline, entry, timer).await {
            Ok(()) => log::info!("{id}: finished at the registry after a restart"),
            Err(refusal) => log::error!("{id}: could not be finished after a restart: {refusal}"),
        },
        EntryState::Notifying => {
            // Nobody waits for this answer.
            drop(downline.courier.deliver(&entry).await);
            log::info!("{id}: its gateways are told again after a restart");
        }
        EntryState::Done | EntryState::Partial | EntryState::Failed => {}
    }
}

async fn ask_the_registry(downline: &Downline, mut entry: Entry, timer: &mut Timer) -> Result<(), Refusal> {
    let apps: BTreeSet<String> = entry.instances.iter().map(|instance| instance.app.clone()).collect();
    let mut wait_ms = RETRY_BASE_MS;
    loop {
        // Not held over the wait: new requests for these applications go first, and overtake this entry.
        let turn = downline.order.turn(&apps).await;
        if timer.clock().now_ms().saturating_sub(entry.created_ms) > ASK_WITHIN_MS {
            drop(downline.fail(entry, TOO_OLD.to_owned()).await?);
            return Ok(());
        }
        match pass_over(downline, &mut entry).await {
            Ok(()) => {
                // Nobody waits for this answer.
                drop(downline.complete(entry, turn).await?);
                return Ok(());
            }
            Err(refusal) => {
                drop(turn);
                log::warn!("{}: asked again in {wait_ms} ms: {refusal}", entry.id);
                timer.sleep_ms(wait_ms).await;
                wait_ms = (wait_ms * 2).min(RETRY_MAX_MS);
            }
        }
    }
}

/// Takes out of the entry what it is too late for.
async fn pass_over(downline: &Downline, entry: &mut Entry) -> Result<(), Refusal> {
    for instance in entry.instances.iter_mut().filter(|instance| instance.step == Step::Pending) {
        let overtaken = downline.store.is_overtaken(entry.number, &instance.app, &instance.instance_id).await?;
        let live = downline.client.registries().instance(&instance.app, &instance.instance_id).await;
        let live = live.map_err(|error| Refusal::registry_away(&error))?;
        let why = match live {
            _ if overtaken => "a newer entry deals with it",
            None => "it has left the registry",
            Some(live) if Registration::of(&live).is_newer_than(&instance.registration) => "it has registered anew",
            Some(_) => continue,
        };
        instance.step = Step::PassedOver;
        instance.detail = Some(why.to_owned());
    }
    Ok(())
}
