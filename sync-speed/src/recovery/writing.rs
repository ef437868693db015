//! What the journal did not take is written again until it does, with pauses that grow: an entry that stays as it was
//! recorded would be nobody's until a restart, since its claim is renewed as long as its node lives.

use std::collections::BTreeSet;

use eurus_service::Timer;

use crate::downline::Downline;
use crate::entry::{Entry, EntryState, OVERTAKEN, Step};
use crate::pauses::Pauses;
use crate::store::StoreError;

/// Its state, as it is known here.
pub(super) async fn answer(downline: &Downline, entry: &Entry, timer: &mut Timer) {
    let mut pauses = Pauses::default();
    while let Err(error) = downline.write_answer(entry).await {
        if !again(&entry.id, &error, &mut pauses, timer).await {
            return;
        }
    }
}

/// What waiting for requests under way came to.
pub(super) async fn drained(downline: &Downline, entry: &Entry, timer: &mut Timer) {
    let Some(drain) = &entry.drain else { return };
    let mut pauses = Pauses::default();
    while let Err(error) = downline.store.drained(entry.number, drain, timer.clock().now_ms()).await {
        if !again(&entry.id, &error, &mut pauses, timer).await {
            return;
        }
    }
}

/// What a request came to at the registry.
pub(super) async fn known(downline: &Downline, entry: &Entry, timer: &mut Timer) {
    match entry.state == EntryState::Failed || entry.is_uncertain() {
        true => answer(downline, entry, timer).await,
        false => done(downline, entry, timer).await,
    }
}

/// The registry has done its part: that is written, and then its gateways are told. Nobody waits for this answer.
async fn done(downline: &Downline, entry: &Entry, timer: &mut Timer) {
    let apps: BTreeSet<String> = entry.instances.iter().map(|instance| instance.app.clone()).collect();
    let mut pauses = Pauses::default();
    loop {
        match try_done(downline, entry.clone(), &apps).await {
            Ok(()) => break,
            Err(error) if !again(&entry.id, &error, &mut pauses, timer).await => return,
            Err(_) => {}
        }
    }
    log::info!("{}: it is in the journal now, and its gateways are told", entry.id);
}

async fn try_done(downline: &Downline, mut entry: Entry, apps: &BTreeSet<String>) -> Result<(), StoreError> {
    let _turn = downline.order.turn(apps).await?;
    entry.nodes.clear();
    for instance in entry.instances.iter_mut().filter(|instance| instance.step == Step::Done) {
        if downline.store.is_overtaken(entry.number, &instance.app, &instance.instance_id).await? {
            instance.step = Step::PassedOver;
            instance.detail = Some(OVERTAKEN.to_owned());
        }
    }
    let groups = downline.name_nodes(&mut entry).await?;
    drop(downline.courier.deliver(&entry, &groups).await);
    Ok(())
}

/// Those who have not heard are told. Nobody waits for this answer.
pub(super) async fn told(downline: &Downline, mut entry: Entry, timer: &mut Timer) {
    let mut pauses = Pauses::default();
    let groups = loop {
        match downline.groups_of(&entry).await {
            Ok(groups) => break groups,
            Err(error) if !again(&entry.id, &error, &mut pauses, timer).await => return,
            Err(_) => {}
        }
    };
    downline.name_announced(&mut entry, &groups).await;
    drop(downline.courier.deliver(&entry, &groups).await);
    log::info!("{}: its gateways are told again after a restart", entry.id);
}

/// Whether it is to be tried again, after a pause.
async fn again(id: &str, error: &StoreError, pauses: &mut Pauses, timer: &mut Timer) -> bool {
    if matches!(error, StoreError::TakenOver(_)) {
        log::warn!("{id}: {error}");
        return false;
    }
    let pause_ms = pauses.next_ms();
    log::error!("{id}: what became of it is not in the journal, written again in {pause_ms} ms: {error}");
    timer.sleep_ms(pause_ms).await;
    true
}
