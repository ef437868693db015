//! Writing the journal. Each function is one transaction.

mod keys;
mod nodes;
mod rows;

use super::claims::CLAIM_MS;
use super::holding::end_older;
use super::sql::{Work, sql};
use super::{Store, StoreError};
use crate::entry::{Drain, Entry, EntryState, InstanceRecord, NodeRecord, Plan, Step};
use crate::request::Request;
use keys::forget_old_key;
pub use nodes::NodeUpdate;
use rows::{Claim, insert_entry, insert_instance, insert_node, update_instance};

/// How long a finished entry is kept: 30 days.
const KEEP_MS: i64 = 30 * 24 * 60 * 60 * 1_000;
/// How often a transaction is tried that met another one.
const TRIES_MAX: u32 = 5;

/// What is recorded before anything is sent.
pub struct NewEntry<'a> {
    /// What was asked.
    pub request: &'a Request,
    /// What will be dealt with, and what is left out.
    pub instances: Vec<InstanceRecord>,
    /// Of a rolling one: its shares deal with the instances.
    pub plan: Option<Plan>,
    /// When they are brought back by themselves.
    pub expires_ms: Option<i64>,
    /// Now.
    pub now_ms: i64,
}

/// What is recorded once the registry has answered.
pub struct RegistryAnswer<'a> {
    /// The entry.
    pub number: i64,
    /// Its instances after the registry's answers.
    pub instances: &'a [InstanceRecord],
    /// The nodes to be told that are not in the journal yet.
    pub nodes: &'a [NodeRecord],
    /// What this adds up to.
    pub state: EntryState,
    /// For a person.
    pub note: Option<&'a str>,
    /// Now.
    pub now_ms: i64,
}

impl RegistryAnswer<'_> {
    /// Whether the entry, carried out once more as it was recorded, comes to this again: the registry did all that was asked.
    /// Nobody has been answered yet, and whoever is will be after this is on the disk: with the entry's final state, or by
    /// [`Store::checkpoint`].
    fn comes_out_the_same(&self) -> bool {
        let is_done = |instance: &InstanceRecord| matches!(instance.step, Step::Done | Step::Skipped);
        self.state == EntryState::Notifying && self.instances.iter().all(is_done)
    }
}

impl Store {
    /// Records an entry and gives it the next number: above the last one, and never below the clock, so that it rises
    /// even when the database was lost.
    ///
    /// # Errors
    /// When the database fails; nothing may be sent then. When it is a share, and another node has taken over the whole.
    pub async fn record(&self, new: NewEntry<'_>) -> Result<Entry, StoreError> {
        let mut tries = 0;
        loop {
            match self.try_record(&new).await {
                Err(error) if error.is_conflict() && tries < TRIES_MAX => tries += 1,
                recorded => return recorded,
            }
        }
    }

    async fn try_record(&self, new: &NewEntry<'_>) -> Result<Entry, StoreError> {
        let mut work = self.pool.write().await?;
        if let Some(whole) = new.request.part_of
            && !self.touch(&mut work, whole, new.now_ms).await?
        {
            return Err(StoreError::TakenOver(whole));
        }
        let number = next_number(&mut work, new.now_ms).await?;
        let entry = Entry {
            number,
            id: format!("{}-{number}", new.request.kind),
            kind: new.request.kind,
            request: new.request.body.clone(),
            caller: new.request.caller.clone(),
            state: EntryState::Recorded,
            note: None,
            created_ms: new.now_ms,
            updated_ms: new.now_ms,
            instances: new.instances.clone(),
            nodes: Vec::new(),
            expires_ms: new.expires_ms,
            plan: new.plan.clone(),
            part_of: new.request.part_of,
            drain: new.request.drain_within_ms.map(Drain::waiting),
        };
        let key = new.request.idempotency_key.as_deref();
        if let Some(key) = key {
            forget_old_key(&mut work, key, new.now_ms).await?;
        }
        let claim = Claim { owner: &self.owner, until_ms: new.now_ms.saturating_add(CLAIM_MS) };
        insert_entry(&mut work, &entry, claim, key).await?;
        for instance in &entry.instances {
            insert_instance(&mut work, number, instance).await?;
        }
        clear_old(&mut work, new.now_ms).await?;
        work.commit().await?;
        self.changed(number);
        Ok(entry)
    }

