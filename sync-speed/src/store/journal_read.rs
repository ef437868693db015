//! Reading the journal.

use eurus_model::InstanceStatus;

use super::sql::{Row, Work, sql};
use super::{Store, StoreError};
use crate::entry::{Ack, Entry, EntryState, InstanceRecord, NodeRecord, Step};
use crate::guard::RecentlyOffline;
use crate::registration::Registration;
use crate::request::Kind;

impl Store {
    /// A whole entry by its id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn entry(&self, id: &str) -> Result<Option<Entry>, StoreError> {
        // At one moment: state and nodes belong together.
        let rows = self.pool.read_each(vec![
            sql("SELECT * FROM entries WHERE id = ?").bind(id),
            sql("SELECT * FROM entry_instances WHERE number = (SELECT number FROM entries WHERE id = ?) \
                 ORDER BY app, instance_id")
            .bind(id),
            sql("SELECT * FROM entry_nodes WHERE number = (SELECT number FROM entries WHERE id = ?) \
                 ORDER BY node, group_name, app, instance_id")
            .bind(id),
        ]);
        let [found, instances, nodes] = &rows.await?[..] else { return Ok(None) };
        let Some(row) = found.first() else { return Ok(None) };
        let mut entry = entry_of(row)?;
        if entry.plan.is_some() {
            // Its shares are entries of their own.
            return self.entry_by_number(entry.number).await;
        }
        entry.instances = instances.iter().map(instance_of).collect::<Result<_, _>>()?;
        entry.nodes = nodes.iter().map(node_of).collect::<Result<_, _>>()?;
        Ok(Some(entry))
    }

    /// A whole entry by its number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn entry_by_number(&self, number: i64) -> Result<Option<Entry>, StoreError> {
        let mut work = self.pool.read().await?;
        let found = sql("SELECT * FROM entries WHERE number = ?").bind(number).fetch_optional(&mut work).await?;
        let Some(row) = found else { return Ok(None) };
        whole(&mut work, &row).await.map(Some)
    }

    /// Entries of this node that a stop left unfinished, oldest first; also those that are done, and whose requests
    /// under way were waited for.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_entries(&self) -> Result<Vec<Entry>, StoreError> {
        let mut work = self.pool.read().await?;
        let rows =
            sql("SELECT * FROM entries WHERE (state IN ('recorded', 'notifying') OR drain LIKE '%\"waiting\"%') \
             AND state <> 'failed' AND owner = ? ORDER BY number")
            .bind(&*self.owner)
            .fetch_all(&mut work)
            .await?;
        let mut entries = Vec::with_capacity(rows.len());
        for row in rows {
            entries.push(whole(&mut work, &row).await?);
        }
        Ok(entries)
    }

    /// The newest entries below a number, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn newest_below(&self, number: i64, limit: i64) -> Result<Vec<Entry>, StoreError> {
        let mut work = self.pool.read().await?;
        let rows = sql("SELECT * FROM entries WHERE number < ? ORDER BY number DESC LIMIT ?")
            .bind(number)
            .bind(limit)
            .fetch_all(&mut work)
            .await?;
        let mut entries = Vec::with_capacity(rows.len());
        for row in rows {
            entries.push(whole(&mut work, &row).await?);
        }
        Ok(entries)
    }

    /// Instances of an application that were taken offline since a moment and are still kept out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recently_offline(&self, app: &str, since_ms: i64) -> Result<RecentlyOffline, StoreError> {
        let rows = sql("SELECT i.instance_id, i.ip, i.service_up_ms \
             FROM entry_instances i JOIN entries e ON e.number = i.number \
             WHERE i.app = ? AND i.step = 'done' AND i.ended_ms IS NULL AND e.kind = 'offline' AND e.created_ms >= ? AND NOT EXISTS \
               (SELECT 1 FROM entry_instances j JOIN entries f ON f.number = j.number \
                WHERE j.app = i.app AND j.instance_id = i.instance_id AND j.number > i.number \
                  AND j.step = 'done' AND f.kind = 'online') \
             ORDER BY i.number")
        .bind(app)
        .bind(since_ms)
        .read_all(&self.pool)
        .await?;
        rows.iter().map(|row| Ok((row.text("instance_id")?, registration_of(row)?))).collect()
    }

    /// Whether a later entry deals with the same instance; one that was refused does not.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_overtaken(&self, number: i64, app: &str, instance_id: &str) -> Result<bool, StoreError> {
        let later = sql("SELECT step FROM entry_instances WHERE app = ? AND instance_id = ? AND number > ? \
               AND step IN ('pending', 'done', 'uncertain') LIMIT 1")
        .bind(app)
        .bind(instance_id)
        .bind(number)
        .read_optional(&self.pool)
        .await?;
        Ok(later.is_some())
    }

    /// Whether a later entry has been done for the same instance: a gateway may have heard of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_overruled(&self, number: i64, app: &str, instance_id: &str) -> Result<bool, StoreError> {
        let later = sql(
            "SELECT step FROM entry_instances WHERE app = ? AND instance_id = ? AND number > ? AND step = 'done' LIMIT 1",
        )
        .bind(app)
        .bind(instance_id)
        .bind(number)
        .read_optional(&self.pool)
        .await?;
        Ok(later.is_some())
    }

    /// The status that an instance had before it was taken offline, if that is not undone: offline repeated over an
    /// offline does not hide it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn status_before_offline(
        &self,
        number: i64,
        instance: &InstanceRecord,
    ) -> Result<Option<InstanceStatus>, StoreError> {
        let row = sql("SELECT i.status_before, i.ip, i.service_up_ms \
             FROM entry_instances i JOIN entries e ON e.number = i.number \
             WHERE i.app = ? AND i.instance_id = ? AND i.number < ? AND i.step = 'done' AND e.kind = 'offline' \
               AND i.status_before <> 'OUT_OF_SERVICE' AND NOT EXISTS \
                 (SELECT 1 FROM entry_instances j JOIN entries f ON f.number = j.number \
                  WHERE j.app = i.app AND j.instance_id = i.instance_id AND j.number > i.number AND j.number < ? \
                    AND j.step = 'done' AND f.kind = 'online') \
             ORDER BY i.number DESC LIMIT 1")
        .bind(&instance.app)
        .bind(&instance.instance_id)
        .bind(number)
        .bind(number)
        .read_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        // Another life under the same id: what the earlier one said does not count.
        match instance.registration.is_newer_than(&registration_of(&row)?) {
            true => Ok(None),
            false => status_of(&row, "status_before").map(Some),
        }
    }
}

