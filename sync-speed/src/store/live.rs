//! What holds now, by the journal: what a gateway that starts must know.

use super::journal_read::registration_of;
use super::sql::sql;
use super::{Store, StoreError};
use crate::registration::Registration;
use crate::request::Kind;

/// The last word about one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveMark {
    /// Which way.
    pub kind: Kind,
    /// The entry's id.
    pub entry: String,
    /// And number.
    pub number: i64,
    /// When it was asked for.
    pub created_ms: i64,
    /// Upper case.
    pub app: String,
    /// The instance.
    pub instance_id: String,
    /// Which life of it.
    pub registration: Registration,
}

impl Store {
    /// Of every instance the last entry that was done, newest first: offlines that have not ended, and onlines asked for
    /// since a moment. At most [`LIVE_MARKS_MAX`], and one more where there are more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn live_marks(&self, onlines_since_ms: i64) -> Result<Vec<LiveMark>, StoreError> {
        let rows = sql("SELECT e.number, e.id, e.kind, e.created_ms, i.app, i.instance_id, i.ip, i.service_up_ms \
             FROM entry_instances i JOIN entries e ON e.number = i.number \
             WHERE i.step = 'done' AND i.ended_ms IS NULL AND (e.kind = 'offline' OR e.created_ms >= ?) AND NOT EXISTS \
               (SELECT 1 FROM entry_instances j \
                WHERE j.app = i.app AND j.instance_id = i.instance_id AND j.number > i.number AND j.step = 'done') \
             ORDER BY e.number DESC, i.app, i.instance_id LIMIT 20001")
        .bind(onlines_since_ms)
        .read_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                let kind = row.text("kind")?;
                Ok(LiveMark {
                    kind: Kind::parse(&kind).ok_or_else(|| StoreError::Corrupt(format!("'{kind}' in column kind")))?,
                    entry: row.text("id")?,
                    number: row.int("number")?,
                    created_ms: row.int("created_ms")?,
                    app: row.text("app")?,
                    instance_id: row.text("instance_id")?,
                    registration: registration_of(row)?,
                })
            })
            .collect()
    }

    /// The last number that was given to an entry; 0: none was.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn last_number(&self) -> Result<i64, StoreError> {
        let row = sql("SELECT last FROM numbers WHERE name = 'entry'").read_optional(&self.pool).await?;
        row.map_or(Ok(0), |row| row.int("last"))
    }
}

/// Marks that are looked through for one gateway.
pub const LIVE_MARKS_MAX: usize = 20_000; // As many as the statement above asks for, but one.
