//! Reading the journal.

use eurus_model::InstanceStatus;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

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
        // One transaction: state and nodes are of the same moment.
        let mut transaction = self.pool.begin().await?;
        let found = sqlx::query("SELECT * FROM entries WHERE id = ?").bind(id);
        let Some(row) = found.fetch_optional(&mut *transaction).await? else { return Ok(None) };
        let mut entry = entry_of(&row)?;
        entry.instances = instances_of(&mut transaction, entry.number).await?;
        entry.nodes = nodes_of(&mut transaction, entry.number).await?;
        Ok(Some(entry))
    }

    /// Entries that a stop left unfinished, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_entries(&self) -> Result<Vec<Entry>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let rows = sqlx::query("SELECT * FROM entries WHERE state IN ('recorded', 'notifying') ORDER BY number")
            .fetch_all(&mut *transaction)
            .await?;
        let mut entries = Vec::with_capacity(rows.len());
        for row in rows {
            let mut entry = entry_of(&row)?;
            entry.instances = instances_of(&mut transaction, entry.number).await?;
            entry.nodes = nodes_of(&mut transaction, entry.number).await?;
            entries.push(entry);
        }
        Ok(entries)
    }

    /// Instances of an application that were taken offline since a moment and not brought back.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recently_offline(&self, app: &str, since_ms: i64) -> Result<RecentlyOffline, StoreError> {
        let rows: Vec<(String, String, i64)> = sqlx::query_as(
            "SELECT i.instance_id, i.ip, i.service_up_ms \
             FROM entry_instances i JOIN entries e ON e.number = i.number \
             WHERE i.app = ? AND i.step = 'done' AND e.kind = 'offline' AND e.created_ms >= ? AND NOT EXISTS \
               (SELECT 1 FROM entry_instances j JOIN entries f ON f.number = j.number \
                WHERE j.app = i.app AND j.instance_id = i.instance_id AND j.number > i.number \
                  AND j.step = 'done' AND f.kind = 'online') \
             ORDER BY i.number",
        )
        .bind(app)
        .bind(since_ms)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|(id, ip, service_up_ms)| (id, Registration { ip, service_up_ms })).collect())
    }

    /// Whether a later entry deals with the same instance; one that was refused does not.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_overtaken(&self, number: i64, app: &str, instance_id: &str) -> Result<bool, StoreError> {
        let later = sqlx::query(
            "SELECT 1 FROM entry_instances WHERE app = ? AND instance_id = ? AND number > ? \
               AND step IN ('pending', 'done', 'uncertain') LIMIT 1",
        )
        .bind(app)
        .bind(instance_id)
        .bind(number)
        .fetch_optional(&self.pool)
        .await?;
        Ok(later.is_some())
    }

    /// Whether a later entry has been done for the same instance: a gateway may have heard of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_overruled(&self, number: i64, app: &str, instance_id: &str) -> Result<bool, StoreError> {
        let later = sqlx::query(
            "SELECT 1 FROM entry_instances WHERE app = ? AND instance_id = ? AND number > ? AND step = 'done' LIMIT 1",
        )
        .bind(app)
        .bind(instance_id)
        .bind(number)
        .fetch_optional(&self.pool)
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
        let row = sqlx::query(
            "SELECT i.status_before, i.ip, i.service_up_ms \
             FROM entry_instances i JOIN entries e ON e.number = i.number \
             WHERE i.app = ?1 AND i.instance_id = ?2 AND i.number < ?3 AND i.step = 'done' AND e.kind = 'offline' \
               AND i.status_before <> 'OUT_OF_SERVICE' AND NOT EXISTS \
                 (SELECT 1 FROM entry_instances j JOIN entries f ON f.number = j.number \
                  WHERE j.app = ?1 AND j.instance_id = ?2 AND j.number > i.number AND j.number < ?3 \
                    AND j.step = 'done' AND f.kind = 'online') \
             ORDER BY i.number DESC LIMIT 1",
        )
        .bind(&instance.app)
        .bind(&instance.instance_id)
        .bind(number)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let taken = Registration { ip: row.try_get("ip")?, service_up_ms: row.try_get("service_up_ms")? };
        // Another life under the same id: what the earlier one said does not count.
        match instance.registration.is_newer_than(&taken) {
            true => Ok(None),
            false => status_of(&row, "status_before").map(Some),
        }
    }
}

async fn instances_of(connection: &mut SqliteConnection, number: i64) -> Result<Vec<InstanceRecord>, StoreError> {
    sqlx::query("SELECT * FROM entry_instances WHERE number = ? ORDER BY app, instance_id")
        .bind(number)
        .fetch_all(connection)
        .await?
        .iter()
        .map(instance_of)
        .collect()
}

async fn nodes_of(connection: &mut SqliteConnection, number: i64) -> Result<Vec<NodeRecord>, StoreError> {
    sqlx::query("SELECT * FROM entry_nodes WHERE number = ? ORDER BY node, group_name, app, instance_id")
        .bind(number)
        .fetch_all(connection)
        .await?
        .iter()
        .map(node_of)
        .collect()
}

fn entry_of(row: &SqliteRow) -> Result<Entry, StoreError> {
    let (kind, state): (String, String) = (row.try_get("kind")?, row.try_get("state")?);
    Ok(Entry {
        number: row.try_get("number")?,
        id: row.try_get("id")?,
        kind: Kind::parse(&kind).ok_or_else(|| corrupt("kind", &kind))?,
        request: row.try_get("request")?,
        caller: row.try_get("caller")?,
        state: EntryState::parse(&state).ok_or_else(|| corrupt("state", &state))?,
        note: row.try_get("note")?,
        created_ms: row.try_get("created_ms")?,
        updated_ms: row.try_get("updated_ms")?,
        instances: Vec::new(),
        nodes: Vec::new(),
    })
}

fn instance_of(row: &SqliteRow) -> Result<InstanceRecord, StoreError> {
    let step: String = row.try_get("step")?;
    Ok(InstanceRecord {
        app: row.try_get("app")?,
        instance_id: row.try_get("instance_id")?,
        registration: Registration { ip: row.try_get("ip")?, service_up_ms: row.try_get("service_up_ms")? },
        port: row.try_get("port")?,
        status_before: status_of(row, "status_before")?,
        status: status_of(row, "status")?,
        step: Step::parse(&step).ok_or_else(|| corrupt("step", &step))?,
        detail: row.try_get("detail")?,
    })
}

fn node_of(row: &SqliteRow) -> Result<NodeRecord, StoreError> {
    let outcome: String = row.try_get("outcome")?;
    let address: Option<String> = row.try_get("address")?;
    Ok(NodeRecord {
        node: row.try_get("node")?,
        group: row.try_get("group_name")?,
        app: row.try_get("app")?,
        instance_id: row.try_get("instance_id")?,
        address: address.map(|text| text.parse().map_err(|_| corrupt("address", &text))).transpose()?,
        ack: Ack::parse(&outcome, row.try_get("detail")?).ok_or_else(|| corrupt("outcome", &outcome))?,
        attempts: row.try_get("attempts")?,
        latency_us: row.try_get("latency_us")?,
    })
}

fn status_of(row: &SqliteRow, column: &'static str) -> Result<InstanceStatus, StoreError> {
    let name: String = row.try_get(column)?;
    name.parse().map_err(|_| corrupt(column, &name))
}

fn corrupt(column: &str, value: &str) -> StoreError {
    StoreError::Corrupt(format!("'{value}' in column {column}"))
}