async fn whole(work: &mut Work, row: &Row) -> Result<Entry, StoreError> {
    let mut entry = entry_of(row)?;
    add_parts(work, entry.number, &mut entry).await?;
    if entry.plan.is_some() {
        let shares =
            sql("SELECT number FROM entries WHERE part_of = ? ORDER BY number").bind(entry.number).fetch_all(work);
        for share in shares.await? {
            add_parts(work, share.int("number")?, &mut entry).await?;
        }
    }
    Ok(entry)
}

/// Instances and nodes that are in the journal under a number.
async fn add_parts(work: &mut Work, number: i64, entry: &mut Entry) -> Result<(), StoreError> {
    let instances = sql("SELECT * FROM entry_instances WHERE number = ? ORDER BY app, instance_id");
    for row in instances.bind(number).fetch_all(work).await? {
        entry.instances.push(instance_of(&row)?);
    }
    let nodes = sql("SELECT * FROM entry_nodes WHERE number = ? ORDER BY node, group_name, app, instance_id");
    for row in nodes.bind(number).fetch_all(work).await? {
        entry.nodes.push(node_of(&row)?);
    }
    Ok(())
}

fn entry_of(row: &Row) -> Result<Entry, StoreError> {
    let (kind, state) = (row.text("kind")?, row.text("state")?);
    Ok(Entry {
        number: row.int("number")?,
        id: row.text("id")?,
        kind: Kind::parse(&kind).ok_or_else(|| corrupt("kind", &kind))?,
        request: row.text("request")?,
        caller: row.text("caller")?,
        state: EntryState::parse(&state).ok_or_else(|| corrupt("state", &state))?,
        note: row.maybe_text("note")?,
        created_ms: row.int("created_ms")?,
        updated_ms: row.int("updated_ms")?,
        instances: Vec::new(),
        nodes: Vec::new(),
        expires_ms: row.maybe_int("expires_ms")?,
        plan: parsed(row, "rolling")?,
        part_of: row.maybe_int("part_of")?,
        drain: parsed(row, "drain")?,
    })
}

fn parsed<T: serde::de::DeserializeOwned>(row: &Row, column: &'static str) -> Result<Option<T>, StoreError> {
    let text = row.maybe_text(column)?;
    text.map(|text| serde_json::from_str(&text).map_err(|_| corrupt(column, &text))).transpose()
}

fn instance_of(row: &Row) -> Result<InstanceRecord, StoreError> {
    let step = row.text("step")?;
    let port = row.int("port")?;
    Ok(InstanceRecord {
        app: row.text("app")?,
        instance_id: row.text("instance_id")?,
        registration: registration_of(row)?,
        port: i32::try_from(port).map_err(|_| corrupt("port", &port.to_string()))?,
        status_before: status_of(row, "status_before")?,
        status: status_of(row, "status")?,
        step: Step::parse(&step).ok_or_else(|| corrupt("step", &step))?,
        detail: row.maybe_text("detail")?,
    })
}

fn node_of(row: &Row) -> Result<NodeRecord, StoreError> {
    let outcome = row.text("outcome")?;
    let attempts = row.int("attempts")?;
    let address = row.maybe_text("address")?;
    Ok(NodeRecord {
        node: row.text("node")?,
        group: row.text("group_name")?,
        app: row.text("app")?,
        instance_id: row.text("instance_id")?,
        address: address.map(|text| text.parse().map_err(|_| corrupt("address", &text))).transpose()?,
        ack: Ack::parse(&outcome, row.maybe_text("detail")?).ok_or_else(|| corrupt("outcome", &outcome))?,
        attempts: u32::try_from(attempts).map_err(|_| corrupt("attempts", &attempts.to_string()))?,
        latency_us: row.maybe_int("latency_us")?,
    })
}

/// Of a row with the columns of an instance.
pub(super) fn registration_of(row: &Row) -> Result<Registration, StoreError> {
    Ok(Registration { ip: row.text("ip")?, service_up_ms: row.int("service_up_ms")? })
}

fn status_of(row: &Row, column: &'static str) -> Result<InstanceStatus, StoreError> {
    let name = row.text(column)?;
    name.parse().map_err(|_| corrupt(column, &name))
}

fn corrupt(column: &str, value: &str) -> StoreError {
    StoreError::Corrupt(format!("'{value}' in column {column}"))
}