    /// What waiting for requests under way came to.
    ///
    /// # Errors
    /// When the database fails, or another node has taken the entry over.
    pub async fn drained(&self, number: i64, drain: &Drain, now_ms: i64) -> Result<(), StoreError> {
        let text = serde_json::to_string(drain).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let mut work = self.pool.write().await?;
        let mine = sql("UPDATE entries SET drain = ?, updated_ms = ? WHERE number = ? AND owner = ?")
            .bind(&text)
            .bind(now_ms)
            .bind(number)
            .bind(&*self.owner)
            .execute(&mut work)
            .await?;
        if mine == 0 {
            return Err(StoreError::TakenOver(number));
        }
        work.commit().await?;
        self.changed(number);
        Ok(())
    }

    /// What a person is told of an entry that is being worked on. Of one that another node has taken over nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn say_of_open(&self, number: i64, note: Option<&str>, now_ms: i64) -> Result<(), StoreError> {
        let mut work = self.pool.note().await?;
        sql("UPDATE entries SET note = ?, updated_ms = ? WHERE number = ? AND owner = ? AND state = 'recorded'")
            .bind(note)
            .bind(now_ms)
            .bind(number)
            .bind(&*self.owner)
            .later(&mut work)
            .await?;
        work.commit().await?;
        self.changed(number);
        Ok(())
    }

    /// Records what the registry did and which nodes are to be told.
    ///
    /// # Errors
    /// When the database fails; the entry is still `recorded` then and is finished after a restart. When another node
    /// has taken the entry over: then it is that one's.
    pub async fn registry_answered(&self, answer: RegistryAnswer<'_>) -> Result<(), StoreError> {
        let mut tries = 0;
        loop {
            match self.try_registry_answered(&answer).await {
                Err(error) if error.is_conflict() && tries < TRIES_MAX => tries += 1,
                written => return written,
            }
        }
    }

    async fn try_registry_answered(&self, answer: &RegistryAnswer<'_>) -> Result<(), StoreError> {
        let mut work = match answer.comes_out_the_same() {
            true => self.pool.note().await?,
            false => self.pool.write().await?,
        };
        // The entry first: whoever takes it over waits for this transaction, or this one sees that it was taken.
        let mine = sql("UPDATE entries SET state = ?, note = ?, updated_ms = ? WHERE number = ? AND owner = ?")
            .bind(answer.state.as_str())
            .bind(answer.note)
            .bind(answer.now_ms)
            .bind(answer.number)
            .bind(&*self.owner);
        // Nobody else could have taken it over in a database that is this process's alone.
        if !self.is_shared() {
            mine.later(&mut work).await?;
        } else if mine.execute(&mut work).await? == 0 {
            return Err(StoreError::TakenOver(answer.number));
        }
        for instance in answer.instances {
            update_instance(&mut work, answer.number, instance).await?;
            if instance.step == Step::Done {
                let name = (instance.app.as_str(), instance.instance_id.as_str());
                end_older(&mut work, answer.number, name, answer.now_ms).await?;
            }
        }
        for node in answer.nodes {
            insert_node(&mut work, answer.number, node).await?;
        }
        work.commit().await?;
        self.changed(answer.number);
        Ok(())
    }
}

/// The row is locked until the commit: what is committed later has a higher number, whichever node does it.
async fn next_number(work: &mut Work, now_ms: i64) -> Result<i64, StoreError> {
    sql("UPDATE numbers SET last = CASE WHEN last >= ? THEN last + 1 ELSE ? END WHERE name = 'entry'")
        .bind(now_ms)
        .bind(now_ms)
        .later(work)
        .await?;
    let row = sql("SELECT last FROM numbers WHERE name = 'entry'").fetch_optional(work).await?;
    row.ok_or_else(|| StoreError::Corrupt("no row 'entry' in table numbers".to_owned()))?.int("last")
}

async fn clear_old(work: &mut Work, now_ms: i64) -> Result<(), StoreError> {
    // Numbers are epoch milliseconds or a little above: the primary key finds the oldest. Offlines that still hold are
    // what a gateway that starts is told: they stay. Ten at a time, so that no request pays for all of them.
    sql("DELETE FROM entries WHERE number IN (SELECT number FROM \
           (SELECT e.number FROM entries e \
            WHERE e.number < ? AND e.state NOT IN ('recorded', 'notifying') AND NOT EXISTS \
              (SELECT 1 FROM entry_instances i WHERE i.number = e.number AND i.step = 'done' AND i.ended_ms IS NULL \
               AND e.kind = 'offline') \
            ORDER BY e.number LIMIT 10) old)")
    .bind(now_ms.saturating_sub(KEEP_MS))
    .later(work)
    .await
}
